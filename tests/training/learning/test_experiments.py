from __future__ import annotations

from importlib.resources import files

import lightning
import pytest
from hydra.utils import instantiate

from glassmaster.models.errors import UsageError
from glassmaster.models.network.network import MoveNetwork
from glassmaster.training.learning.building import plan_rules
from glassmaster.training.learning.composing import compose_training, flattened
from glassmaster.training.learning.curriculum import Curriculum
from glassmaster.training.learning.engine import Optimization
from glassmaster.training.learning.plans import PlanRules
from glassmaster.training.losses.objective import ObjectiveWeights

GROUPS = ("model", "data", "curriculum", "objective", "optimizer", "trainer", "logging")


def choices(group: str) -> list[str]:
    folder = files("glassmaster.configs") / group
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml"))


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_every_experiment_can_be_composed_and_instantiated(experiment: str) -> None:
    config = compose_training([f"experiment={experiment}", "++data.path=none.shard"])
    assert isinstance(instantiate(config.model), MoveNetwork)
    assert isinstance(instantiate(config.curriculum), Curriculum)
    assert isinstance(instantiate(config.objective), ObjectiveWeights)
    assert isinstance(instantiate(config.optimizer), Optimization)
    assert isinstance(plan_rules(config), PlanRules)
    assert config.steps > 0 or config.learner in ("linear", "embedding")
    if config.trainer.arguments.accelerator == "cpu":
        lightning.Trainer(**config.trainer.arguments, logger=False, enable_checkpointing=False)


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_an_experiment_holds_overrides_only(experiment: str) -> None:
    text = (files("glassmaster.configs") / "experiment" / f"{experiment}.yaml").read_text("utf-8")
    assert text.startswith("# @package _global_\n")
    assert "_target_" not in text


@pytest.mark.parametrize("group", GROUPS)
def test_every_choice_of_every_group_can_be_composed(group: str) -> None:
    for choice in choices(group):
        overrides = [f"{group}={choice}"]
        if group != "data" or choice == "shard":
            overrides.append("data.path=none.shard")
        assert compose_training(overrides)[group] is not None


def test_defaults_of_files_are_those_of_the_code() -> None:
    config = compose_training(["data.path=none.shard"])
    assert plan_rules(config) == PlanRules()
    assert instantiate(config.objective) == ObjectiveWeights()
    assert instantiate(config.optimizer) == Optimization()
    assert list(instantiate(config.curriculum).phases) == list(Curriculum().phases)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["nothing=1", "data.path=x"], "nothing"),
        (["experiment=unheard", "data.path=x"], "unheard"),
        (["==", "data.path=x"], "train:"),
        ([], "data.path has no value"),
        (["data.path=x", "linear.inputs=[]"], "linear.inputs is"),
        (["data.path=x", "linear.inputs=null"], "linear.inputs is None"),
        (["data.path=x", "linear.inputs=[compact,loud]"], "a list of compact, content_free, all"),
        (["data.path=x", "linear.compressor=5"], "linear.compressor is 5; it must be null"),
        (["data.path=x", "linear.compressor.attack_ms=soon"], "linear.compressor is"),
        (["data.path=x", "linear.compressor.release_ms=0"], "times above 0"),
        (["data.path=x", "+linear.compressor.knee_db=6"], "linear.compressor is"),
    ],
)
def test_wrong_overrides_are_refused_in_one_line(overrides: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        compose_training(overrides)
    assert "\n" not in raised.value.message


def test_nested_values_are_flattened() -> None:
    given = {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e": [1, 2]}
    assert flattened(given) == {"a.b": 1, "a.c.0.d": 2, "a.c.1.d": 3, "e": [1, 2]}
