import ast
import re
from pathlib import Path

import numpy as np
import pytest

from glassmaster.training.benchmark.configuration import configuration_text
from glassmaster.training.benchmark.generators.expansion import band_gains
from glassmaster.training.benchmark.generators.family import deg_v1

ROOT = Path(__file__).parents[3]
BENCHMARK = sorted((ROOT / "training" / "benchmark").rglob("*.py"))
DEGRADATION = sorted((ROOT / "training" / "degradation").rglob("*.py"))
LEARNING = sorted((ROOT / "training" / "learning").rglob("*.py"))
LIBRARIES = (
    *("models", "data", "inference", "training.benchmark"),
    *("__future__", "collections", "dataclasses", "functools", "math", "pathlib", "typing", "io"),
    *("numpy", "scipy", "soundfile"),
)


def _imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, by their path from the root."""
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


def _tables(path: Path) -> list[tuple[float, ...]]:
    """Return every literal sequence of four numbers or more in a file."""
    tables = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Tuple | ast.List):
            values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
            if len(values) == len(node.elts) >= 4 and all(
                isinstance(value, int | float) for value in values
            ):
                tables.append(tuple(float(value) for value in values))  # type: ignore[arg-type]
    return tables


def test_the_benchmark_imports_nothing_that_learns() -> None:
    generators = [path for path in BENCHMARK if {"generators", "suites"} & set(path.parts)]
    assert len(generators) > 8
    for path in generators:
        for name in _imports(path):
            inside = name.startswith(LIBRARIES)
            assert inside, f"{path.name} imports {name}"


@pytest.mark.skipif(not DEGRADATION, reason="no degradations of training are here")
def test_training_degrades_by_code_of_its_own() -> None:
    for path in DEGRADATION:
        for name in _imports(path):
            assert not name.startswith("training.benchmark"), f"{path.name} imports {name}"
    for path in LEARNING:
        for name in _imports(path):
            assert not name.startswith("training.benchmark.generators"), f"{path.name}: {name}"
    text = "".join(path.read_text("utf-8") for path in DEGRADATION)
    for word in ("deg_v1", "CubicSpline", "PchipInterpolator", "configs/benchmark"):
        assert word not in text


@pytest.mark.skipif(not DEGRADATION, reason="no degradations of training are here")
def test_node_positions_and_interpolation_differ() -> None:
    nodes = deg_v1().nodes_hz
    for path in DEGRADATION:
        for table in _tables(path):
            same = len(table) == len(nodes) and np.allclose(table, nodes, rtol=0.05)
            assert not same, f"{path.name} has the benchmark's nodes"
        names = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not names & {"geomspace", "CubicSpline", "make_interp_spline", "splrep"}


@pytest.mark.skipif(not DEGRADATION, reason="no degradations of training are here")
def test_band_splits_and_the_law_of_expansion_differ() -> None:
    corners = set(deg_v1().expansion.corners_hz)
    for path in DEGRADATION:
        numbers = {
            float(node.value)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        }
        assert not numbers & corners, f"{path.name} splits where the benchmark does"
    text = "".join(path.read_text("utf-8") for path in DEGRADATION)
    assert "tanh" in text  # training bends where the benchmark cuts off
    assert not re.search(r"np\.sin\(|torch\.sin\(", text)  # and its bands meet in another curve
    hz = np.array((200.0, 2400.0))
    assert np.allclose(band_gains(hz, deg_v1().expansion)[:2].diagonal(), 0.5)
    assert "most_db: 8.0" in configuration_text("deg_v1")
