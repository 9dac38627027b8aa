from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from glassmaster.models.differentiable.frames import SpectralFrames
from glassmaster.training.benchmark.generators.degradation import draw
from glassmaster.training.benchmark.generators.expansion import band_gains
from glassmaster.training.benchmark.generators.family import deg_v1
from glassmaster.training.degradation.applying import batch_degradations, degrade_frames
from glassmaster.training.degradation.drawing import MEL_HZ, draw_degradation
from glassmaster.training.degradation.prior import DegradationPrior
from glassmaster.training.randomness import generator

ROOT = Path(__file__).parents[3]
BENCHMARK = sorted((ROOT / "training" / "benchmark").rglob("*.py"))
DEGRADATION = sorted((ROOT / "training" / "degradation").rglob("*.py"))
LEARNING = sorted((ROOT / "training" / "learning").rglob("*.py"))
LIBRARIES = (
    *("models", "data", "inference", "training.benchmark", "training.frozen"),
    *("__future__", "collections", "dataclasses", "functools", "math", "pathlib", "typing", "io"),
    *("numpy", "scipy", "soundfile"),
)


def _imports(path: Path) -> set[str]:
    folder = path.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".") if node.module else []
            if node.level:
                parts = [*folder[: len(folder) - node.level + 1], *parts]
            elif parts[:1] == ["glassmaster"]:
                parts = parts[1:]
            else:
                continue
            found.add(".".join(parts))
            found |= {".".join((*parts, alias.name)) for alias in node.names}
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            found |= {name.removeprefix("glassmaster.") for name in names}
    return found


def test_the_benchmark_imports_nothing_that_learns() -> None:
    generators = [path for path in BENCHMARK if {"generators", "suites"} & set(path.parts)]
    assert len(generators) > 8
    for path in generators:
        for name in _imports(path):
            inside = name.startswith(LIBRARIES)
            assert inside, f"{path.name} imports {name}"


def test_training_degrades_by_code_of_its_own() -> None:
    assert DEGRADATION
    for path in DEGRADATION:
        for name in _imports(path):
            assert not name.startswith("training.benchmark"), f"{path.name} imports {name}"
    for path in LEARNING:
        for name in _imports(path):
            assert not name.startswith("training.benchmark.generators"), f"{path.name}: {name}"


def _shares_outside(curves: np.ndarray, basis: np.ndarray) -> np.ndarray:
    made = basis @ np.linalg.lstsq(basis, curves.T, rcond=None)[0]
    rest = np.square(curves.T - made).sum(axis=0)
    return np.asarray(rest / np.square(curves).sum(axis=1))


def test_responses_of_training_are_none_that_the_benchmark_can_draw() -> None:
    basis = np.column_stack((deg_v1().response_basis(MEL_HZ), np.ones_like(MEL_HZ)))
    prior = DegradationPrior(none_share=0.0, biased_share=0.0)
    drawn = np.array(
        [draw_degradation(generator(3, index), prior).response_db for index in range(200)]
    )
    tested = np.array([draw(3, f"p/{index}").response_db(MEL_HZ) for index in range(20)])
    assert _shares_outside(tested, basis).max() < 1e-20
    assert _shares_outside(drawn, basis).min() > 1e-10  # near, as all smooth curves are


def test_bands_of_training_are_none_of_the_benchmarks() -> None:
    tested = band_gains(MEL_HZ, deg_v1().expansion)
    prior = DegradationPrior()
    for index in range(200):
        shares = draw_degradation(generator(5, index), prior).shares
        used = shares[shares.any(axis=1)]
        apart = np.abs(used[:, None] - tested[None]).max(axis=2)
        assert apart.min() > 0.02, f"draw {index} splits where the benchmark does"


def test_the_law_of_expansion_is_another() -> None:
    reach_db, exponent = 8.0, 0.5
    levels_db = np.array((-6.0, 6.0))
    frames = np.repeat(10.0 ** (levels_db / 10.0), 200)[None, None, :]
    mid = torch.as_tensor(np.tile(frames, (1, len(MEL_HZ), 1)), dtype=torch.float32)
    batch = batch_degradations(
        [
            replace(
                draw_degradation(generator(7, 0), DegradationPrior(none_share=1.0, biased_share=0)),
                exponents=np.full(4, exponent),
                shares=np.vstack((np.ones(len(MEL_HZ)), np.zeros((3, len(MEL_HZ))))),
                slowness=0.0,
                reach_db=reach_db,
                floor_db=-200.0,
            )
        ]
    )
    peak = torch.ones(1, 4 * mid.shape[-1])
    after = degrade_frames(SpectralFrames(mid, 1e-6 * mid, peak), batch).mid
    gained_db = 10.0 * torch.log10(after / mid)[0, 0].numpy()
    swing_db = gained_db.max() - gained_db.min()
    cut_off_db = exponent * float(np.ptp(levels_db))  # the benchmark's, within its 8 dB
    assert 0.5 * cut_off_db < swing_db < 0.99 * cut_off_db
