"""From spooled audio to a file that is known to meet its limits.

The drive is solved, the file written beside its place, read back and measured. Where the ceiling
or ±0.1 LU is missed, ceiling and drive are corrected and the second pass repeats, at most three
times. A file that still misses is removed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..data.audio import blocks
from ..data.background import ahead
from ..data.files.formats import DeliveryFormat
from ..data.files.names import display_name
from ..data.files.reader import open_audio
from ..data.files.writer import FileWriter, create_audio
from ..data.metering.report import LoudnessAndPeak, LoudnessReport
from ..models.errors import DeliveryError, TargetError
from ..models.processors.limiter import ResolvedLimiter
from .loudness_solve import (
    DEFAULT_SHARE,
    LimiterPreview,
    Limiting,
    drive_for_loudness,
    safest_loudest,
)
from .profiles import DeliveryProfile
from .rendering import Progress, Spooled, write_master

CORRECTIONS = 3
TOLERANCE_LU = 0.1
UNDER_CEILING_DB = 0.1
"""How far below the ceiling the limiter aims."""

CORRECTION_MARGIN_DB = 0.02


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be delivered.

    Attributes:
        path: Final name.
        form: Container, bit depth, rate, channels.
        tags: Text to carry over.
        force: Whether an existing file may be replaced.
        ceiling_dbtp: Ceiling that is promised.
        limiter: Release; its ceiling is the one aimed at.
        dither_seed: Of the dither.

    """

    path: Path
    form: DeliveryFormat
    tags: Mapping[str, str]
    force: bool
    ceiling_dbtp: float
    limiter: ResolvedLimiter
    dither_seed: int

    def aiming(self, ceiling_dbtp: float) -> Order:
        """Return the same order with another ceiling inside the limiter."""
        values = {**self.limiter.values, "ceiling_dbtp": ceiling_dbtp}
        return replace(self, limiter=ResolvedLimiter(values))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was written, read back and put in its place.

    Attributes:
        loudness: Measured on the written file.
        drive_db: Loudness gain used.
        limiter: As used in the last pass.
        corrections: How many times the second pass was repeated.

    """

    loudness: LoudnessReport
    drive_db: float
    limiter: ResolvedLimiter
    corrections: int


def preview_of(spooled: Spooled, order: Order) -> LimiterPreview | None:
    """Return what predicts a drive's effect; None where the signal has no loudness."""
    if spooled.loudness_lufs is None:
        return None
    return LimiterPreview(
        spooled.spool, spooled.loudness_lufs, order.form.sample_rate, order.limiter
    )


def solve_drive(
    spooled: Spooled,
    order: Order,
    profile: DeliveryProfile,
    target_lufs: float | None,
    aim_lufs: float,
    *,
    nearest: bool,
) -> Limiting | None:
    """Find the drive for a target, or for the safe default.

    Args:
        spooled: What the first pass left.
        order: With the limiter.
        profile: With the budget.
        target_lufs: Loudness asked for; None for the default.
        aim_lufs: Loudest level of the default.
        nearest: Whether a target beyond the budget may be replaced by the nearest safe loudness.

    Returns:
        The drive and what it comes to; None where the signal has no loudness.

    Raises:
        TargetError: The target lies beyond the budget; it names the nearest safe loudness.

    """
    preview = preview_of(spooled, order)
    if preview is None:
        return None
    share = DEFAULT_SHARE if target_lufs is None else 1.0
    wanted_lufs = aim_lufs if target_lufs is None else target_lufs
    found = drive_for_loudness(preview, wanted_lufs, profile, share)
    if found.budget_use(profile) <= share:
        return found
    safe = safest_loudest(preview, profile, found, share)
    if nearest or target_lufs is None:
        return safe
    nearest_lufs = math.floor(100.0 * safe.output_lufs) / 100.0  # what is named must be safe
    raise TargetError(
        f"{target_lufs:.1f} LUFS is louder than this mix can safely be: "
        f"{found.output_lufs:.1f} LUFS would already take {found.loss_lu:.1f} LU of limiting and "
        f"{found.reduction_db:.1f} dB of gain reduction; {profile.most_limiting_lu:.1f} LU and "
        f"{profile.most_reduction_db:.1f} dB are the limit. The nearest safe loudness is "
        f"{math.floor(10.0 * nearest_lufs) / 10.0:.1f} LUFS: ask for that, or add --nearest",
        nearest_lufs=nearest_lufs,
    )


