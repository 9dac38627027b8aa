"""Whether a comparison puts the truly largest audible difference first.

    python benchmarks/comparing.py CACHE EXCERPTS [--songs N] [--seconds S] [--json FILE]

Songs of the validation split are mastered by known settings, and the masters, as 24-bit files, are
compared with the model's. Two kinds of truth:

``settings``: settings of the frozen prior `style_v1`; the truth is the ranking by the true settings
in place of recovered ones, so that recovery and intervals are judged, and not the measure.

``built``: the model's own settings, of which one stage is changed by much and the others by little;
which one it is is known without any measure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import soundfile

from glassmaster.data.audio import Samples
from glassmaster.data.corpus.splits import shipped_splits
from glassmaster.inference.comparing.comparing import compare
from glassmaster.inference.comparing.comparison import Comparison, Question
from glassmaster.inference.guidance import NO_GUIDANCE
from glassmaster.inference.learned.loading import choose_predictor
from glassmaster.inference.mastering import master, read_mix, render
from glassmaster.inference.recipe import Delivery, Recipe, current_versions, save_recipe
from glassmaster.inference.results import Request
from glassmaster.models.settings import ChainSettings, specification
from glassmaster.training.benchmark.audio_source import ExcerptSource
from glassmaster.training.benchmark.suites.making import make_task
from glassmaster.training.benchmark.suites.planning import plan_suite
from glassmaster.training.benchmark.tasks import Song, Task

STAGES = ("equalizer", "multiband_compressor", "imager", "limiter")
KINDS = dict(zip(STAGES, ("tone", "dynamics", "width", "limiting"), strict=True))
LITTLE, MUCH = 0.1, 1.0
FULL: dict[str, dict[str, float]] = {
    "equalizer": {"low_shelf_gain_db": 4.0, "high_mid_gain_db": -3.0, "high_shelf_gain_db": 4.0},
    "multiband_compressor": {
        f"{band}_threshold_db": -12.0 for band in ("low", "low_mid", "high_mid", "high")
    },
    "imager": {"middle_width": -0.7, "high_width": -0.7},
}
"""What changing a stage by much adds to the model's values, within ranges."""

FULL_RATIO = 2.0
FULL_LU = 5.0


@dataclass(frozen=True, slots=True)
class Row:
    """One pair.

    Attributes:
        song: Identity.
        kind: ``settings`` or ``built``.
        truth: The difference that is truly the most audible.
        found: What the comparison puts first.
        sizes_db: Of each difference, as found.
        true_sizes_db: By the true settings; empty for ``built``.
        wall_s: Of the comparison.

    """

    song: str
    kind: str
    truth: str
    found: str
    sizes_db: dict[str, float]
    true_sizes_db: dict[str, float]
    wall_s: float


def main() -> None:
    arguments = _arguments()
    source = ExcerptSource(arguments.cache, (), arguments.excerpts)
    tracks = shipped_splits()["validation"]
    songs = [Song(t.identity, t.package, t.component, t.artist, t.is_target) for t in tracks]
    rows: list[Row] = []
    for number, plan in enumerate(plan_suite("SYN", songs)[: arguments.songs]):
        task = make_task(plan, source)
        mix = task.mix[:, : round(arguments.seconds * task.sample_rate)]
        with tempfile.TemporaryDirectory() as folder:
            for row in (
                by_settings(task, mix, Path(folder)),
                built(task, mix, Path(folder), STAGES[number % len(STAGES)]),
            ):
                rows.append(row)
                print(
                    f"{row.song[-36:]:36s} {row.kind:8s} {row.truth:20s} found {row.found:20s} "
                    f"{'' if row.truth == row.found else 'MISSED '}{row.wall_s:.0f} s",
                    flush=True,
                )
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    for kind in ("settings", "built"):
        mine = [row for row in rows if row.kind == kind]
        hits = sum(row.truth == row.found for row in mine)
        print(f"{kind}: the largest first in {hits} of {len(mine)}")


