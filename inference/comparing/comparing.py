"""A comparison from its files to what is told of it: render, swap, take out, measure."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...data.analysis import analyze
from ...data.audio import ArrayReader, Audio, PartReader, Samples
from ...data.files.partial import output_error
from ...data.files.reader import open_audio
from ...models.mel import frame_hop_samples
from ...models.rates import NYQUIST_MARGIN
from ...models.spectrum import THIRD_CENTERS_HZ
from ..mastering import master
from ..reference import ReferenceMatch, mix_production, place_among
from ..results import MasteringResult
from ..step import Step
from .audibility import Heard
from .comparison import Comparison, Counterfactual, Hybrid, Question, Standing, Standings
from .differences import Difference, Kind, ranked, stages_in_use, verdict_of
from .human import by_hand, recovered
from .meeting import difference, meet
from .patches import FRAMES_PER_PATCH
from .swapping import with_stage, without_stage
from .versions import AnalyzedMix, Part, Version, Versions


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
    mastering = mastered(question, directory, step)
    mix = AnalyzedMix(mastering.source, mastering.before)
    if human is None:
        human = by_hand(
            question.human,
            mix,
            question.request.delivery,
            mastering.delivered.loudness.dual_mono_lufs,
        )
    met = meet(mix, human, mastering, directory, step)
    model, settings, human = met.model, met.settings, met.human
    rate = mix.analysis.sample_rate
    listening = _listening(met.overall, met.compared, rate, question.listening_s)
    hybrids = {
        stage: _hybrid(met.versions, stage, model, settings, listening)
        for stage in stages_in_use(model.own_recipe, human.recipe)
    }
    others = []
    for kind in (Kind.DEESSING, Kind.SATURATION):
        if kind.stage in hybrids:
            each = hybrids[kind.stage]
            sizes = (each.heard_in_model, each.heard_in_human)
            verdict = verdict_of(kind, sizes, met.quantities, met.rest)
            others.append(Difference(kind, *sizes, verdict))
    moves = tuple(
        _counterfactual(met.versions, stage, model, listening)
        for stage, block in mastering.recipe.settings.blocks.items()
        if not block.bypass
    )
    master = met.master
    return Comparison(
        mix=mix,
        mastering=mastering,
        met=replace(
            met,
            model=_cut(model, listening, met.compared),
            settings=_cut(settings, listening, met.compared),
            master=None if master is None else _cut(master, listening, met.compared),
        ),
        listening=listening,
        differences=ranked([*met.differences, *others]),
        hybrids=hybrids,
        counterfactuals=moves,
        standings=_standings(mix, met.compared, mastering.match, model, met.heard),
        mix_audio=_mix_audio(mix, listening),
    )


def mastered(question: Question, directory: Path, step: Step) -> MasteringResult:
    """Master the mix as users do; the file itself is not kept.

    Args:
        question: What is asked of the model.
        directory: For intermediate audio.
        step: Told the progress.

    Raises:
        GlassmasterError: With the file's name, what is wrong and what to do.

    """
    with _folder_in(directory) as folder:
        request = replace(question.request, output=Path(folder) / "model.wav")
        return master(
            question.mix,
            request,
            question.predictor,
            step=step,
            notes=question.notes,
            guidance=question.guidance,
        )


@contextlib.contextmanager
def _folder_in(directory: Path) -> Iterator[str]:
    """Make a folder for what is not kept."""
    try:
        folder = tempfile.TemporaryDirectory(dir=directory, prefix=".comparing-")
    except OSError as error:
        problem = "intermediate audio (see --temp-dir) cannot be written"
        raise output_error(directory, error, problem) from error
    with folder as name:
        yield name


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


def _standings(
    mix: AnalyzedMix, compared: Part, match: ReferenceMatch | None, model: Version, human: Version
) -> Standings | None:
    if match is None:
        return None
    rate = mix.analysis.sample_rate
    readers = [ArrayReader(Audio(each.audio, rate)) for each in (model, human)]
    of_mix = mix.analysis
    if compared.frames < of_mix.frames:
        with open_audio(mix.path) as reader:
            of_mix = analyze(PartReader(reader, compared.start, compared.frames))
    found = []
    for analysis in (of_mix, *map(analyze, readers)):
        own = mix_production(analysis)
        tone = place_among(own.tone_db, match.production.tone_db)
        held = NYQUIST_MARGIN * rate >= THIRD_CENTERS_HZ
        off_db = float(np.nanmean(np.abs(tone.mix - tone.middle)[held]))
        found.append(Standing(place_among(own.figures, match.production.figures), off_db))
    return Standings(*found)


def _hybrid(
    versions: Versions, stage: str, model: Version, settings: Version, kept: Part
) -> Hybrid:
    """Interchange a stage; the limiter takes the loudness of its master with it."""
    ours, theirs = model.own_recipe, settings.own_recipe
    levels = (model.whole_lufs, settings.whole_lufs)
    if stage == "limiter":
        levels = (settings.whole_lufs, model.whole_lufs)
    in_model = versions.render(with_stage(ours, stage, theirs), kept, target_lufs=levels[0])
    in_human = versions.render(with_stage(theirs, stage, ours), kept, target_lufs=levels[1])
    return Hybrid(in_model, in_human, difference(model, in_model), difference(settings, in_human))


def _counterfactual(versions: Versions, stage: str, model: Version, kept: Part) -> Counterfactual:
    if stage == "limiter":  # a recipe cannot do without it
        without = versions.render(model.own_recipe, kept, is_limited=False)
    else:
        without = versions.render(without_stage(model.own_recipe, stage), kept)
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


def _mix_audio(mix: AnalyzedMix, part: Part) -> Samples:
    with open_audio(mix.path) as reader:
        return PartReader(reader, part.start, part.frames).read(part.frames)
