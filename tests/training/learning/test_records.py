from __future__ import annotations

from pathlib import Path

import pytest

from glassmaster.models.errors import GlassmasterError, ModelError, UsageError
from glassmaster.training.learning.tracking import MODEL_FOLDER, Records, local_uri
from glassmaster.training.registry import locate_model

pytestmark = pytest.mark.filterwarnings("ignore")  # of mlflow's own


@pytest.mark.slow
def test_a_registered_model_is_found_by_its_alias(tmp_path: Path) -> None:
    records = Records(tmp_path, None, "songs", 1)
    records.parameters({"seed": 1})
    records.metrics({1: {"loss": 2.0}, 2: {"loss": 1.0}})
    resumed = Records(tmp_path, None, "songs", 1)
    assert resumed.run_id == records.run_id
    resumed.parameters({"seed": 2, "steps": 5})
    model = tmp_path / "exported"
    model.mkdir()
    (model / "net.safetensors").write_bytes(b"weights")
    resumed.file(model / "net.safetensors", MODEL_FOLDER)
    assert resumed.register("net", "best") == "1"
    assert resumed.register("net", "best") == "2"
    found = locate_model("models:/net@best", local_uri(tmp_path))
    assert found.read_bytes() == b"weights"
    assert locate_model("models:/net/1", local_uri(tmp_path)).read_bytes() == b"weights"
    with pytest.raises(ModelError, match="does not give it"):
        locate_model("models:/net@other", local_uri(tmp_path))


def status(uri: str, run_id: str) -> str:
    from mlflow import MlflowClient

    return str(MlflowClient(uri).get_run(run_id).info.status)


@pytest.mark.slow
def test_a_run_says_how_it_ended_and_goes_on_in_its_store_alone(tmp_path: Path) -> None:
    uri = local_uri(tmp_path)
    with pytest.raises(ValueError, match="broken"), Records(tmp_path, None, "songs", 1) as failed:
        raise ValueError("broken")
    assert status(uri, failed.run_id) == "FAILED"
    killed = Records(tmp_path, None, "songs", 1)
    assert status(uri, killed.run_id) == "RUNNING"
    with pytest.raises(KeyboardInterrupt), killed:
        raise KeyboardInterrupt
    assert killed.run_id == failed.run_id
    assert status(uri, killed.run_id) == "KILLED"
    with Records(tmp_path, f"sqlite:///{tmp_path}/other.db", "songs", 1) as other:
        assert other.run_id != failed.run_id
    assert status(f"sqlite:///{tmp_path}/other.db", other.run_id) == "FINISHED"
    with pytest.raises(GlassmasterError, match="logging=none"):
        Records(tmp_path, "unheard://of", "songs", 1)


def test_no_records_are_kept_where_none_are_wanted(tmp_path: Path) -> None:
    records = Records(tmp_path, "none", "songs", 1)
    records.parameters({"seed": 1})
    records.metrics({1: {"loss": 2.0}})
    assert records.register("net", "best") == ""
    assert not records.kept
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="models:/NAME@ALIAS"):
        locate_model("models:/net")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(UsageError, match="where the registry is"):
        locate_model("models:/net@best")
