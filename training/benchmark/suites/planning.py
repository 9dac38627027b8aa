"""The suites, and which tasks each of them asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ....data.files.names import display_name
from ....models.errors import CatalogueError, ParameterError
from ...frozen import load_configuration
from ..generators.mixfault import mixfault_v1
from ..tasks import Plan, Song
from .choosing import album_reference, foreign_references, subset

SUITES: Mapping[str, str] = {
    "SYN": "settings of the chain, to be found again from mix and master",
    "SYN-CODEC": "the same after a codec, a shift of samples and 0.1 % of gain",
    "SYN-OUT": "masters by other filters, another compressor law and a clipper",
    "STYLE-X": "settings of the chain; another song with the same settings shows them",
    "STYLE-X3": "settings of the chain; three other songs with the same settings show them",
    "DEG": "a finished master made a mix; no reference",
    "DEG-A": "the same; another release of the album as reference",
    "DEG-X": "the same; a release of another package as reference",
    "MIXFAULT": "multitracks with one or two stems gone wrong",
    "IDEMPOTENT": "finished masters, to be left alone",
    "REALMIX": "real unmastered mixes, without a target",
    "PAIR": "real mixes and their masters",
}
"""Names and what is asked."""

OF_SONGS = frozenset(SUITES) - {"MIXFAULT", "REALMIX", "PAIR"}
"""Suites made of the songs of a split."""

OF_FOLDERS = frozenset(("REALMIX", "PAIR"))
"""Suites made of a folder: REALMIX of all audio in it, PAIR of ``mix/`` and ``master/`` in it."""

SUFFIXES = frozenset((".wav", ".flac", ".aif", ".aiff", ".ogg", ".opus", ".mp3", ".w64", ".rf64"))


@dataclass(frozen=True, slots=True)
class SuiteNumbers:
    """All of ``suites_v1.yaml``; what each entry means stands there."""

    version: int
    seed: int
    quick_songs: int
    full_songs: int
    references: int


@cache
def suites_v1() -> SuiteNumbers:
    """Return the committed numbers."""
    return load_configuration("suites_v1", SuiteNumbers)


def plan_suite(
    suite: str,
    songs: Sequence[Song],
    *,
    quick: bool = False,
    weights: Mapping[str, float] | None = None,
    folder: Path | None = None,
) -> tuple[Plan, ...]:
    """Return the tasks of a suite; the quick ones are among those of the full suite.

    Args:
        suite: One of `SUITES`.
        songs: Of a split; those that cannot serve as targets are left out.
        quick: Whether a few tasks are enough.
        weights: Of songs by identity; 1 for those that are missing.
        folder: Of suites in `OF_FOLDERS`.

    Raises:
        ParameterError: There is no such suite.
        CatalogueError: The folder is missing, or holds nothing for the suite.

    """
    if suite not in SUITES:
        raise ParameterError(
            f"there is no suite {suite!r}; choose from {', '.join(SUITES)}", code="unknown_suite"
        )
    numbers = suites_v1()
    limit = numbers.quick_songs if quick else numbers.full_songs
    if suite in OF_FOLDERS:
        plans = _of_folder(suite, folder)
        return plans[:limit] if limit else plans
    if suite == "MIXFAULT":
        count = min(limit or mixfault_v1().songs, mixfault_v1().songs)
        return tuple(_generated(number) for number in range(count))
    targets = [song for song in songs if song.is_target]
    with_references = {song.identity: _references(suite, song, targets) for song in targets}
    able = [song for song in targets if with_references[song.identity] is not None]
    weights = {} if weights is None else weights
    return tuple(
        Plan(
            suite=suite,
            identity=song.identity,
            package=song.package,
            component=song.component,
            references=with_references[song.identity] or (),
            seed=numbers.seed,
            weight=weights.get(song.identity, 1.0),
        )
        for song in subset(able, limit, numbers.seed)
    )


def _references(suite: str, song: Song, songs: Sequence[Song]) -> tuple[str, ...] | None:
    """Return the references of a song; None where it cannot have those that the suite needs."""
    numbers = suites_v1()
    if suite == "DEG-A":
        return album_reference(song, songs, numbers.seed) or None
    counts = {"DEG-X": 1, "STYLE-X": 1, "STYLE-X3": numbers.references}
    if suite in counts:
        return foreign_references(song, songs, numbers.seed, counts[suite]) or None
    return ()


def _generated(number: int) -> Plan:
    identity = f"generated/song-{number}"
    return Plan("MIXFAULT", identity, identity, identity, (), suites_v1().seed)


def _of_folder(suite: str, folder: Path | None) -> tuple[Plan, ...]:
    if folder is None or not folder.is_dir():
        raise CatalogueError(
            f"{suite} needs a folder of audio; name one",
            code="no_folder",
            path=folder,
        )
    rows: list[tuple[Path, ...]]
    if suite == "REALMIX":
        rows = [(path,) for path in _audio_in(folder)]
    else:
        masters = {path.stem: path for path in _audio_in(folder / "master")}
        mixes = _audio_in(folder / "mix")
        rows = [(path, masters[path.stem]) for path in mixes if path.stem in masters]
    if not rows:
        wanted = "audio files" if suite == "REALMIX" else "files of equal names in mix/ and master/"
        raise CatalogueError(
            f"{display_name(folder)}: holds no {wanted}", code="empty_folder", path=folder
        )
    seed = suites_v1().seed
    return tuple(
        Plan(suite, f"{folder.name}/{name}", name, name, (), seed, paths=row)
        for name, row in ((row[0].relative_to(folder).as_posix(), row) for row in rows)
    )


def _audio_in(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if path.is_file())
