from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.inference.learned import loading
from glassmaster.inference.learned.loading import choose_predictor, load_model, shipped
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.learned.signature import signature
from glassmaster.models.errors import ModelError, UsageError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES
from glassmaster.models.weights import FOLDER


@dataclass(frozen=True)
class Entry:
    missing: str

    def load(self) -> Any:
        raise ModuleNotFoundError(f"No module named {self.missing!r}", name=self.missing)


def test_weights_are_read_with_their_hash(write_weights: Any, sha256: Any) -> None:
    path = write_weights(metadata={"seed": "7"})
    file = read_model_file(path)
    assert file.sha256 == sha256(path)
    assert (file.kind, file.metadata["seed"]) == ("linear", "7")
    assert file.arrays["mean"].dtype == np.float64


@pytest.mark.parametrize("name", list(signature()))
def test_weights_of_another_definition_are_refused(write_weights: Any, name: str) -> None:
    path = write_weights(metadata={name: "0" * 64})
    with pytest.raises(ModelError, match=name.removesuffix("_sha256")) as caught:
        load_model(path)
    assert caught.value.code == "other_chain"
    assert caught.value.path == str(path)


def test_weights_without_a_definition_are_refused(tmp_path: Path) -> None:
    import safetensors.numpy

    path = tmp_path / "bare.safetensors"
    safetensors.numpy.save_file({"mean": np.zeros(3)}, path)
    with pytest.raises(ModelError):
        load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": np.zeros((3, 3))},
        {"bias": np.full(len(MOVES), np.nan)},
        {"scale": np.zeros(1)},
        {"calibration.shrink": np.ones(3)},
        {"calibration.finished": np.array([15.0, 11.0, 0.0])},
        {"metadata": {"kind": "oracle"}},
    ],
    ids=["shape", "NaN", "scale", "shrink", "finished", "kind"],
)
def test_damaged_weights_are_refused(write_weights: Any, change: Any) -> None:
    metadata = change.pop("metadata", None)
    with pytest.raises(ModelError):
        load_model(write_weights(arrays=change, metadata=metadata))


def test_a_scale_of_zero_is_refused(write_weights: Any) -> None:
    with pytest.raises(ModelError, match="positive"):
        load_model(write_weights(scale=np.zeros(len(STATISTICS))))


@pytest.mark.parametrize("cut", [0, 4, 100, -1])
def test_a_cut_file_is_refused(write_weights: Any, cut: int) -> None:
    path = write_weights()
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert caught.value.code == "damaged_model"
    assert "\n" not in caught.value.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_model(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="0 files"):
        load_model(tmp_path)


def test_a_folder_with_one_model_is_that_model(write_weights: Any) -> None:
    path = write_weights()
    assert load_model(path.parent).model == load_model(path).model


def test_a_graph_stands_for_the_weights_beside_it(write_network: Any) -> None:
    path = write_network()
    assert load_model(path.with_suffix(".onnx")).model == load_model(path).model
    assert load_model(path).name == "network"


@pytest.mark.parametrize(
    "change",
    [
        {"embed.weight": np.zeros((5, 3))},
        {"embed.weight": np.zeros(3)},
        {"blocks.0.out.bias": np.zeros(3)},
        {"moves.bias": np.full(len(MOVES), np.inf)},
        {"scale": np.zeros(len(STATISTICS))},
    ],
    ids=["heads", "vector", "shape", "infinite", "scale"],
)
def test_a_damaged_network_is_refused(write_network: Any, change: Any) -> None:
    with pytest.raises(ModelError) as caught:
        load_model(write_network(**change))
    assert caught.value.code == "damaged_model"


def test_the_index_names_what_ships(tmp_path: Path, write_weights: Any) -> None:
    assert shipped(tmp_path).default == "baseline"
    index = tmp_path / "default.json"
    index.write_text('{"default": "linear", "models": {"linear": "model.safetensors"}}')
    assert shipped(tmp_path).models == {"linear": tmp_path / "model.safetensors"}
    for damaged in ("", "[]", '{"default": "x", "models": {}}', '{"models": {}}'):
        index.write_text(damaged)
        with pytest.raises(ModelError, match="default"):
            shipped(tmp_path)


def test_what_ships_can_be_read() -> None:
    known = shipped(FOLDER)
    for path in known.models.values():
        load_model(path)
    predictor, findings = choose_predictor(None)
    assert predictor.name == known.default
    assert {finding.code for finding in findings} == (set() if known.is_listed else {"no_weights"})


def test_names_and_paths(write_weights: Any, measured: Analysis, tmp_path: Path) -> None:
    predictor, findings = choose_predictor("baseline")
    assert (predictor.name, predictor.model, findings) == ("baseline", None, ())
    path = write_weights()
    assert choose_predictor(str(path))[0].name == "linear"
    with pytest.raises(UsageError, match="baseline"):
        choose_predictor("magic")
    with pytest.raises(ModelError):
        choose_predictor(str(tmp_path / "gone.safetensors"))


def test_a_registered_model_is_found_by_its_entry_point(
    write_weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassmaster.inference.learned import loading

    path = write_weights()
    asked = []

    class Registered:
        def load(self) -> Any:
            return lambda uri: asked.append(uri) or path

    monkeypatch.setattr(loading, "entry_points", lambda group: (Registered(),))
    assert choose_predictor("models:/mix@best")[0].model == load_model(path).model
    assert asked == ["models:/mix@best"]
    monkeypatch.setattr(loading, "entry_points", lambda group: ())
    with pytest.raises(UsageError, match="train"):
        choose_predictor("models:/mix@best")


@pytest.mark.parametrize("registered", [True, False])
def test_without_the_extra_a_registry_names_it(
    monkeypatch: pytest.MonkeyPatch, registered: bool
) -> None:
    monkeypatch.setattr(loading, "entry_points", lambda **_: [Entry("mlflow")] * registered)
    with pytest.raises(UsageError, match=r"glassmaster\[train\]") as caught:
        choose_predictor("models:/network@best")
    assert caught.value.code == "extra_missing"


def test_a_fault_of_ours_is_not_a_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Entry("glassmaster.training.nowhere")
    monkeypatch.setattr(loading, "entry_points", lambda **_: [fault])
    with pytest.raises(ModuleNotFoundError):
        choose_predictor("models:/network@best")
