from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from glassmaster.inference.recipe import load_recipe
from glassmaster.models.errors import RecipeError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, QUANTITIES, RESPONSE, level_free

UNWANTED = (
    *("torch", "onnx", "onnxruntime", "scipy", "librosa", "hydra", "mlflow", "lightning"),
    "omegaconf",
)


@pytest.fixture
def weights(write_weights: Any, moves: Any) -> Path:
    wanted = moves(**{"slope": 0.4, "threshold_db": -6.0, "width_db": 1.0})
    wanted[RESPONSE] = level_free(2.0 * np.cos(np.linspace(0.0, 4.0, 27)))
    quiet = np.full(len(QUANTITIES), 1.7)
    quiet[3] = 9.0
    arrays = {
        "weights": np.zeros((len(MOVES), len(STATISTICS))),
        "bias": wanted,
        "calibration.interval_scale": quiet,
    }
    path: Path = write_weights(arrays=arrays)
    return path


def test_recipe_and_document_name_the_weights(
    run: Any, mix: Path, tmp_path: Path, weights: Path, sha256: Any
) -> None:
    recipe = tmp_path / "r.yaml"
    output = tmp_path / "m.wav"
    done = run(
        "master",
        mix,
        "-o",
        output,
        "--model",
        weights,
        "--corpus",
        "none",
        "--recipe",
        recipe,
        "--json",
    )
    assert done.code == 0
    assert (done.file["predictor"], done.file["model"]) == ("linear", sha256(weights))
    assert done.file["basis"] == "Settings by chance."
    assert done.file["intervals"]["response_db@63"] == "not determined"
    assert set(done.file["intervals"]["response_db@1000"]) == {"low", "high"}
    document = yaml.safe_load(recipe.read_text("utf-8"))
    assert document["model"] == sha256(weights)
    assert document["intervals"]["response_db@63"] == "not determined"
    assert not done.file["settings"]["equalizer"]["bypass"]
    assert "90 % of masters" in done.err
    assert "Not determined of compressor: low ratio, " in done.err


def test_a_recipe_keeps_what_was_known(run: Any, mix: Path, tmp_path: Path, weights: Path) -> None:
    first, second = tmp_path / "1.wav", tmp_path / "2.wav"
    for suffix in ("yaml", "json"):
        recipe = tmp_path / f"r.{suffix}"
        words = ("--model", weights, "--corpus", "none", "--recipe", recipe, "--force", "--json")
        made = run("master", mix, "-o", first, *words)
        done = run("render", recipe, mix, "-o", second, "--force", "--json")
        assert done.code == 0
        assert first.read_bytes() == second.read_bytes()
        assert done.file["model"] == made.file["model"]
        assert done.file["intervals"].keys() == made.file["intervals"].keys()
        assert done.file["intervals"]["response_db@63"] == "not determined"


def test_what_is_known_of_one_mix_is_not_said_of_another(
    run: Any, mix: Path, other_mix: Path, tmp_path: Path, weights: Path
) -> None:
    recipe = tmp_path / "r.yaml"
    run(
        "master",
        mix,
        "-o",
        tmp_path / "1.wav",
        "--model",
        weights,
        "--corpus",
        "none",
        "--recipe",
        recipe,
    )
    words = ("-o", tmp_path / "2.wav", "--resolve", "--json")
    done = run("render", recipe, other_mix, *words)
    assert done.code == 0
    assert done.file["intervals"] == {}


@pytest.mark.parametrize(
    "value", ["perhaps", [1.0], [1.0, "x"], [1.0, float("inf")], {"low": 1.0}, None, 3.0]
)
def test_damaged_intervals_are_refused(
    run: Any, mix: Path, tmp_path: Path, value: Any, weights: Path
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "recipe": 1,
                "delivery": {
                    "profile": "default",
                    "container": "wav",
                    "bit_depth": "24",
                    "sample_rate": 44_100,
                },
                "intervals": {"response_db@63": value},
            }
        ),
        "utf-8",
    )
    with pytest.raises(RecipeError):
        load_recipe(path)


def test_the_page_shows_how_sure_it_is(run: Any, mix: Path, tmp_path: Path, weights: Path) -> None:
    words = ("--model", weights, "--corpus", "none", "--report", tmp_path / "report")
    assert run("master", mix, "-o", tmp_path / "m.wav", *words).code == 0
    (page,) = (tmp_path / "report").iterdir()
    text = page.read_text("utf-8")
    assert "How sure" in text
    assert "not determined at 63" in text
    assert ">Not determined<" in text
    assert "SHA-256 of the model" in text


def test_the_baseline_can_be_asked_for(run: Any, mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, "-o", tmp_path / "m.wav", "--model", "baseline", "--json")
    assert done.code == 0
    assert (done.file["predictor"], done.file["model"]) == ("baseline", None)
    assert "no_weights" not in done.warnings


@pytest.mark.parametrize(
    ("model", "code", "error"),
    [
        ("magic", 64, "unknown_model"),
        ("FOLDER/none.safetensors", 65, "unreadable_model"),
        ("FOLDER/damaged.safetensors", 65, "damaged_model"),
        ("FOLDER", 65, "damaged_model"),
    ],
)
def test_a_model_that_is_of_no_use_masters_nothing(
    run: Any, mix: Path, tmp_path: Path, model: str, code: int, error: str
) -> None:
    (tmp_path / "damaged.safetensors").write_bytes(b"\x08" + bytes(40))
    name = model.replace("FOLDER", str(tmp_path))
    done = run("master", mix, "-o", tmp_path / "m.wav", "--model", name, "--json")
    assert (done.code, done.document["error"]["code"]) == (code, error)
    assert not (tmp_path / "m.wav").exists()


@pytest.mark.parametrize("kind", ["linear", "network"])
def test_a_learned_model_imports_nothing_heavy(
    kind: str, mix: Path, tmp_path: Path, weights: Path, write_network: Any
) -> None:
    model = weights if kind == "linear" else write_network()
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({UNWANTED}));"
        "from glassmaster.inference.cli import main;"
        f"status = main(['master', {str(mix)!r}, '-o', {str(tmp_path / 'm.wav')!r},"
        f" '--model', {str(model)!r}]);"
        "print(*(name for name, module in sys.modules.items() if module)); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(UNWANTED)
