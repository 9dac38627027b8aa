from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.models.errors import ModelError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.network.network import MoveNetwork
from glassmaster.training.export import (
    AGREEMENT,
    CHECKED_REFERENCES,
    export_network,
    graph_difference,
    weights_difference,
)


def network(width: int = 32) -> MoveNetwork:
    torch.manual_seed(1)
    made = MoveNetwork(inputs=20, width=width, heads=2).eval()
    rng = np.random.default_rng(1)
    made.standardize(
        rng.normal(0.0, 5.0, (40, len(STATISTICS))), rng.normal(0.0, 1.0, (20, len(STATISTICS)))
    )
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return made


def test_graph_and_network_agree_for_any_number_of_references(tmp_path: Path) -> None:
    made = network()
    path = export_network(made, tmp_path, "net", {"seed": "1"})
    graph = path.with_suffix(".onnx").read_bytes()
    assert CHECKED_REFERENCES == (0, 1, 3, 16)
    assert graph_difference(made, graph) <= AGREEMENT
    with torch.no_grad():
        made.moves.bias.add_(0.01)
    assert graph_difference(made, graph) > AGREEMENT


def test_weights_and_network_agree_for_any_number_of_references(tmp_path: Path) -> None:
    made = network()
    path = export_network(made, tmp_path, "net", {})
    file = read_model_file(path)
    arrays = {name: torch.from_numpy(array) for name, array in file.arrays.items()}
    assert weights_difference(made, path, file.metadata, arrays) <= AGREEMENT
    for parameter in (made.moves.bias, made.log_sigma.bias, made.bypass.bias, made.intended.weight):
        with torch.no_grad():
            parameter.add_(0.01)
        assert weights_difference(made, path, file.metadata, arrays) > AGREEMENT
        with torch.no_grad():
            parameter.sub_(0.01)


def test_weights_come_back_and_equal_weights_are_equal_files(tmp_path: Path) -> None:
    made = network()
    one = export_network(made, tmp_path / "one", "net", {"seed": "1"}, {"more": np.ones(3)})
    again = export_network(made, tmp_path / "two", "net", {"seed": "1"}, {"more": np.ones(3)})
    assert one.read_bytes() == again.read_bytes()
    assert one.with_suffix(".onnx").read_bytes() == again.with_suffix(".onnx").read_bytes()
    file = read_model_file(one)
    assert file.metadata["seed"] == "1"
    for name, parameter in made.named_parameters():
        assert np.array_equal(file.arrays[name], parameter.detach().numpy())
    assert file.array("more", 3).tolist() == [1.0, 1.0, 1.0]


def test_master_can_load_it(tmp_path: Path) -> None:
    path = export_network(network(), tmp_path, "net", {})
    assert load_model(path) is not None


@pytest.mark.filterwarnings("ignore")  # of numbers that are none
def test_what_differs_is_refused_and_what_was_there_stays(tmp_path: Path) -> None:
    path = export_network(network(), tmp_path, "net", {})
    before = path.read_bytes(), path.with_suffix(".onnx").read_bytes()
    broken = network()
    with torch.no_grad():
        broken.moves.bias.fill_(torch.nan)
    with pytest.raises(ModelError, match="differ by nan"):
        export_network(broken, tmp_path, "net", {})
    assert (path.read_bytes(), path.with_suffix(".onnx").read_bytes()) == before
