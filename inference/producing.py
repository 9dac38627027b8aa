"""From settings to a delivered file: resolve, render, solve, deliver, check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ..data.analysis import Analysis
from ..data.files.formats import DeliveryFormat
from ..data.files.info import FileInfo
from ..data.files.names import display_name
from ..data.files.reader import open_audio
from ..data.files.tags import carry, tags_lost
from ..data.findings import Finding
from ..models.chain import REFERENCE_LUFS, measure_anchors, resolve
from ..models.errors import AudioFileError, RecipeError, TargetError
from ..models.processors.limiter import ResolvedLimiter
from ..models.rates import limiter_cell_samples
from ..models.settings import ChainSettings
from .compliance import ComplianceReport, check_file
from .delivering import (
    TOLERANCE_LU,
    UNDER_CEILING_DB,
    Delivered,
    Order,
    deliver,
    deliver_as_recorded,
    preview_of,
    solve_drive,
)
from .loudness_solve import Limiting
from .predictor import Prediction
from .profiles import DeliveryProfile, load_profile
from .recipe import Delivery, Recipe, Resolved, recorded_hash
from .rendering import Spooled, render_to_spool
from .results import MasteringResult, Request
from .spool import Spool
from .step import Step

Identity: TypeAlias = tuple[int, int, int]

MOST_GAIN_DB = 30.0
"""Without a loudness asked for, a mix is not raised by more: what is so quiet is mostly noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """A mix that was read once, to be read again.

    Attributes:
        path: The file.
        identity: What tells whether it is still the same file, see `file_identity`.
        analysis: What was measured.
        info: What the file is.
        findings: What is odd about the file.

    """

    path: Path
    identity: Identity
    analysis: Analysis
    info: FileInfo
    findings: tuple[Finding, ...]


