"""Both masters of one mix, rendered and measured beside each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ...data.audio import PartReader
from ...data.files.reader import open_audio
from ...data.findings import Finding
from ..delivering import TOLERANCE_LU
from ..effects import Effects, effects_in
from ..results import MasteringResult
from ..step import Step
from .audibility import Heard, heard_difference
from .differences import Difference, Kind, QuantityDifference, quantity_differences, verdict_of
from .human import Human
from .imitating import gains_of, heard_effect
from .patches import moments_s
from .swapping import chain_of
from .versions import AnalyzedMix, Part, Version, Versions


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """The model's master beside the human's.

    Attributes:
        versions: Renders more of them.
        compared: Part of the mix that both masters have.
        human: What the human did; its recipe has the drive that was solved.
        model: The model's master.
        settings: What the human's settings make.
        master: The human's master itself, where there is one.
        model_effects: What the model's settings do.
        human_effects: What the human's settings do.
        quantities: Differences of effective quantities.
        differences: By ear, of tone, dynamics, width and limiting.
        overall: What is heard from the model's master to the human's.
        rest: From what the recovered settings make to the human's master; None without one.

    """

    versions: Versions
    compared: Part
    human: Human
    model: Version
    settings: Version
    master: Version | None
    model_effects: Effects
    human_effects: Effects
    quantities: tuple[QuantityDifference, ...]
    differences: tuple[Difference, ...]
    overall: Heard
    rest: Heard | None

    @property
    def heard(self) -> Version:
        """The human's side as it is heard: the master, or else what the settings make."""
        return self.settings if self.master is None else self.master


def meet(
    mix: AnalyzedMix, human: Human, mastering: MasteringResult, directory: Path, step: Step
) -> Meeting:
    """Render both masters and measure what both do.

    Args:
        mix: Of both.
        human: What the human did.
        mastering: The model's master.
        directory: For intermediate audio.
        step: Told the progress.

    Raises:
        OutputError: Intermediate audio cannot be written.

    """
    compared = Part(0, mix.analysis.frames)
    if human.heard is not None:
        compared = Part(human.heard.start, human.heard.samples.shape[1])
    versions = Versions(mix, compared, directory, step)
    model = versions.render(mastering.recipe, compared)
    settings = versions.render(human.recipe, compared, target_lufs=human.target_lufs)
    human = _as_loud_as_it_gets(replace(human, recipe=settings.own_recipe), settings)
    master = None if human.heard is None else versions.of_audio(human.heard.samples, compared)
    quantities, model_effects, human_effects = _effects(mix, compared, mastering, human)
    rest = None if master is None else difference(settings, master)
    return Meeting(
        versions=versions,
        compared=compared,
        human=human,
        model=model,
        settings=settings,
        master=master,
        model_effects=model_effects,
        human_effects=human_effects,
        quantities=quantities,
        differences=_differences(
            mix, model, settings, model_effects, human_effects, quantities, rest
        ),
        overall=difference(model, master or settings),
        rest=rest,
    )


def _as_loud_as_it_gets(human: Human, settings: Version) -> Human:
    """Say so where the loudness that settings ask for is out of reach."""
    asked_lufs, reached_lufs = human.target_lufs, settings.whole_lufs
    if asked_lufs is None or reached_lufs is None or abs(asked_lufs - reached_lufs) <= TOLERANCE_LU:
        return human
    message = (
        f"The human's settings ask for {asked_lufs:.1f} LUFS; {reached_lufs:.1f} LUFS is what was "
        "reached before the limiter was driven far beyond what is safe."
    )
    return replace(human, findings=(*human.findings, Finding("loudness_out_of_reach", message)))


def difference(one: Version, other: Version) -> Heard:
    """Return what is heard from one version to another, both equally loud."""
    gain_db = 0.0
    if one.integrated_lufs is not None and other.integrated_lufs is not None:
        gain_db = one.integrated_lufs - other.integrated_lufs
    return heard_difference(one.patches, other.patches, gain_db)


def _effects(
    mix: AnalyzedMix, compared: Part, mastering: MasteringResult, human: Human
) -> tuple[tuple[QuantityDifference, ...], Effects, Effects]:
    both = []
    for recipe in (mastering.recipe, human.recipe):
        with open_audio(mix.path) as reader:
            both.append(
                effects_in(chain_of(recipe), PartReader(reader, compared.start, compared.frames))
            )
    model, other = both
    rows = quantity_differences(
        model.quantities.tolist(),
        other.quantities.tolist(),
        human.intervals,
        mastering.recipe.intervals,
        is_recovered=human.is_recovered,
    )
    return rows, model, other


def _differences(
    mix: AnalyzedMix,
    model: Version,
    settings: Version,
    model_effects: Effects,
    human_effects: Effects,
    quantities: tuple[QuantityDifference, ...],
    rest: Heard | None,
) -> tuple[Difference, ...]:
    """Lay each effect of one on the other."""
    middles_s = moments_s(model.patches.power.shape[2], mix.analysis.sample_rate)
    has_side = mix.analysis.channels == 2
    recipes = (model.own_recipe, settings.own_recipe)
    ours, theirs = (
        gains_of(chain_of(recipe), effects, middles_s)
        for recipe, effects in zip(recipes, (model_effects, human_effects), strict=True)
    )
    kinds = (Kind.TONE, Kind.DYNAMICS, *((Kind.WIDTH,) if has_side else ()), Kind.LIMITING)
    found = []
    for kind in kinds:
        sizes = (
            heard_effect(model.patches, kind, ours, theirs),
            heard_effect(settings.patches, kind, theirs, ours),
        )
        found.append(Difference(kind, *sizes, verdict_of(kind, sizes, quantities, rest)))
    return tuple(found)
