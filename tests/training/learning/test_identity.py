from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glassmaster.models.errors import UsageError
from glassmaster.training.learning.composing import compose_training
from glassmaster.training.learning.identity import IDENTITY, checkpoint_to_resume, run_identity

HASHES = {"shard": "1"}


def identity(*overrides: str) -> str:
    return run_identity(compose_training(["experiment=smoke", *overrides]), HASHES)


@pytest.mark.parametrize(
    "override",
    ["run=x", "logging=none", "evaluate.after=false", "trainer.threads=2", "data.linear=there"],
)
def test_where_a_run_works_is_no_part_of_it(override: str) -> None:
    assert identity(override) == identity()


@pytest.mark.parametrize(
    "override",
    ["seed=2", "steps=13", "keep=last", "data.count=5", "trainer.arguments.precision=64-true"],
)
def test_what_is_learned_and_how_is(override: str) -> None:
    assert identity(override) != identity()


def test_songs_are_part_of_a_run() -> None:
    config = compose_training(["experiment=smoke"])
    assert run_identity(config, HASHES) != run_identity(config, {"shard": "2"})
    assert "path" not in config.data
    assert config.data.linear is None


def test_a_folder_is_resumed_by_its_own_run_alone(tmp_path: Path) -> None:
    assert checkpoint_to_resume(tmp_path, "a") is None
    path = tmp_path / "last.ckpt"
    torch.save({"callbacks": {"checkpoints": {IDENTITY: "a"}, "other": {}}}, path)
    assert checkpoint_to_resume(tmp_path, "a") == path
    with pytest.raises(UsageError, match="holds another run"):
        checkpoint_to_resume(tmp_path, "b")
    torch.save({"callbacks": {"checkpoints": {}}}, path)
    with pytest.raises(UsageError, match="holds another run"):
        checkpoint_to_resume(tmp_path, "a")
