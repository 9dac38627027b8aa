"""A comparison from its files to what is told of it: render, swap, take out, measure."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...data.analysis import analyze
from ...data.audio import ArrayReader, Audio, PartReader, Samples
from ...data.files.reader import open_audio
from ...models.mel import frame_hop_samples
from ..effects import Effects, effects_in
from ..mastering import master, read_mix
from ..producing import Mix
from ..recipe import Recipe
from ..reference import ReferenceMatch, mix_production, place_among
from ..results import MasteringResult
from ..step import Step
from .audibility import Heard, heard_difference
from .comparison import Comparison, Counterfactual, Hybrid, Question, Standing, Standings
from .differences import (
    QuantityDifference,
    StageDifference,
    quantity_differences,
    ranked,
    stage_verdict,
    stages_in_use,
)
from .human import Human, by_hand, recovered
from .patches import FRAMES_PER_PATCH
from .swapping import chain_of, with_stage, without_stage
from .versions import Part, Version, Versions


def compare(question: Question, directory: Path, step: Step) -> Comparison:
    """Compare the model's suggestions with what a human did.

    Args:
        question: What is compared.
        directory: For intermediate audio.
        step: Told the progress.

    Raises:
        GlassmasterError: With the file's name, what is wrong and what to do.

    """
    human = None
    if not is_text(question.human):
        human = recovered(question.mix, question.human, step)
    mastering = _mastered(question, directory, step)
    mix = read_mix(question.mix, step)
    if human is None:
        human = by_hand(
            question.human,
            mix,
            question.request.delivery,
            mastering.delivered.loudness.dual_mono_lufs,
        )
    compared = Part(0, mix.analysis.frames)
    if human.heard is not None:
        compared = Part(human.heard.start, human.heard.samples.shape[1])
    versions = Versions(mix, compared, directory, step)
    model = versions.render(mastering.recipe, compared)
    settings = versions.render(human.recipe, compared, target_lufs=human.target_lufs)
    human = replace(human, recipe=_recipe(settings))
    heard = None if human.heard is None else versions.of_audio(human.heard.samples, compared)
    overall = difference(model, heard or settings)
    listening = _listening(overall, compared, mix.analysis.sample_rate, question.listening_s)
    quantities, model_effects, human_effects = _effects(mix, compared, mastering, human)
    hybrids = {
        stage: _hybrid(versions, stage, model, settings, listening)
        for stage in stages_in_use(_recipe(model), human.recipe)
    }
    stages = [
        StageDifference(
            stage,
            difference(model, each.in_model),
            difference(settings, each.in_human),
            stage_verdict(stage, _recipe(model), human.recipe, quantities),
        )
        for stage, each in hybrids.items()
    ]
    moves = tuple(
        _counterfactual(versions, stage, model, listening)
        for stage, block in mastering.recipe.settings.blocks.items()
        if not block.bypass
    )
    rest = None if heard is None else difference(settings, heard)
    return Comparison(
        mix=mix,
        human=human,
        mastering=mastering,
        compared=compared,
        listening=listening,
        model=_cut(model, listening, compared),
        settings=_cut(settings, listening, compared),
        master=None if heard is None else _cut(heard, listening, compared),
        model_effects=model_effects,
        human_effects=human_effects,
        quantities=quantities,
        stages=ranked(stages),
        hybrids=hybrids,
        counterfactuals=moves,
        overall=overall,
        rest=rest,
        standings=_standings(mix, compared, mastering.match, model, heard or settings),
        mix_audio=_mix_audio(mix, listening),
    )


def difference(one: Version, other: Version) -> Heard:
    """Return what is heard from one version to another, both equally loud."""
    gain_db = 0.0
    if one.integrated_lufs is not None and other.integrated_lufs is not None:
        gain_db = one.integrated_lufs - other.integrated_lufs
    return heard_difference(one.patches, other.patches, gain_db)


def is_text(path: Path) -> bool:
    """Return whether a file holds text: settings, and not audio. A missing file is none."""
    try:
        with path.open("rb") as file:
            beginning = file.read(1024)
    except OSError:  # opening it as audio says what is wrong
        return False
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return bool(beginning) and b"\0" not in beginning and beginning[:4] not in _AUDIO


_AUDIO = (b"fLaC", b"OggS", b"RIFF", b"RIFX", b"FORM", b"caff")


def _mastered(question: Question, directory: Path, step: Step) -> MasteringResult:
    """Master the mix as users do; the file itself is not kept."""
    with tempfile.TemporaryDirectory(dir=directory, prefix=".comparing-") as folder:
        request = replace(question.request, output=Path(folder) / "model.wav")
        return master(
            question.mix,
            request,
            question.predictor,
            amount=1.0,
            step=step,
            notes=question.notes,
            guidance=question.guidance,
        )


def _effects(
    mix: Mix, compared: Part, mastering: MasteringResult, human: Human
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


def _standings(
    mix: Mix, compared: Part, match: ReferenceMatch | None, model: Version, human: Version
) -> Standings | None:
    if match is None:
        return None
    rate = mix.analysis.sample_rate
    readers = [ArrayReader(Audio(each.audio, rate)) for each in (model, human)]
    with open_audio(mix.path) as reader:
        of_mix = analyze(PartReader(reader, compared.start, compared.frames))
    found = []
    for analysis in (of_mix, *map(analyze, readers)):
        own = mix_production(analysis)
        tone = place_among(own.tone_db, match.production.tone_db)
        off_db = float(np.nanmean(np.abs(tone.mix - tone.middle)))
        found.append(Standing(place_among(own.figures, match.production.figures), off_db))
    return Standings(*found)


def _hybrid(
    versions: Versions, stage: str, model: Version, settings: Version, kept: Part
) -> Hybrid:
    """Interchange a stage; the limiter takes the loudness of its master with it."""
    ours, theirs = _recipe(model), _recipe(settings)
    levels = (model.whole_lufs, settings.whole_lufs)
    if stage == "limiter":
        levels = (settings.whole_lufs, model.whole_lufs)
    return Hybrid(
        versions.render(with_stage(ours, stage, theirs), kept, target_lufs=levels[0]),
        versions.render(with_stage(theirs, stage, ours), kept, target_lufs=levels[1]),
    )


def _counterfactual(versions: Versions, stage: str, model: Version, kept: Part) -> Counterfactual:
    if stage == "limiter":  # a recipe cannot do without it
        without = versions.render(_recipe(model), kept, is_limited=False)
    else:
        without = versions.render(without_stage(_recipe(model), stage), kept)
    return Counterfactual(stage, without, difference(without, model))


def _listening(overall: Heard, compared: Part, sample_rate: int, listening_s: float | None) -> Part:
    """Return the part where most of the difference is heard."""
    if listening_s is None or listening_s * sample_rate >= compared.frames:
        return compared
    patch = FRAMES_PER_PATCH * frame_hop_samples(sample_rate)
    frames = round(listening_s * sample_rate)
    moments = max(frames // patch, 1)
    sums = np.convolve(overall.moments, np.ones(min(moments, len(overall.moments))), "valid")
    first = int(np.argmax(sums)) * patch
    return Part(compared.start + min(first, compared.frames - frames), frames)


def _cut(version: Version, part: Part, kept: Part) -> Version:
    inner = part.within(kept)
    return replace(version, audio=version.audio[:, inner.start : inner.end])


def _mix_audio(mix: Mix, part: Part) -> Samples:
    with open_audio(mix.path) as reader:
        return PartReader(reader, part.start, part.frames).read(part.frames)


def _recipe(version: Version) -> Recipe:
    if version.recipe is None:
        raise ValueError("a master that somebody else made has no recipe")
    return version.recipe