def deliver(
    spooled: Spooled, order: Order, limiting: Limiting | None, progress: Progress
) -> Delivered:
    """Write, read back, and correct until the file meets its limits.

    Args:
        spooled: What the first pass left.
        order: What is to be delivered.
        limiting: The drive to start with and the loudness that the file must have within 0.1 LU;
            None for no drive and no loudness.
        progress: Told the share done of the current pass.

    Raises:
        DeliveryError: Ceiling or loudness are still missed after three corrections.
        OutputError: The file cannot be written.

    """
    drive_db = 0.0 if limiting is None else limiting.drive_db
    for corrections in range(CORRECTIONS + 1):
        with _create(order, spooled.spool.frames) as writer:
            loudness = _write(spooled, writer, order, drive_db, progress)
            off_lu = _departure(loudness, limiting)
            over_db = _excess(loudness, order.ceiling_dbtp)
            if abs(off_lu) <= TOLERANCE_LU and over_db <= 0.0:
                writer.commit()
                return Delivered(loudness, drive_db, order.limiter, corrections)
        if over_db > 0.0:
            aimed_dbtp = order.limiter.values["ceiling_dbtp"]
            order = order.aiming(aimed_dbtp - over_db - CORRECTION_MARGIN_DB)
        drive_db -= off_lu
    raise DeliveryError(
        f"{display_name(order.path)}: after {CORRECTIONS} corrections the file is still "
        f"{off_lu:+.2f} LU off its loudness and {over_db:+.2f} dB over its ceiling; "
        "nothing was delivered. Try a lower loudness",
        code="limits_missed",
        path=order.path,
    )


def deliver_as_recorded(
    spooled: Spooled,
    order: Order,
    drive_db: float,
    progress: Progress,
    *,
    lower: bool = False,
) -> Delivered:
    """Write exactly what a recipe recorded, without solving anything.

    Args:
        spooled: What the first pass left.
        order: With the limiter as recorded.
        drive_db: As recorded.
        progress: Told the share done of the current pass.
        lower: Whether a file that exceeds its ceiling becomes quieter by that instead of being
            refused. Drive and limiter are lowered alike, so that nothing else changes.

    Raises:
        DeliveryError: The file exceeds the ceiling that the recipe promises.
        OutputError: The file cannot be written.

    """
    for corrections in range(CORRECTIONS + 1 if lower else 1):
        with _create(order, spooled.spool.frames) as writer:
            loudness = _write(spooled, writer, order, drive_db, progress)
            over_db = _excess(loudness, order.ceiling_dbtp)
            if over_db <= 0.0:
                writer.commit()
                return Delivered(loudness, drive_db, order.limiter, corrections)
        off_db = over_db + CORRECTION_MARGIN_DB
        order = order.aiming(order.limiter.values["ceiling_dbtp"] - off_db)
        drive_db -= off_db
    raise DeliveryError(
        f"{display_name(order.path)}: the recipe's recorded levels exceed its ceiling by "
        f"{over_db:.2f} dB; nothing was delivered. Remove its 'resolved' to solve anew",
        code="limits_missed",
        path=order.path,
    )


def read_back(path: Path) -> tuple[LoudnessReport, int]:
    """Measure loudness and true peak of a written file, and count its frames."""
    frames = 0
    with open_audio(path) as reader:
        meter = LoudnessAndPeak(reader.sample_rate, reader.channels)
        for block in ahead(blocks(reader)):
            meter.feed(block)
            frames += block.shape[1]
        return meter.finish(), frames


def _create(order: Order, frames: int) -> FileWriter:
    return create_audio(order.path, order.form, frames=frames, tags=order.tags, force=order.force)


def _write(
    spooled: Spooled, writer: FileWriter, order: Order, drive_db: float, progress: Progress
) -> LoudnessReport:
    """Write the file under its hidden name and measure what lies on the disk."""
    write_master(
        spooled,
        writer,
        order.form,
        order.limiter,
        drive_db=drive_db,
        dither_seed=order.dither_seed,
        progress=progress,
    )
    loudness, frames = read_back(writer.finish())
    if frames != spooled.spool.frames:
        raise DeliveryError(
            f"{display_name(order.path)}: {frames} frames lie on the disk instead of "
            f"{spooled.spool.frames}; nothing was delivered. Check the disk",
            code="wrong_length",
            path=order.path,
        )
    return loudness


def _departure(loudness: LoudnessReport, limiting: Limiting | None) -> float:
    if limiting is None or loudness.dual_mono_lufs is None:
        return 0.0
    return loudness.dual_mono_lufs - limiting.output_lufs


def _excess(loudness: LoudnessReport, ceiling_dbtp: float) -> float:
    if loudness.true_peak_dbtp is None:
        return 0.0
    return max(loudness.true_peak_dbtp - ceiling_dbtp, 0.0)