def file_identity(path: Path) -> Identity:
    """Return inode, size and time of change of a file; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:  # opening it will say what is wrong
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def target_of(delivery: Delivery, profile: DeliveryProfile) -> float | None:
    """Return the loudness asked for, by the delivery or else by the profile; None for neither."""
    return profile.target_lufs if delivery.target_lufs is None else delivery.target_lufs


def produce(
    mix: Mix,
    request: Request,
    recipe: Recipe,
    basis: str,
    prediction: Prediction | None,
    notes: tuple[Finding, ...],
    step: Step,
) -> MasteringResult:
    """Render a mix by a recipe and deliver the master.

    Args:
        mix: Read once already.
        request: Where to, and what is allowed.
        recipe: Its ``resolved``, where it has one, is taken as it is: nothing is solved.
        basis: Where the settings come from.
        prediction: Why they are what they are.
        notes: Findings so far.
        step: Told the progress.

    Raises:
        GlassmasterError: With the file's name, what is wrong and what to do.

    """
    delivery, limiter = recipe.delivery, recipe.settings["limiter"]
    if limiter.bypass:
        raise RecipeError(
            "the limiter guards the ceiling and cannot be bypassed: set its bypass to false",
            code="limiter_bypassed",
        )
    profile = load_profile(delivery.profile)
    analysis = mix.analysis
    form = DeliveryFormat(
        delivery.container, delivery.bit_depth, delivery.sample_rate, analysis.channels
    )
    form.major_format(_delivered_frames(analysis, form))  # refused before anything is rendered
    tags, lost = carry(mix.info.tags, form)
    missing = tags_lost(lost, mix.info.unread, form)
    known = recipe.resolved or resolve_input(recipe, analysis)
    order = Order(
        path=request.output,
        form=form,
        tags=tags,
        force=request.force,
        ceiling_dbtp=limiter.values["ceiling_dbtp"],
        limiter=ResolvedLimiter({**limiter.values, "ceiling_dbtp": known.ceiling_dbtp}),
        dither_seed=known.dither_seed,
    )
    target_lufs = target_of(delivery, profile)
    with _spool(request, form, analysis) as spool:
        spooled = _first_pass(mix, recipe.settings, known, spool, form, step)

        def writing(done: float) -> None:
            step("writing", done)

        if recipe.resolved is not None:
            preview = preview_of(spooled, order)
            limiting = None if preview is None else preview.at(known.loudness_gain_db)
            delivered = deliver_as_recorded(spooled, order, known.loudness_gain_db, writing)
        else:
            step("solving", 0.0)
            limiting, quiet = _solve(mix, spooled, order, profile, target_lufs, request.nearest)
            notes += quiet
            delivered = deliver(spooled, order, limiting, writing)
    short = (
        target_lufs is not None
        and limiting is not None
        and abs(limiting.output_lufs - target_lufs) > TOLERANCE_LU
    )
    left_out = tuple(
        Finding(
            "left_out",
            f"{name} lies above what {analysis.sample_rate} Hz can hold and is bypassed.",
        )
        for name in spooled.left_out
    )
    lost_tags = () if missing is None else (missing,)
    return MasteringResult(
        source=mix.path,
        output=request.output,
        before=analysis,
        delivered=delivered,
        recipe=replace(recipe, resolved=_record(recipe, known, delivered)),
        basis=basis,
        prediction=prediction,
        limiting=limiting,
        shortfall_lufs=target_lufs if short else None,
        reductions=spooled.reductions,
        compliance=_judge(delivered, form, profile, delivery, order.ceiling_dbtp, short=short),
        findings=(*mix.findings, *analysis.findings, *notes, *lost_tags, *left_out),
    )


def _solve(
    mix: Mix,
    spooled: Spooled,
    order: Order,
    profile: DeliveryProfile,
    target_lufs: float | None,
    nearest: bool,
) -> tuple[Limiting | None, tuple[Finding, ...]]:
    loudness_lufs = mix.analysis.loudness.dual_mono_lufs
    aim_lufs = profile.aim_lufs
    notes: tuple[Finding, ...] = ()
    highest_lufs = aim_lufs if loudness_lufs is None else loudness_lufs + MOST_GAIN_DB
    if target_lufs is None and highest_lufs < aim_lufs:
        aim_lufs = highest_lufs
        message = f"The mix is so quiet that it was raised by {MOST_GAIN_DB:.0f} dB only."
        notes = (Finding("gain_limited", message),)
    try:
        found = solve_drive(spooled, order, profile, target_lufs, aim_lufs, nearest=nearest)
    except TargetError as error:
        error.located(display_name(mix.path), mix.path)
        raise
    return found, notes


def _judge(
    delivered: Delivered,
    form: DeliveryFormat,
    profile: DeliveryProfile,
    delivery: Delivery,
    ceiling_dbtp: float,
    *,
    short: bool,
) -> ComplianceReport:
    """Hold the file against the profile, with what was asked for explicitly in its place.

    A loudness that was asked for and replaced by the nearest safe one, as allowed, is no violation.
    """
    asked = profile
    if delivery.target_lufs is not None:
        asked = replace(
            asked, target_lufs=None if short else delivery.target_lufs, tolerance_lu=TOLERANCE_LU
        )
    if ceiling_dbtp != profile.ceiling_dbtp(delivered.loudness.dual_mono_lufs):
        asked = replace(asked, true_peak_dbtp=ceiling_dbtp, louder_true_peak_dbtp=None)
    return check_file(delivered.loudness, asked, sample_rate=form.sample_rate, bit_depth=form.bits)


def resolve_input(recipe: Recipe, analysis: Analysis) -> Resolved:
    """Resolve everything but the drive, which is solved after the first pass.

    Args:
        recipe: Not resolved yet.
        analysis: Of the mix.

    """
    loudness = analysis.loudness.dual_mono_lufs
    normalization_db = 0.0 if loudness is None else REFERENCE_LUFS - loudness
    spectrum = analysis.spectrum.scaled(normalization_db)
    return Resolved(
        settings_hash="",
        input_hash=analysis.digest,
        normalization_db=normalization_db,
        anchors=measure_anchors(recipe.settings, spectrum, sample_rate=analysis.sample_rate),
        loudness_gain_db=0.0,
        ceiling_dbtp=recipe.settings["limiter"].values["ceiling_dbtp"] - UNDER_CEILING_DB,
        dither_seed=int(analysis.digest[:12], 16),
    )


def _record(recipe: Recipe, known: Resolved, delivered: Delivered) -> Resolved:
    final = replace(
        known,
        loudness_gain_db=delivered.drive_db,
        ceiling_dbtp=delivered.limiter.values["ceiling_dbtp"],
    )
    return replace(final, settings_hash=recorded_hash(recipe.settings, recipe.delivery, final))


def _spool(request: Request, form: DeliveryFormat, analysis: Analysis) -> Spool:
    frames = _delivered_frames(analysis, form)
    cell = limiter_cell_samples(form.sample_rate)
    if request.temp_dir is not None:
        return Spool(request.temp_dir, cell, frames)
    return Spool(request.output.parent, cell, frames, beside_bytes=form.estimated_bytes(frames))


def _delivered_frames(analysis: Analysis, form: DeliveryFormat) -> int:
    return -(-analysis.frames * form.sample_rate // analysis.sample_rate)


def _first_pass(
    mix: Mix,
    settings: ChainSettings,
    known: Resolved,
    spool: Spool,
    form: DeliveryFormat,
    step: Step,
) -> Spooled:
    chain = resolve(settings, known.anchors, normalization_db=known.normalization_db)
    with open_audio(mix.path) as reader:
        spooled = render_to_spool(
            reader,
            chain,
            spool,
            form.sample_rate,
            frames=mix.analysis.frames,
            progress=lambda done: step("rendering", done),
        )
    if file_identity(mix.path) != mix.identity:
        raise AudioFileError(
            f"{display_name(mix.path)}: changed while it was being mastered; nothing was "
            "delivered. Wait until its export is complete and try again",
            code="changed",
            path=mix.path,
        )
    return spooled
