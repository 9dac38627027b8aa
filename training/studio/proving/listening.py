"""Excerpts to listen to: mix, base, studio and the true master of a few songs, equally loud.

They are rendered by the engine at the rate of the mix with what would be done if the song's album
were unknown, and brought to the loudness of the quietest by a gain that only turns down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....data.alignment.alignment import part_of
from ....data.alignment.warping import aligned_pair
from ....data.audio import Samples
from ....data.catalogue.usable import check_unchanged
from ....data.corpus.working_folder import make_folder
from ....data.files.formats import DeliveryFormat
from ....data.files.writer import create_audio
from ....inference.learned.decisions import settings_of_moves
from ....inference.listening.matching import equally_loud
from ....inference.reading import analyze_file
from ....models.errors import GlassmasterError, OutputError, UnsupportedAudioError
from ...benchmark.delivery import analysis_of, deliver_audio
from ..catalogued.excerpts import unfaded
from ..validating import BASE, STUDIO
from .proof import Proof

FOLDER = "audio"
"""Of the files, beside the page."""

MIX, MASTER = "mix", "master"
ROLES = (MIX, BASE, STUDIO, MASTER)
"""What can be heard of each song, in this order."""

_BEFORE_S = 2.0  # rendered before an excerpt begins, so that compressors are under way
_STEPS = 2.0**23


@dataclass(frozen=True, slots=True)
class ListeningRules:
    """How much there is to listen to.

    Attributes:
        songs: How many.
        length_s: Of each excerpt.

    """

    songs: int
    length_s: float


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a song in every rendering.

    Attributes:
        place: Index of the song.
        why: Why it was chosen.
        start_s: Where it begins in the mix.
        loudness_lufs: Of all files.
        files: Names within the folder of the page, by role.
        problem: Why there are no files, or empty.

    """

    place: int
    why: str
    start_s: float
    loudness_lufs: float
    files: Mapping[str, str]
    problem: str = ""


def chosen_songs(proof: Proof, count: int) -> dict[int, str]:
    """Return which songs tell most, and why: largest gain, largest loss, median, and between.

    Args:
        proof: What was found.
        count: How many at most.

    """
    order = np.argsort(-proof.gains_db, kind="stable")
    last = len(order) - 1
    gains = proof.gains_db[order]
    wanted = (
        (0, "largest gain" if gains[0] > 0.0 else "smallest loss"),
        (last, "largest loss" if gains[last] < 0.0 else "smallest gain"),
        (last // 2, "median"),
        (last // 4, "upper quartile"),
        (3 * last // 4, "lower quartile"),
    )
    told: dict[int, str] = {}
    for rank, why in wanted[:count]:
        told.setdefault(int(order[rank]), why)
    return told


def write_excerpts(
    proof: Proof, folder: Path, rules: ListeningRules, progress: Callable[[str, float], None]
) -> tuple[Excerpt, ...]:
    """Render and write excerpts; a song that cannot be rendered says why.

    Args:
        proof: What was found.
        folder: Of the page; files that are there are replaced.
        rules: How much there is.
        progress: Told how far it is.

    Raises:
        OutputError: A file cannot be written.

    """
    chosen = chosen_songs(proof, rules.songs)
    make_folder(folder / FOLDER)
    for role in ROLES:
        for old in (folder / FOLDER).glob(f"[0-9]*-{role}.flac"):  # of a page that is replaced
            old.unlink()
    written = []
    for number, (place, why) in enumerate(chosen.items(), 1):
        progress("rendering excerpts", (number - 1) / len(chosen))
        try:
            start_s, rate, heard = _rendered(proof, place, rules.length_s)
        except OutputError:
            raise
        except GlassmasterError as error:
            written.append(Excerpt(place, why, 0.0, 0.0, {}, error.message))
            continue
        matched = equally_loud(heard, rate)
        files = {}
        for role, samples in matched.samples.items():
            files[role] = f"{FOLDER}/{number}-{role}.flac"
            _write(folder / files[role], samples, rate)
        written.append(Excerpt(place, why, start_s, matched.loudness_lufs, files))
    return tuple(written)


def _rendered(proof: Proof, place: int, length_s: float) -> tuple[float, int, dict[str, Samples]]:
    """Return where an excerpt begins, its sample rate, and what is heard of it by role."""
    known = proof.collected.known
    pair, studied = known.sources[place], known.studied[place]
    check_unchanged(pair.mix_path, pair.mix_sha256)
    check_unchanged(pair.master_path, pair.master_sha256)
    analysis, _ = analyze_file(pair.mix_path, _silent)
    if pair.alignment is None:
        raise UnsupportedAudioError("the pair was never aligned; scan again", code="not_aligned")
    rate, shared = pair.alignment.mix_rate, unfaded(pair.alignment)
    frames = min(round(length_s * rate), shared.frames)
    middle_s = float(studied.starts_s[len(studied.starts_s) // 2])
    start = min(round(middle_s * rate), shared.end - frames)
    before = min(round(_BEFORE_S * rate), start - shared.start)
    part = part_of(shared, pair.alignment, start - before, frames + before)
    aligned = aligned_pair(pair.mix_path, pair.master_path, pair.alignment, part)
    master = aligned.master[:, before:]
    wanted_lufs = analysis_of(master, rate).loudness.integrated_lufs
    heard = {MIX: aligned.mix[:, before:]}
    for role in (BASE, STUDIO):
        settings = settings_of_moves(proof.held_out.moves[role][place], analysis)
        made = deliver_audio(aligned.mix, rate, wanted_lufs, settings=settings, analysis=analysis)
        heard[role] = made.samples[:, before:]
    heard[MASTER] = master
    return start / rate, rate, heard


def _write(path: Path, samples: Samples, sample_rate: int) -> None:
    codes = np.clip(np.rint(samples * _STEPS), -_STEPS, _STEPS - 1.0).astype(np.int32)
    form = DeliveryFormat("flac", "24", sample_rate, 2)
    with create_audio(path, form, frames=codes.shape[1], force=True) as writer:
        writer.write(codes)
        writer.commit()


def _silent(_: str, __: float) -> None:
    """Show no progress."""
