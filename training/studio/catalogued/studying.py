"""One pair of a catalogue, studied: what the mix is, and what its master did to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from ....data.alignment.alignment import Alignment
from ....data.analysis import Analysis
from ....data.catalogue.usable import check_unchanged
from ....data.features.frames import MelFrames
from ....data.files.names import display_name
from ....inference.reading import analyze_file
from ....models.differentiable.frames import SpectralFrames
from ....models.differentiable.resolving import SpectrumBatch, batch_spectra
from ....models.errors import CatalogueError, GlassmasterError
from ....models.network.loudness import normalized_frames
from ...recovery.explaining import MasteredFrames
from ...recovery.twin_moves import recover_moves
from ...single_thread import single_threaded
from .excerpts import RATE_HZ, ExcerptRules, excerpt_segments, joined_frames, read_excerpts

Array: TypeAlias = npt.NDArray[np.float64]

VERSION = 1
"""Raised when the same pair comes out otherwise; what was kept before is then left alone."""


@dataclass(frozen=True, slots=True)
class PairItem:
    """A pair that is to be studied.

    Attributes:
        mix: File of the mix.
        master: File of the master.
        mix_sha256: What the mix's file must be.
        master_sha256: What the master's file must be.
        alignment: Where the master lies in the mix.
        rules: How much of it is looked at.

    """

    mix: Path
    master: Path
    mix_sha256: str
    master_sha256: str
    alignment: Alignment
    rules: ExcerptRules

    def __str__(self) -> str:
        return display_name(self.mix)


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """What is known of a pair; all of it are arrays, so that it can be kept.

    Attributes:
        mid: Frames of the mix at -18 LUFS, shape ``(80, frame)``, float32.
        side: Same shape.
        peak: Cells of the mix, shape ``(cell,)``.
        master_mid: Frames of the master, aligned, at its own loudness, shape ``(80, frame)``.
        master_side: Same shape.
        master_peak: Shape ``(cell,)``.
        spectrum_mid: Long-term spectrum of the whole mix at -18 LUFS, shape ``(124,)``.
        spectrum_side: Same shape.
        statistics: Of the whole mix, as measured, shape ``(statistics,)``.
        content: What the song is, of mix and master, shape ``(2, content)``.
        levels: Loudness in LUFS and peak to loudness ratio in dB, of mix and master, ``(2, 2)``;
            NaN where undefined.
        durations_s: Of mix and master, shape ``(2,)``.
        starts_s: Where excerpts begin in the mix, shape ``(excerpt,)``.
        moves: What best explains the master, shape ``(moves,)``.
        sigma: Standard deviations of these, same shape.
        residual_db: Mel distance that they leave, shape ``()``.
        year: From the master's tags, with what part of the year they tell; NaN where they do not.

    """

    mid: npt.NDArray[np.float32]
    side: npt.NDArray[np.float32]
    peak: npt.NDArray[np.float32]
    master_mid: npt.NDArray[np.float32]
    master_side: npt.NDArray[np.float32]
    master_peak: npt.NDArray[np.float32]
    spectrum_mid: Array
    spectrum_side: Array
    statistics: Array
    content: Array
    levels: Array
    durations_s: Array
    starts_s: Array
    moves: Array
    sigma: Array
    residual_db: Array
    year: Array

    @property
    def master_lufs(self) -> float:
        """Loudness of the whole master."""
        return float(self.levels[1, 0])


NAMES = tuple(field.name for field in fields(Studied))


def study(item: PairItem) -> Studied | str:
    """Study a pair; it runs in any process.

    Returns:
        What is known of it, or why nothing is.

    """
    torch.set_flush_denormal(True)
    try:
        with single_threaded():
            return _studied(item)
    except GlassmasterError as error:
        return error.message


def joined_pairs(studied: list[Studied]) -> MasteredFrames:
    """Put the frames of pairs together, in their order."""

    def tracks(*names: str) -> SpectralFrames:
        stacked = (np.stack([getattr(each, name) for each in studied]) for name in names)
        return SpectralFrames(*(torch.from_numpy(track) for track in stacked))

    spectra = (
        torch.from_numpy(np.stack([getattr(each, name) for each in studied]))
        for name in ("spectrum_mid", "spectrum_side")
    )
    return MasteredFrames(
        tracks("mid", "side", "peak"),
        SpectrumBatch(*spectra),
        tracks("master_mid", "master_side", "master_peak"),
        RATE_HZ,
    )


def _studied(item: PairItem) -> Studied:
    check_unchanged(item.mix, item.mix_sha256)
    check_unchanged(item.master, item.master_sha256)
    mix, _ = analyze_file(item.mix, _silent)
    master, reader = analyze_file(item.master, _silent)
    for path, analysis in ((item.mix, mix), (item.master, master)):
        if not analysis.statistics.any() or analysis.loudness.dual_mono_lufs is None:
            message = f"{display_name(path)}: too little of it is heard to judge it"
            raise CatalogueError(message, code="silent", path=path)
    segments = excerpt_segments(item.mix, item.alignment, item.rules)
    pairs = read_excerpts(item.mix, item.master, item.alignment, segments)
    rate = item.alignment.mix_rate
    of_mix, of_master = (
        joined_frames([getattr(pair, name) for pair in pairs], rate, item.rules.count)
        for name in ("mix", "master")
    )
    frames, spectra = normalized_frames(_batch(of_mix), batch_spectra([mix.spectrum]))
    mastered = MasteredFrames(frames, spectra, _batch(of_master), RATE_HZ)
    found = recover_moves(mastered)
    return Studied(
        mid=frames.mid[0].numpy(),
        side=frames.side[0].numpy(),
        peak=frames.peak[0].numpy(),
        master_mid=of_master.mid,
        master_side=of_master.side,
        master_peak=of_master.peak,
        spectrum_mid=spectra.mid[0].numpy(),
        spectrum_side=spectra.side[0].numpy(),
        statistics=mix.statistics,
        content=np.stack((mix.content, master.content)),
        levels=np.array([_levels(mix), _levels(master)]),
        durations_s=np.array([each.frames / each.sample_rate for each in (mix, master)]),
        starts_s=np.array([segment.start / rate for segment in segments]),
        moves=found.moves[0],
        sigma=found.sigma[0],
        residual_db=np.array(found.residual_db[0]),
        year=np.array(year_of(reader.info.tags.get("date", ""))),
    )


def year_of(date: str) -> float:
    """Return the year of a date as tags have it, 2019 or 2019-07-01; NaN where it is none."""
    parts = date.strip().split("-")
    if not (len(parts[0]) == 4 and all(part[:2].isdecimal() for part in parts)):
        return float("nan")
    month = int(parts[1][:2]) if len(parts) > 1 else 0
    day = int(parts[2][:2]) if len(parts) > 2 else 0
    # a year alone is its middle, and so is a month
    within = 0.5 if month == 0 else (month - 1 + (day / 31.0 if day else 0.5)) / 12.0
    return int(parts[0]) + within


def _batch(frames: MelFrames) -> SpectralFrames:
    tracks = (frames.mid, frames.side, frames.peak)
    return SpectralFrames(*(torch.from_numpy(np.ascontiguousarray(each))[None] for each in tracks))


def _levels(analysis: Analysis) -> tuple[float, float]:
    loudness = analysis.loudness
    values = (loudness.dual_mono_lufs, loudness.plr_db)
    lufs, plr_db = (float("nan") if value is None else value for value in values)
    return lufs, plr_db


def _silent(_: str, __: float) -> None:
    """Show no progress."""
