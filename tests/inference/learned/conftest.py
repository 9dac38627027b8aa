from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.synthetic import compose
from glassmaster.inference.corpora import shipped_corpus
from glassmaster.inference.learned.signature import signature
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, NEUTRAL, QUANTITIES, SLOPE, WIDTH
from glassmaster.training.learning.styles import StylePrior
from glassmaster.training.linear.shown import learn_shown

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
KNOBS = D - SLOPE.start
NORMS = ("norm", "blocks.0.norm")

Arrays = dict[str, np.ndarray[Any, Any]]
Write = Callable[..., Path]


def moves_of(**changes: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    moves = NEUTRAL.copy()
    for name, value in changes.items():
        chosen = [i for i, move in enumerate(MOVES) if move.startswith(name)]
        assert chosen, name
        moves[chosen] = value
    return moves


def linear_arrays(scale: float = 0.02) -> Arrays:
    rng = np.random.default_rng(5)
    return {
        "mean": rng.normal(0.0, 1.0, F),
        "scale": rng.uniform(5.0, 9.0, F),
        "weights": scale * rng.normal(0.0, 1.0, (D, F)),
        "bias": NEUTRAL.copy(),
        "quantity_weights": scale * rng.normal(0.0, 1.0, (Q, F)),
        "quantity_bias": np.zeros(Q),
        "quantity_sigma": np.full(Q, 1.0),
        "calibration.interval_scale": np.full(Q, 1.7),
        "calibration.prior_width": np.full(Q, 8.0),
    }


def network_arrays(moves: Any, bypass: Any, width: int = 4, seen: int = 3) -> Arrays:
    """Return a network that says the same of every mix."""
    shapes = {
        "reduction": (seen, F),
        "linear_weight": (D, F),
        "referred_weight": (D, 2 * F),
        "studio.weight": (2, 8),
        "intended.weight": (D, 8),
        "references.null": (1, 1, width),
    }
    matrices = {
        "condition.0": (5, 16),
        "embed": (width, seen),
        "references.embed.0": (width, 2 * seen),
        **{f"references.{name}": (width, width) for name in ("query", "key", "value", "out")},
        "blocks.0.inside": (width, width),
        "blocks.0.film": (2 * width, 5),
        "blocks.0.out": (width, width),
        "moves": (D, width),
        "reductions": (Q - WIDTH.stop, width),
        "log_sigma": (Q, width),
        "factor": (Q, width),
        "bypass": (3, width),
    }
    shapes |= {f"{name}.weight": shape for name, shape in matrices.items()}
    shapes |= {f"{name}.bias": shape[:1] for name, shape in matrices.items()}
    shapes |= {f"{name}.{part}": (width,) for name in NORMS for part in ("weight", "bias")}
    arrays: Arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    arrays |= {"mean": np.zeros(F), "scale": np.ones(F), "move_scale": np.ones(D)}
    arrays |= {"linear_bias": np.asarray(moves), "referred_bias": np.asarray(moves)}
    arrays["referred_weight"][0, F] = 1.0
    arrays["bypass.bias"] = np.asarray(bypass)
    return arrays


@pytest.fixture
def write_weights(tmp_path: Path) -> Write:
    def write(
        name: str = "model",
        *,
        arrays: Arrays | None = None,
        metadata: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> Path:
        whole = {**linear_arrays(), **(arrays or {}), **changes}
        held = {key: np.asarray(value, np.float32) for key, value in whole.items()}
        described = {**signature(), "kind": "linear", "describe": "Settings by chance."}
        path = tmp_path / f"{name}.safetensors"
        safetensors.numpy.save_file(held, path, {**described, **(metadata or {})})
        return path

    return write


@pytest.fixture
def write_network(tmp_path: Path) -> Write:
    """Write a network whose moves are those given, moved by the mean of references."""

    def write(moves: Any = NEUTRAL, *, bypass: Any = (-1.0, -1.0, -1.0), **changes: Any) -> Path:
        arrays = network_arrays(moves, bypass)
        path = tmp_path / "network.safetensors"
        held = {key: np.asarray(value, np.float32) for key, value in (arrays | changes).items()}
        described = {**signature(), "kind": "network", "heads": "2"}
        safetensors.numpy.save_file(held, path, described)
        return path

    return write


@pytest.fixture(scope="session")
def telling() -> Arrays:
    """Return what tells settings that finished songs went through."""
    return learn_shown(shipped_corpus().statistics, StylePrior(), seed=1)


@pytest.fixture(scope="session")
def measured() -> Analysis:
    song = compose(3, duration_s=8.0).mix
    analyzer = Analyzer(song.sample_rate, 2)
    analyzer.feed(song.samples)
    return analyzer.result()


@pytest.fixture
def moves() -> Callable[..., np.ndarray[Any, np.dtype[np.float64]]]:
    return moves_of
