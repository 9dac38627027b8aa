"""What a benchmark asks: songs, the plan of a task, and the task with its audio.

A plan is cheap and can be listed, sorted and shared out; the audio of its task is made when it is
asked for. Equal plans give equal tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...data.audio import Audio, Samples
from ...data.corpus.splits import read_split
from ...models.settings import ChainSettings
from .delivery import DeliveredAudio
from .generators.degradation import Degradation

AudioSource: TypeAlias = Callable[[str], Audio]
"""Gives the audio of a song by its identity: the whole song, or the excerpt of it."""

RATE_HZ = 44_100
"""Sample rate of every task."""

OF_FINISHED_SONGS = frozenset(("STYLE-X", "STYLE-X3"))
"""Suites whose mixes are finished songs that are to go through the settings of references."""


@dataclass(frozen=True, slots=True)
class Song:
    """A row of a split.

    Attributes:
        identity: ``package/file``.
        package: Name of the package.
        component: Songs of one component have something in common that could leak.
        artist: May be empty.
        is_target: Whether it sounds finished and can serve as a target.

    """

    identity: str
    package: str
    component: str
    artist: str
    is_target: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Another song that shows where to go.

    Attributes:
        identity: Of the song.
        samples: Shape ``(2, time)``, at `RATE_HZ`.

    """

    identity: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Plan:
    """A task before its audio is made.

    Attributes:
        suite: Name of the suite.
        identity: Of the song that is mixed.
        package: Of that song; what results are bootstrapped over first.
        component: Of that song.
        references: Identities of the reference songs.
        seed: Of everything that is drawn.
        weight: Of the song in weighted results.
        paths: Files on disk, for suites that are given folders: the mix, and the master after it.

    """

    suite: str
    identity: str
    package: str
    component: str
    references: tuple[str, ...]
    seed: int
    weight: float = 1.0
    paths: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """What tells this task from every other one."""
        return f"{self.suite}:{self.identity}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of how mix and target differ.

    Attributes:
        settings: Of the chain that made the target; None where something else did.
        degradation: What made the mix; None where nothing or something else did.
        response_db: What an equalizer has to do at `glassmaster.models.moves.RESPONSE_HZ`,
            level-free, as a tuple of 27; None where it is unknown.
        master: What the settings made of the mix, before anything else was done to it; None where
            they are unknown.

    """

    settings: ChainSettings | None = None
    degradation: Degradation | None = None
    response_db: tuple[float, ...] | None = None
    master: DeliveredAudio | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A mix to be mastered, and what should come out.

    Mix and target are aligned to the sample.

    Attributes:
        plan: Where it comes from.
        mix: Shape ``(2, time)``.
        target: Same shape; None where no target is known.
        sample_rate: In Hz.
        target_lufs: Loudness that every method is told to deliver, where one is asked for.
        references: Songs to go by; empty without.
        truth: What is known besides the target.
        asks_loudness: Whether a loudness is asked for; otherwise every master is as loud as its own
            peaks allow, as for users who ask for none.

    """

    plan: Plan
    mix: Samples
    target: Samples | None
    sample_rate: int
    target_lufs: float
    references: tuple[Reference, ...]
    truth: Truth
    asks_loudness: bool = True

    @property
    def mix_is_finished(self) -> bool:
        """Whether a person would say that the mix is a finished song, to go through settings."""
        return self.plan.suite in OF_FINISHED_SONGS

    @property
    def asked_lufs(self) -> float | None:
        """Loudness that methods are told to deliver; None for the default profile's choice."""
        return self.target_lufs if self.asks_loudness else None


def load_songs(path: Path) -> tuple[Song, ...]:
    """Read the rows of a split file, in order.

    Raises:
        CatalogueError: It cannot be read or lacks a column.

    """
    return tuple(
        Song(track.identity, track.package, track.component, track.artist, track.is_target)
        for track in read_split(path)
    )
