from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from glassmaster.models.errors import CatalogueError, GlassmasterError, UsageError
from glassmaster.training.commands.train import add_arguments, evaluation_words
from glassmaster.training.learning.checkpoints import StepCheckpoints
from glassmaster.training.learning.composing import compose_training, instantiated

pytestmark = pytest.mark.filterwarnings("ignore")  # of lightning's and torch's own

QUICK = (
    "experiment=smoke",
    "logging=none",
    "steps=2",
    "validate_every=1",
    "checkpoint_every=1",
    "validation_examples=2",
    "calibration.examples=6",
    "calibration.tried=4",
)


class Scored:
    def __init__(self, *scores: float) -> None:
        self._scores = iter(scores)
        self.network = torch.nn.Linear(1, 1)

    def validate(self) -> dict[str, float]:
        return {"score": next(self._scores)}


class Stopped:
    def __init__(self, step: int) -> None:
        self.global_step, self.max_steps = step, 99


def measure(checkpoints: StepCheckpoints, engine: Scored, step: int) -> None:
    checkpoints.on_train_batch_end(Stopped(step), engine, None, None, 0)


def test_the_best_and_the_last_score_are_told_apart(tmp_path: Path) -> None:
    checkpoints = StepCheckpoints(tmp_path, 50, 1, identity="a")
    engine = Scored(0.5, 0.7, math.nan)
    measure(checkpoints, engine, 1)
    measure(checkpoints, engine, 2)
    assert (checkpoints.best_score, checkpoints.last_score) == (0.5, 0.7)
    assert checkpoints.state_dict()["identity"] == "a"
    with pytest.raises(GlassmasterError, match="score on validation is nan"):
        measure(checkpoints, engine, 3)


@pytest.mark.slow
def test_a_run_tells_what_it_left_and_its_folder_takes_no_other(run: Any, tmp_path: Path) -> None:
    place = f"run='{tmp_path}/one'"
    done = run("train", *QUICK, place, "--json")
    assert done.code == 0, done.err
    (entry,) = done.document["files"]
    assert Path(entry["path"]).is_file()
    assert entry["steps"] == 2
    assert entry["model_version"] is None
    assert 0.0 < entry["score"] < 10.0
    assert "the benchmark is left out" in done.err
    weights = Path(entry["path"]).read_bytes()
    header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])["__metadata__"]
    assert float(header["score"]) == pytest.approx(entry["score"], abs=1e-6)
    other = run("train", *QUICK, place, "seed=2")
    assert other.code == 64
    assert "holds another run" in other.err
    assert Path(entry["path"]).read_bytes() == weights


@pytest.mark.parametrize(
    "override",
    [
        "seed=-1",
        "seed=4294967296",
        "steps=abc",
        "steps=0",
        "checkpoint_every=0",
        "validate_every=0",
        "validation_examples=0",
        "batch_size=0",
        "keep=first",
        "learner=unheard",
        "examples.no_intent=often",
        "trainer.arguments.devices=abc",
    ],
)
def test_values_that_cannot_be_are_wrong_usage(override: str) -> None:
    name = override.split("=")[0]
    with pytest.raises(UsageError, match=name) as raised:
        compose_training(["experiment=smoke", override])
    assert "\n" not in raised.value.message


def test_what_is_wrong_with_the_songs_is_told_as_it_is(tmp_path: Path) -> None:
    config = compose_training([f"data.path='{tmp_path}/none.bin'"])
    with pytest.raises(CatalogueError, match="corpus build"):
        instantiated(config.data)


def test_a_model_is_evaluated_as_what_it_is(tmp_path: Path) -> None:
    named = ["data.path=x", "evaluate.packages='a b=c'", "evaluate.corpus=corpus"]
    words = evaluation_words(compose_training(named), tmp_path / "n.safetensors")
    assert words[:2] == ["packages='a b=c'", "corpus='corpus'"]
    assert words[-1] == f"weights='{tmp_path}/n.safetensors'"
    linear = compose_training([*named, "experiment=linear"])
    words = evaluation_words(linear, tmp_path / "n.safetensors")
    assert words[-1] == f"models.lmmse='{tmp_path}/n.safetensors'"
    assert any(word.startswith("methods=") for word in words)


def test_the_help_names_groups_and_values() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    experiments = "experiment=cpu, embedding, gpu, linear, smoke"
    for words in (experiments, "data=shard, generated", "batch_size: 16"):
        assert words in parser.format_help()
