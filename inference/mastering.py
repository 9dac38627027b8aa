"""The path of a song: analyze → predict → resolve → render → solve → deliver → check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..data.analysis import Analysis, analyze
from ..data.files.formats import DeliveryFormat
from ..data.files.names import display_name
from ..data.files.reader import FileReader, open_audio
from ..data.files.tags import carry, tags_lost
from ..data.findings import Finding
from ..models.chain import REFERENCE_LUFS, measure_anchors, resolve
from ..models.errors import GlassmasterError, RecipeError
from ..models.processors.limiter import ResolvedLimiter
from ..models.rates import limiter_cell_samples
from ..models.settings import ChainSettings
from .compliance import ComplianceReport, check_file
from .delivering import (
    UNDER_CEILING_DB,
    Delivered,
    Order,
    deliver,
    deliver_as_recorded,
    solve_drive,
)
from .loudness_solve import Limiting
from .predictor import Prediction, Predictor
from .profiles import DeliveryProfile, load_profile
from .recipe import Delivery, Recipe, Resolved, current_versions, settings_hash
from .rendering import Reductions, Spooled, render_to_spool
from .spool import Spool

Step = Callable[[str, float], None]
"""Told the name of the step under way and the share of it that is done."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a master is asked to be, besides what the settings say.

    Attributes:
        output: Final name.
        delivery: Form and limits; its rate is the delivery's.
        ceiling_dbtp: Highest true peak; None for the profile's.
        force: Whether an existing file may be replaced.
        nearest: Whether a target out of reach may be replaced by the nearest safe loudness.
        temp_dir: Where intermediate audio goes; None for the output's folder.

    """

    output: Path
    delivery: Delivery
    ceiling_dbtp: float | None = None
    force: bool = False
    nearest: bool = False
    temp_dir: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MasteringResult:
    """A finished master and how it came about.

    Attributes:
        source: The mix.
        output: The master.
        before: Analysis of the mix.
        delivered: The written file, measured.
        recipe: Renders the same bytes again.
        prediction: Why the settings are what they are; None for settings from a recipe.
        limiting: What the drive was predicted to do; None where nothing was solved.
        reductions: Gain reduction of de-esser and compressor.
        compliance: The written file against the profile.
        findings: What is odd about the mix, and what could not be carried over.

    """

    source: Path
    output: Path
    before: Analysis
    delivered: Delivered
    recipe: Recipe
    prediction: Prediction | None
    limiting: Limiting | None
    reductions: Reductions
    compliance: ComplianceReport
    findings: tuple[Finding, ...]


def analyze_file(path: Path, step: Step) -> tuple[Analysis, FileReader]:
    """Analyze a file; its closed reader tells what the file is."""
    with open_audio(path) as reader:
        try:
            analysis = analyze(reader, lambda frames: step("analyzing", frames / reader.frames))
        except GlassmasterError as error:
            raise error.located(display_name(path), path) from error
    return analysis, reader


def master(
    mix: Path, request: Request, predictor: Predictor, *, amount: float, step: Step
) -> MasteringResult:
    """Master a mix with predicted settings.

    Args:
        mix: The file.
        request: What the master is asked to be.
        predictor: Chooses the settings.
        amount: Scales them toward doing nothing; 1 keeps them.
        step: Told the progress.

    Raises:
        GlassmasterError: With the file's name, what is wrong and what to do.

    """
    analysis, reader = analyze_file(mix, step)
    prediction = predictor.predict(analysis)
    profile = load_profile(request.delivery.profile)
    ceiling_dbtp = request.ceiling_dbtp
    if ceiling_dbtp is None:
        target = _target(request.delivery, profile)
        ceiling_dbtp = profile.ceiling_dbtp(profile.aim_lufs if target is None else target)
    settings = prediction.settings.scaled(amount)
    limiter = {**settings["limiter"].values, "ceiling_dbtp": ceiling_dbtp}
    settings = settings.with_block("limiter", limiter)
    recipe = Recipe(settings, request.delivery, None, predictor.name, current_versions())
    notes: tuple[Finding, ...] = ()
    if amount < 1.0:
        message = f"{amount:.0%} of each move was applied; the reasons tell of the whole"
        notes = (Finding("amount", message),)
    return _produce(mix, reader, analysis, request, recipe, prediction, notes, step)


def render(
    mix: Path, request: Request, recipe: Recipe, *, allow_other_input: bool, step: Step
) -> MasteringResult:
    """Render a recipe: the same bytes again where it still holds.

    Edited settings, and another mix where that is allowed, are resolved anew; a finding says so.

    Raises:
        RecipeError: The recipe belongs to another mix and that is not allowed.

    """
    analysis, reader = analyze_file(mix, step)
    notes: list[Finding] = []
    resolved = recipe.resolved
    if resolved is not None and not recipe.holds_for(analysis.digest):
        if resolved.input_hash != analysis.digest:
            if not allow_other_input:
                raise RecipeError(
                    f"{display_name(mix)}: the recipe belongs to another mix; "
                    "add --resolve to fit its settings to this one",
                    code="other_input",
                    path=mix,
                )
            message = "the recipe was made for another mix: levels and loudness were solved anew"
        else:
            message = "the recipe was edited: levels and loudness were solved anew"
        notes.append(Finding("resolved_anew", message))
        resolved = None
    elif resolved is not None and recipe.versions != current_versions():
        message = "the recipe was rendered by other versions: the bytes may differ a little"
        notes.append(Finding("other_versions", message))
    recipe = Recipe(
        recipe.settings, recipe.delivery, resolved, recipe.predictor, current_versions()
    )
    return _produce(mix, reader, analysis, request, recipe, None, tuple(notes), step)


def _produce(
    mix: Path,
    reader: FileReader,
    analysis: Analysis,
    request: Request,
    recipe: Recipe,
    prediction: Prediction | None,
    notes: tuple[Finding, ...],
    step: Step,
) -> MasteringResult:
    delivery, limiter = recipe.delivery, recipe.settings["limiter"]
    if limiter.bypass:
        raise RecipeError(
            "the limiter guards the ceiling and cannot be bypassed: set its bypass to false",
            code="limiter_bypassed",
        )
    profile = load_profile(delivery.profile)
    form = DeliveryFormat(
        delivery.container, delivery.bit_depth, delivery.sample_rate, analysis.channels
    )
    tags, lost = carry(reader.info.tags, form)
    missing = tags_lost(display_name(mix), lost, reader.info.unread, form)
    form.major_format(_delivered_frames(analysis, form))  # refused before anything is rendered
    known = recipe.resolved or _resolve_input(recipe, analysis)
    order = Order(
        path=request.output,
        form=form,
        tags=tags,
        force=request.force,
        ceiling_dbtp=limiter.values["ceiling_dbtp"],
        limiter=ResolvedLimiter({**limiter.values, "ceiling_dbtp": known.ceiling_dbtp}),
        dither_seed=known.dither_seed,
    )
    limiting: Limiting | None = None
    with _spool(request, form, analysis) as spool:
        spooled = _first_pass(mix, recipe.settings, known, spool, analysis, form, step)
        if recipe.resolved is not None:
            delivered = deliver_as_recorded(
                spooled, order, known.loudness_gain_db, lambda done: step("writing", done)
            )
        else:
            step("solving", 0.0)
            target = _target(delivery, profile)
            try:
                limiting = solve_drive(spooled, order, profile, target, nearest=request.nearest)
            except GlassmasterError as error:
                raise error.located(display_name(mix), mix) from error
            delivered = deliver(
                spooled,
                order,
                0.0 if limiting is None else limiting.drive_db,
                None if limiting is None else limiting.output_lufs,
                lambda done: step("writing", done),
            )
    final = Resolved(
        settings_hash(recipe.settings, delivery),
        analysis.digest,
        known.normalization_db,
        known.anchors,
        delivered.drive_db,
        delivered.limiter.values["ceiling_dbtp"],
        known.dither_seed,
    )
    left_out = tuple(
        Finding("left_out", f"{name} lies above what {analysis.sample_rate} Hz can hold; bypassed")
        for name in spooled.left_out
    )
    lost_tags = () if missing is None else (missing,)
    return MasteringResult(
        source=mix,
        output=request.output,
        before=analysis,
        delivered=delivered,
        recipe=Recipe(recipe.settings, delivery, final, recipe.predictor, recipe.versions),
        prediction=prediction,
        limiting=limiting,
        reductions=spooled.reductions,
        compliance=check_file(
            delivered.loudness, profile, sample_rate=form.sample_rate, bit_depth=form.bits
        ),
        findings=(*reader.findings(), *analysis.findings, *notes, *lost_tags, *left_out),
    )


def _resolve_input(recipe: Recipe, analysis: Analysis) -> Resolved:
    """Resolve everything but the drive, which is solved after the first pass."""
    loudness = analysis.loudness.dual_mono_lufs
    normalization_db = 0.0 if loudness is None else REFERENCE_LUFS - loudness
    spectrum = analysis.spectrum.scaled(normalization_db)
    return Resolved(
        settings_hash(recipe.settings, recipe.delivery),
        analysis.digest,
        normalization_db,
        measure_anchors(recipe.settings, spectrum),
        0.0,
        recipe.settings["limiter"].values["ceiling_dbtp"] - UNDER_CEILING_DB,
        int(analysis.digest[:12], 16),
    )


def _target(delivery: Delivery, profile: DeliveryProfile) -> float | None:
    return profile.target_lufs if delivery.target_lufs is None else delivery.target_lufs


def _spool(request: Request, form: DeliveryFormat, analysis: Analysis) -> Spool:
    frames = _delivered_frames(analysis, form)
    cell = limiter_cell_samples(form.sample_rate)
    if request.temp_dir is not None:
        return Spool(request.temp_dir, cell, frames)
    return Spool(request.output.parent, cell, frames, beside_bytes=form.estimated_bytes(frames))


def _delivered_frames(analysis: Analysis, form: DeliveryFormat) -> int:
    return -(-analysis.frames * form.sample_rate // analysis.sample_rate)


def _first_pass(
    mix: Path,
    settings: ChainSettings,
    known: Resolved,
    spool: Spool,
    analysis: Analysis,
    form: DeliveryFormat,
    step: Step,
) -> Spooled:
    chain = resolve(settings, known.anchors, normalization_db=known.normalization_db)
    with open_audio(mix) as reader:
        return render_to_spool(
            reader,
            chain,
            spool,
            form.sample_rate,
            frames=analysis.frames,
            progress=lambda done: step("rendering", done),
        )
