from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig

from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.models.moves import THRESHOLD
from glassmaster.training.learning.building import build_network, plan_rules
from glassmaster.training.learning.composing import compose_training, instantiated
from glassmaster.training.learning.songs import Songs
from glassmaster.training.learning.starting import START, with_start
from glassmaster.training.linear.learning import LinearRun, learn

COMMAND = "test"


def composed(folder: Path, *words: str) -> tuple[DictConfig, Songs]:
    config = compose_training(["experiment=smoke", f"run={folder}", *words])
    return config, instantiated(config.data)


def test_a_run_learns_what_it_starts_from_once(tmp_path: Path) -> None:
    config, songs = composed(tmp_path)
    told: list[str] = []
    first = with_start(config, songs, COMMAND, told.append)
    assert first.linear == tmp_path / START
    assert told[0] == "learning the linear estimate to start from"
    told.clear()
    again = with_start(config, songs, "another", told.append)
    assert not told
    assert again.hashes["linear"] == first.hashes["linear"]
    run = LinearRun(24, 128, 1, ("compact", "content_free"), dict(config.linear.compressor))
    wanted = learn(songs.fit, plan_rules(config), run, told.append)
    found = read_model_file(tmp_path / START).arrays
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values)
    assert found["bias"][THRESHOLD] == pytest.approx(config.linear.compressor.threshold_db)
    linear = build_network(config, first).state_dict()["linear_weight"].numpy()
    scale = build_network(config, first).state_dict()["scale"].numpy()
    np.testing.assert_allclose(linear / scale, found["weights"] / found["scale"], atol=1e-5)


def test_a_named_estimate_is_taken_as_it_is(tmp_path: Path) -> None:
    config, songs = composed(tmp_path / "first")
    made = with_start(config, songs, COMMAND, lambda text: None).linear
    config, songs = composed(tmp_path / "second", f"data.linear={made}")
    assert with_start(config, songs, COMMAND, lambda text: None) is songs
    assert not (tmp_path / "second" / START).exists()


def test_a_run_need_not_start_from_any(tmp_path: Path) -> None:
    config, songs = composed(tmp_path, "linear.start=false")
    assert with_start(config, songs, COMMAND, lambda text: None) is songs
