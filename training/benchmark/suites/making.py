"""Making the audio of a task from its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ....data.audio import Audio, Samples
from ....data.files.reader import open_audio
from ....inference.baseline.predictor import BaselinePredictor
from ....models.errors import CatalogueError, ParameterError
from ..delivery import DeliveredAudio, analysis_of, deliver_audio
from ..excerpts import excerpt
from ..generators.degradation import degrade, draw
from ..generators.mixfault import faulty_mix, mixfault_v1
from ..generators.out_of_class import master_out_of_class
from ..generators.perturbation import perturb
from ..generators.style import Style, draw_style
from ..metrics.level import loudness_lufs
from ..metrics.response import settings_response_db
from ..tasks import RATE_HZ, AudioSource, Plan, Reference, Task, Truth

Maker = Callable[[Plan, AudioSource], Task]

_MOST_APART_S = 0.1
"""Two files of a pair may differ so much in length; they begin together."""


def make_task(plan: Plan, source: AudioSource) -> Task:
    """Make mix, target and references of a plan; equal plans give equal audio.

    Args:
        plan: See `glassmaster.training.benchmark.suites.planning`.
        source: Gives songs of the corpus.

    Raises:
        ParameterError: There is no such suite.
        UnsupportedAudioError: The song is silent, or its loudness undefined.
        CatalogueError: A pair of files does not belong together.

    """
    if plan.suite not in _MAKERS:
        raise ParameterError(
            f"there is no suite {plan.suite!r}; choose from {', '.join(_MAKERS)}",
            code="unknown_suite",
        )
    return _MAKERS[plan.suite](plan, source)


def task_again(task: Task, delivered: DeliveredAudio) -> Task:
    """Return the task of mastering one's own output again: it should stay as it is.

    Args:
        task: What was mastered.
        delivered: What came of it.

    """
    lufs = loudness_lufs(delivered.samples, delivered.sample_rate)
    plan = replace(task.plan, suite=f"{task.plan.suite}-AGAIN", references=())
    own = delivered.samples
    return Task(plan, own, own, delivered.sample_rate, lufs, (), Truth())


def _degraded(plan: Plan, source: AudioSource) -> Task:
    release = _song(plan.identity, source)
    degradation = draw(plan.seed, plan.identity)
    mix = degrade(release, RATE_HZ, degradation)
    truth = Truth(degradation=degradation, response_db=tuple(degradation.correction_db.tolist()))
    references = tuple(Reference(name, _song(name, source)) for name in plan.references)
    return _task(plan, mix, release, truth, references)


def _styled(plan: Plan, source: AudioSource) -> Task:
    style = draw_style(plan.seed, plan.identity)
    mix = _song(plan.identity, source)
    references = tuple(
        Reference(name, _mastered(_song(name, source), style).samples) for name in plan.references
    )
    master = _mastered(mix, style)
    return _task(plan, mix, master.samples, _truth(style, master), references)


def _archived(plan: Plan, source: AudioSource) -> Task:
    style = draw_style(plan.seed, plan.identity)
    mix = _song(plan.identity, source)
    master = _mastered(mix, style)
    target = perturb(master.samples, RATE_HZ, plan.seed, plan.identity)
    return _task(plan, mix, target, _truth(style, master), ())


def _out_of_class(plan: Plan, source: AudioSource) -> Task:
    mix = _song(plan.identity, source)
    made, target_lufs = master_out_of_class(mix, RATE_HZ, plan.seed, plan.identity)
    target = deliver_audio(made, RATE_HZ, target_lufs).samples
    return _task(plan, mix, target, Truth(), ())


def _faulty(plan: Plan, source: AudioSource) -> Task:
    del source  # these songs are generated
    made = faulty_mix(plan.seed, int(plan.identity.rpartition("-")[2]), RATE_HZ)
    analysis = analysis_of(made.intended, RATE_HZ)
    settings = BaselinePredictor().predict(analysis).settings
    target = deliver_audio(
        made.intended,
        RATE_HZ,
        mixfault_v1().target_lufs,
        settings=settings,
        analysis=analysis,
    ).samples
    return _task(plan, made.mix, target, Truth(), ())


def _finished(plan: Plan, source: AudioSource) -> Task:
    release = _song(plan.identity, source)
    return _task(plan, release, release, Truth(response_db=(0.0,) * 27), ())


def _real(plan: Plan, source: AudioSource) -> Task:
    del source  # the file lies in a folder that was given
    mix = excerpt(_read(plan.paths[0]), RATE_HZ)
    target_lufs = deliver_audio(mix, RATE_HZ, None).limiting.output_lufs
    return Task(plan, mix, None, RATE_HZ, target_lufs, (), Truth(), asks_loudness=False)


def _pair(plan: Plan, source: AudioSource) -> Task:
    del source  # the files lie in folders that were given
    mix, master = (_read(path) for path in plan.paths)
    lengths_s = [audio.samples.shape[1] / audio.sample_rate for audio in (mix, master)]
    if abs(lengths_s[0] - lengths_s[1]) > _MOST_APART_S:
        raise CatalogueError(
            f"{plan.identity}: the mix lasts {lengths_s[0]:.2f} s and the master "
            f"{lengths_s[1]:.2f} s; give pairs that are aligned to the sample",
            code="not_a_pair",
        )
    pair = [excerpt(_beginning(audio, min(lengths_s)), RATE_HZ) for audio in (mix, master)]
    frames = min(part.shape[1] for part in pair)
    return _task(plan, pair[0][:, :frames], pair[1][:, :frames], Truth(), ())


def _task(
    plan: Plan, mix: Samples, target: Samples, truth: Truth, references: tuple[Reference, ...]
) -> Task:
    target_lufs = loudness_lufs(target, RATE_HZ)
    return Task(plan, mix, target, RATE_HZ, target_lufs, references, truth)


def _song(identity: str, source: AudioSource) -> Samples:
    return excerpt(source(identity), RATE_HZ)


def _mastered(mix: Samples, style: Style) -> DeliveredAudio:
    return deliver_audio(mix, RATE_HZ, style.target_lufs, settings=style.settings)


def _truth(style: Style, master: DeliveredAudio) -> Truth:
    response_db = tuple(settings_response_db(style.settings, RATE_HZ).tolist())
    return Truth(settings=style.settings, response_db=response_db, master=master)


def _read(path: Path) -> Audio:
    with open_audio(path) as reader:
        return Audio(reader.read(reader.frames), reader.sample_rate)


def _beginning(audio: Audio, duration_s: float) -> Audio:
    frames = round(duration_s * audio.sample_rate)
    return Audio(audio.samples[:, :frames], audio.sample_rate)


_MAKERS: dict[str, Maker] = {
    "SYN": _styled,
    "SYN-CODEC": _archived,
    "SYN-OUT": _out_of_class,
    "STYLE-X": _styled,
    "STYLE-X3": _styled,
    "DEG": _degraded,
    "DEG-A": _degraded,
    "DEG-X": _degraded,
    "MIXFAULT": _faulty,
    "IDEMPOTENT": _finished,
    "REALMIX": _real,
    "PAIR": _pair,
}
