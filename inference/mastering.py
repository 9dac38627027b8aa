"""The path of a song: analyze → predict → resolve → render → solve → deliver → check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..data.files.names import display_name
from ..data.findings import Finding
from ..models.errors import RecipeError
from ..models.settings import ChainSettings
from .blending import ALL_OF_IT, Blend, blended, origins_of, shown_name
from .guidance import NO_GUIDANCE, Guidance, check_finished, guide
from .origins import still_kept
from .predictor import Predictor
from .producing import Mix, file_identity, produce, target_of
from .profiles import load_profile
from .reading import analyze_file
from .recipe import TARGETS_LUFS, Recipe, current_versions
from .results import MasteringResult, Request
from .step import Step


def master(
    mix: Path,
    request: Request,
    predictor: Predictor,
    *,
    step: Step,
    blend: Blend = ALL_OF_IT,
    notes: tuple[Finding, ...] = (),
    guidance: Guidance = NO_GUIDANCE,
) -> MasteringResult:
    """Master a mix with predicted settings.

    Args:
        mix: The file.
        request: What the master is asked to be.
        predictor: Chooses the settings.
        step: Told the progress.
        blend: What a person decides beside it.
        notes: What a person should know of the predictor.
        guidance: Corpora and references that settings are chosen by.

    Raises:
        GlassmasterError: With the file's name, what is wrong and what to do.

    """
    check_finished(guidance, predictor)
    read = read_mix(mix, step)
    guided = guide(guidance, read.analysis, step)
    notes = (*notes, *guided.findings)
    if guided.listened and not (guidance.finished or predictor.listens):
        message = f"The predictor {predictor.name} does not listen to references."
        notes = (*notes, Finding("references_not_heard", message))
    if guided.target_lufs is not None:
        request, told = _as_loud_as_references(request, guided.target_lufs)
        notes = (*notes, told)
    found = blended(predictor.predict(read.analysis, guided.company), blend, read.analysis)
    limiter, told_ceiling = _with_ceiling(found.settings, request, blend)
    settings = found.settings.with_block("limiter", limiter)
    recipe = Recipe(
        settings,
        request.delivery,
        None,
        predictor.name,
        current_versions(),
        predictor.model,
        found.prediction.intervals,
        origins_of(blend, settings),
    )
    notes = (*notes, *found.findings, *told_ceiling)
    basis = _basis_of_finished(guidance) if guidance.finished else predictor.describe
    result = produce(read, request, recipe, basis, found.prediction, notes, step)
    return replace(result, match=guided.match, listened=guided.listened, finished=guidance.finished)


def _basis_of_finished(guidance: Guidance) -> str:
    """Say where the settings of a finished song come from."""
    if not guidance.references:
        return (
            "The song was called finished, and no reference was named: it is left as it is but for "
            "loudness and limiter."
        )
    return (
        "The song was called finished: settings are those that the references show to be "
        "behind them, in a closed form, by how they differ from finished songs at large."
    )


def _with_ceiling(
    settings: ChainSettings, request: Request, blend: Blend
) -> tuple[dict[str, float], tuple[Finding, ...]]:
    """Return the limiter with the ceiling that is owed, and what became of a person's own.

    A limiter that is kept keeps its release; its ceiling counts where it is the lower.
    """
    limiter = dict(settings["limiter"].values)
    ceiling_dbtp = request.ceiling_dbtp
    if ceiling_dbtp is None:
        profile = load_profile(request.delivery.profile)
        target = target_of(request.delivery, profile)
        ceiling_dbtp = profile.ceiling_dbtp(profile.aim_lufs if target is None else target)
    given = blend.locks.get("limiter")
    if given is None:
        return {**limiter, "ceiling_dbtp": ceiling_dbtp}, ()
    own_dbtp = limiter["ceiling_dbtp"]
    if own_dbtp <= ceiling_dbtp:
        return limiter, ()
    message = (
        f"The limiter of {shown_name(given)} is kept but for its ceiling of {own_dbtp:g} dBTP: "
        f"{ceiling_dbtp:g} dBTP is asked for."
    )
    finding = Finding("ceiling_lowered", message)
    return {**limiter, "ceiling_dbtp": ceiling_dbtp}, (finding,)


def _as_loud_as_references(request: Request, target_lufs: float) -> tuple[Request, Finding]:
    """Return a request for the loudness of references, and say what became of it."""
    if request.delivery.target_lufs is not None:
        message = "The loudness that was asked for stands: that of the references does not count."
        return request, Finding("reference_loudness_unused", message)
    held_lufs = min(max(target_lufs, TARGETS_LUFS[0]), TARGETS_LUFS[1])
    delivery = replace(request.delivery, target_lufs=held_lufs)
    message = (
        f"The loudness follows the references: {held_lufs:.1f} LUFS, or the nearest that is safe."
    )
    finding = Finding("reference_loudness", message)
    return replace(request, delivery=delivery, nearest=True), finding


def render(
    mix: Path, request: Request, recipe: Recipe, *, allow_other_input: bool, step: Step
) -> MasteringResult:
    """Render a recipe: the same bytes again where it still holds.

    Edited settings, and another mix where that is allowed, are resolved anew; a finding says so.

    Raises:
        RecipeError: The recipe belongs to another mix and that is not allowed.

    """
    read = read_mix(mix, step)
    notes: list[Finding] = []
    resolved = recipe.resolved
    if resolved is not None and not recipe.holds_for(read.analysis.digest):
        if resolved.input_hash != read.analysis.digest:
            if not allow_other_input:
                raise RecipeError(
                    f"{display_name(mix)}: the recipe belongs to another mix; "
                    "add --resolve to fit its settings to this one",
                    code="other_input",
                    path=mix,
                )
            message = "The recipe was made for another mix: levels and loudness were solved anew."
            recipe = replace(recipe, intervals={})
        else:
            message = "The recipe was edited: levels and loudness were solved anew."
            recipe = replace(recipe, kept=still_kept(recipe.kept, recipe.settings))
        notes.append(Finding("resolved_anew", message))
        resolved = None
    elif resolved is not None and recipe.versions != current_versions():
        message = "The recipe was rendered by other versions: the bytes may differ a little."
        notes.append(Finding("other_versions", message))
    basis = f"Settings from the recipe, chosen by {recipe.predictor}."
    recipe = replace(recipe, resolved=resolved, versions=current_versions())
    return produce(read, request, recipe, basis, None, tuple(notes), step)


def read_mix(mix: Path, step: Step) -> Mix:
    """Analyze a mix; errors as of `analyze_file`."""
    identity = file_identity(mix)
    analysis, reader = analyze_file(mix, step)
    return Mix(mix, identity, analysis, reader.info, reader.findings())
