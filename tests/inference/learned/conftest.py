from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.synthetic import compose
from glassmaster.inference.learned.signature import signature
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, NEUTRAL, QUANTITIES, SLOPE

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
KNOBS = D - SLOPE.start

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
def write_network(tmp_path: Path, write_weights: Write) -> Write:
    """Write a graph whose moves are those given, moved by the mean of references."""

    def write(moves: Any = NEUTRAL, *, bypass: Any = (-1.0, -1.0, -1.0), **options: Any) -> Path:
        constants = {
            "moves_at": np.asarray(moves, np.float32)[None],
            "pull": np.zeros((F, D), np.float32),
            "log_sigma_at": np.zeros((1, Q), np.float32),
            "bypass_at": np.asarray(bypass, np.float32)[None],
            "nothing": np.zeros((F, Q), np.float32),
            "none": np.zeros((F, 3), np.float32),
        }
        constants["pull"][0, 0] = 1.0
        axes = numpy_helper.from_array(np.array([1]), "axes")
        nodes = [
            helper.make_node("ReduceSum", ["references", "axes"], ["summed"], keepdims=0),
            helper.make_node("MatMul", ["summed", "pull"], ["pulled"]),
            helper.make_node("Add", ["moves_at", "pulled"], ["moves"]),
            helper.make_node("MatMul", ["statistics", "nothing"], ["zero"]),
            helper.make_node("Add", ["zero", "log_sigma_at"], ["log_sigma"]),
            helper.make_node("MatMul", ["statistics", "none"], ["zeros"]),
            helper.make_node("Add", ["zeros", "bypass_at"], ["bypass"]),
        ]
        real = TensorProto.FLOAT
        graph = helper.make_graph(
            nodes,
            "chance",
            [
                helper.make_tensor_value_info("statistics", real, [1, F]),
                helper.make_tensor_value_info(
                    options.get("references", "references"), real, [1, "reference", F]
                ),
            ],
            [
                helper.make_tensor_value_info("moves", real, [1, D]),
                helper.make_tensor_value_info("log_sigma", real, [1, Q]),
                helper.make_tensor_value_info("bypass", real, [1, 3]),
            ],
            [*(numpy_helper.from_array(v, k) for k, v in constants.items()), axes],
        )
        if "references" in options:
            graph.node[0].input[0] = options["references"]
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path = tmp_path / "network.onnx"
        path.write_bytes(model.SerializeToString())
        onnx.checker.check_model(model)
        named = {
            "kind": "network",
            "onnx": path.name,
            "onnx_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        return write_weights("network", metadata=named)

    return write


@pytest.fixture(scope="session")
def measured() -> Analysis:
    song = compose(3, duration_s=8.0).mix
    analyzer = Analyzer(song.sample_rate, 2)
    analyzer.feed(song.samples)
    return analyzer.result()


@pytest.fixture
def moves() -> Callable[..., np.ndarray[Any, np.dtype[np.float64]]]:
    return moves_of