def by_settings(task: Task, mix: Samples, folder: Path) -> Row:
    """Compare with a master by settings of the prior."""
    if task.truth.settings is None:
        raise SystemExit(f"{task.plan.key} has no settings")
    mastered, recipe = _mastered(task, mix, task.truth.settings, task.target_lufs, folder / "a")
    begun_s = time.monotonic()
    found = _compared(folder / "a" / "mix.wav", mastered, folder)
    wall_s = time.monotonic() - begun_s
    true = _compared(folder / "a" / "mix.wav", recipe, folder)
    return Row(
        task.plan.identity,
        "settings",
        str(true.differences[0].kind),
        str(found.differences[0].kind),
        _sizes(found),
        _sizes(true),
        wall_s,
    )


def built(task: Task, mix: Samples, folder: Path, stage: str) -> Row:
    """Compare with a master by the model's settings, one stage changed by much."""
    place = folder / "b"
    place.mkdir()
    path = place / "mix.wav"
    soundfile.write(path, mix.T, task.sample_rate, subtype="FLOAT")
    analysis = read_mix(path, _quiet).analysis
    settings = choose_predictor(None)[0].predict(analysis).settings
    for other in STAGES[:-1]:
        settings = _changed(settings, other, MUCH if other == stage else LITTLE)
    model = _compared_model_lufs(path, folder)
    target_lufs = model + FULL_LU * (MUCH if stage == "limiter" else LITTLE)
    mastered, _ = _mastered(task, mix, settings, target_lufs, folder / "c")
    begun_s = time.monotonic()
    found = _compared(path, mastered, folder)
    wall_s = time.monotonic() - begun_s
    return Row(
        task.plan.identity,
        "built",
        KINDS[stage],
        str(found.differences[0].kind),
        _sizes(found),
        {},
        wall_s,
    )


def _changed(settings: ChainSettings, stage: str, share: float) -> ChainSettings:
    block = settings[stage]
    values = {key: float(value) for key, value in block.values.items()}
    for key, change in FULL[stage].items():
        spec = specification(stage, key)
        values[key] = min(max(values[key] + share * change, spec.low), spec.high)
    if stage == "multiband_compressor":
        for band in ("low", "low_mid", "high_mid", "high"):
            key = f"{band}_ratio"
            values[key] = max(values[key], 1.0 + share * (FULL_RATIO - 1.0))
    return settings.with_block(stage, values)


def _mastered(
    task: Task, mix: Samples, settings: ChainSettings, target_lufs: float, folder: Path
) -> tuple[Path, Path]:
    """Render a mix by settings; return master and recipe as files."""
    folder.mkdir()
    path, master, saved = (folder / name for name in ("mix.wav", "master.wav", "recipe.yaml"))
    soundfile.write(path, mix.T, task.sample_rate, subtype="FLOAT")
    delivery = Delivery("default", "wav", "24", task.sample_rate, round(target_lufs, 2))
    limiter = {**settings["limiter"].values, "ceiling_dbtp": -1.0}
    recipe = Recipe(
        settings.with_block("limiter", limiter), delivery, None, "hand", current_versions()
    )
    request = Request(output=master, delivery=delivery, nearest=True)
    result = render(path, request, recipe, allow_other_input=False, step=_quiet)
    save_recipe(result.recipe, saved, force=False)
    return master, saved


def _compared(mix: Path, human: Path, folder: Path) -> Comparison:
    rate = soundfile.info(mix).samplerate
    predictor, notes = choose_predictor(None)
    request = Request(mix, Delivery("default", "wav", "24", rate), nearest=True)
    question = Question(mix, human, request, predictor, NO_GUIDANCE, notes, listening_s=5.0)
    return compare(question, folder, _quiet)


def _compared_model_lufs(mix: Path, folder: Path) -> float:
    """Return how loud the model's master of a mix is."""
    rate = soundfile.info(mix).samplerate
    predictor, _ = choose_predictor(None)
    request = Request(folder / "loud.wav", Delivery("default", "wav", "24", rate), nearest=True)
    result = master(mix, replace(request, force=True), predictor, step=_quiet)
    lufs = result.delivered.loudness.dual_mono_lufs
    if lufs is None:
        raise SystemExit(f"{mix} has no loudness")
    return lufs


def _sizes(comparison: Comparison) -> dict[str, float]:
    return {str(each.kind): each.size_db for each in comparison.differences}


def _quiet(_: str, __: float) -> None:
    """Say nothing of the progress."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("excerpts", type=Path)
    parser.add_argument("--songs", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
