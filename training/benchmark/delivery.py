"""From audio and settings to the limited file that figures are taken from, by the path users run.

First pass, loudness solved against the meter, limiter, 24-bit file, read back: the functions are
those of `glassmaster master`. Whatever a method makes of a mix, "leave it alone" included, ends
here, with the same limiter and ceiling.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ...data.analysis import Analysis, analyze
from ...data.audio import ArrayReader, Audio, Samples
from ...data.files.formats import DeliveryFormat
from ...data.files.reader import open_audio
from ...data.metering.report import LoudnessReport
from ...inference.delivering import (
    UNDER_CEILING_DB,
    Order,
    deliver,
    deliver_as_recorded,
    preview_of,
    solve_drive,
)
from ...inference.loudness_solve import Limiting
from ...inference.profiles import DEFAULT, load_profile
from ...inference.rendering import Reductions, render_to_spool
from ...inference.spool import Spool
from ...models.chain import REFERENCE_LUFS, ResolvedChain, measure_anchors, resolve
from ...models.errors import UnsupportedAudioError
from ...models.processors.limiter import ResolvedLimiter
from ...models.rates import limiter_cell_samples
from ...models.settings import ChainSettings, default_settings

CEILING_DBTP = -1.0
"""Ceiling of every delivered file of the benchmark: that of the default profile."""


@dataclass(frozen=True, slots=True, eq=False)
class DeliveredAudio:
    """A file as it was delivered.

    Attributes:
        samples: Shape ``(2, time)``, as read back.
        sample_rate: In Hz.
        loudness: Measured on the file by the delivery itself.
        limiting: Drive, loss of loudness and gain reduction of the limiter.
        reductions: Gain reduction of de-esser and compressor.
        chain: What made the file of the mix, with gain and limiter after all corrections.

    """

    samples: Samples
    sample_rate: int
    loudness: LoudnessReport
    limiting: Limiting
    reductions: Reductions
    chain: ResolvedChain


def analysis_of(samples: Samples, sample_rate: int) -> Analysis:
    """Analyze audio in memory, shape ``(2, time)``, as a master does.

    Raises:
        UnsupportedAudioError: ``silent``, ``too_short``, ``non_finite`` or ``absurd_level``.

    """
    return analyze(ArrayReader(Audio(samples, sample_rate)))


def deliver_audio(
    samples: Samples,
    sample_rate: int,
    target_lufs: float | None,
    *,
    settings: ChainSettings | None = None,
    analysis: Analysis | None = None,
    ceiling_dbtp: float = CEILING_DBTP,
    drive_db: float | None = None,
    folder: Path | None = None,
) -> DeliveredAudio:
    """Render, limit and write audio, and read the file back.

    A loudness beyond the default profile's budget is replaced by the nearest safe one, as
    ``--nearest`` does.

    Args:
        samples: The mix, shape ``(2, time)``.
        sample_rate: In Hz.
        target_lufs: Loudness of the delivered file; None for the default profile's own choice.
        settings: Of the chain; by default, and where a block is bypassed, nothing is done. The
            limiter always runs, with the release of the settings.
        analysis: Of the mix, where it is known already; needed only with settings.
        ceiling_dbtp: Highest true peak.
        drive_db: Gain before the limiter of a mix at -18 LUFS, where it is known: then the limiter
            aims at the settings' own ceiling, and nothing is solved. Where that goes over the
            ceiling, all of it becomes quieter.
        folder: For temporary files; the system's by default.

    Raises:
        UnsupportedAudioError: The mix has no loudness.
        DeliveryError: Ceiling or loudness were missed after every correction.

    """
    settings = default_settings() if settings is None else settings
    chain = ResolvedChain()
    if drive_db is not None or not _idle(settings):
        chain = _chain(samples, sample_rate, settings, analysis)
    profile = load_profile(DEFAULT)
    form = DeliveryFormat("wav", profile.bit_depth, sample_rate, 2)
    release_ms = settings["limiter"].values["release_ms"]
    aimed_dbtp = ceiling_dbtp - UNDER_CEILING_DB
    if drive_db is not None:
        aimed_dbtp = settings["limiter"].values["ceiling_dbtp"]
    cell, frames = limiter_cell_samples(sample_rate), samples.shape[1]
    with tempfile.TemporaryDirectory(dir=folder, prefix="delivery-") as name:
        order = Order(
            path=Path(name) / "delivered.wav",
            form=form,
            tags=MappingProxyType({}),
            force=False,
            ceiling_dbtp=ceiling_dbtp,
            limiter=ResolvedLimiter({"ceiling_dbtp": aimed_dbtp, "release_ms": release_ms}),
            dither_seed=0,
        )
        with Spool(Path(name), cell, frames) as spool:
            reader = ArrayReader(Audio(samples, sample_rate))
            spooled = render_to_spool(
                reader, chain, spool, sample_rate, frames=frames, progress=_silent
            )
            if drive_db is not None:
                preview = preview_of(spooled, order)
                limiting = None if preview is None else preview.at(drive_db)
            else:
                limiting = solve_drive(
                    spooled, order, profile, target_lufs, profile.aim_lufs, nearest=True
                )
            if limiting is None:
                raise UnsupportedAudioError(
                    "the mix is too short or too quiet for its loudness to be defined; "
                    "leave it out of the benchmark",
                    code="loudness_undefined",
                )
            if drive_db is None:
                delivered = deliver(spooled, order, limiting, _silent)
            else:
                delivered = deliver_as_recorded(spooled, order, drive_db, _silent, lower=True)
        with open_audio(order.path) as file:
            read = file.read(file.frames)
    return DeliveredAudio(
        np.ascontiguousarray(read),
        sample_rate,
        delivered.loudness,
        limiting,
        spooled.reductions,
        replace(chain, gain_db=delivered.drive_db, limiter=delivered.limiter),
    )


def _idle(settings: ChainSettings) -> bool:
    """Return whether nothing but the limiter runs, so that the level does not matter before it."""
    return all(block.bypass for name, block in settings.blocks.items() if name != "limiter")


def _chain(
    samples: Samples, sample_rate: int, settings: ChainSettings, analysis: Analysis | None
) -> ResolvedChain:
    """Resolve settings as a master does: levels relative to the mix at -18 LUFS."""
    analysis = analysis_of(samples, sample_rate) if analysis is None else analysis
    loudness_lufs = analysis.loudness.dual_mono_lufs
    normalization_db = 0.0 if loudness_lufs is None else REFERENCE_LUFS - loudness_lufs
    anchors = measure_anchors(
        settings, analysis.spectrum.scaled(normalization_db), sample_rate=sample_rate
    )
    return resolve(settings, anchors, normalization_db=normalization_db)


def _silent(_: float) -> None:
    """Show no progress."""
