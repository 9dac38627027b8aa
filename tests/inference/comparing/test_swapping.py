from __future__ import annotations

from dataclasses import replace

import pytest

from glassmaster.inference.comparing.swapping import (
    chain_of,
    resettled,
    with_stage,
    without_stage,
)
from glassmaster.inference.recipe import Delivery, Recipe, Resolved, recorded_hash
from glassmaster.models.chain import Anchors
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings

DELIVERY = Delivery("default", "wav", "24", 48_000)


def recipe(settings: ChainSettings, *, ceiling_dbtp: float, drive_db: float) -> Recipe:
    settings = settings.with_block("limiter", settings["limiter"].values)
    anchors = Anchors(-30.0, (-20.0, -21.0, -24.0, -30.0), -18.0)
    known = Resolved("", "a" * 64, 5.0, anchors, drive_db, ceiling_dbtp, 7)
    known = replace(known, settings_hash=recorded_hash(settings, DELIVERY, known))
    return Recipe(settings, DELIVERY, known, "network", {}, "b" * 64)


@pytest.fixture
def model() -> Recipe:
    settings = default_settings().with_block("equalizer", {"low_shelf_gain_db": 2.0})
    settings = settings.with_block("multiband_compressor", {"low_ratio": 2.0})
    return recipe(settings, ceiling_dbtp=-1.1, drive_db=4.0)


@pytest.fixture
def human() -> Recipe:
    settings = default_settings().with_block("equalizer", {"low_shelf_gain_db": -3.0})
    settings = settings.with_block("saturator", {"mix": 0.4})
    settings = settings.with_block("limiter", {"release_ms": 80.0})
    return recipe(settings, ceiling_dbtp=-0.3, drive_db=9.0)


def changed(one: Recipe, other: Recipe) -> set[str]:
    return {name for name in BLOCKS if one.settings[name] != other.settings[name]}


@pytest.mark.parametrize("stage", ["equalizer", "multiband_compressor", "saturator"])
def test_only_the_named_stage_is_taken_out(model: Recipe, stage: str) -> None:
    without = without_stage(model, stage)
    assert changed(without, model) <= {stage}
    assert without.settings[stage].bypass
    assert without.holds_for("a" * 64)  # so that `render` takes levels and drive as recorded
    assert without.resolved is not None
    assert model.resolved is not None
    for name in ("anchors", "normalization_db", "loudness_gain_db", "ceiling_dbtp", "dither_seed"):
        assert getattr(without.resolved, name) == getattr(model.resolved, name)
    assert (without.predictor, without.model) == ("comparison", None)


@pytest.mark.parametrize("stage", BLOCKS)
def test_only_the_named_stage_is_interchanged(model: Recipe, human: Recipe, stage: str) -> None:
    hybrid = with_stage(model, stage, human)
    assert changed(hybrid, model) <= {stage}
    assert hybrid.settings[stage] == human.settings[stage]
    assert hybrid.holds_for("a" * 64)
    assert hybrid.resolved is not None
    assert model.resolved is not None
    assert hybrid.resolved.anchors == model.resolved.anchors
    assert hybrid.resolved.loudness_gain_db == model.resolved.loudness_gain_db
    aimed = human if stage == "limiter" else model
    assert aimed.resolved is not None
    assert hybrid.resolved.ceiling_dbtp == aimed.resolved.ceiling_dbtp


def test_another_drive_counts_as_resolved(model: Recipe) -> None:
    louder = resettled(model, drive_db=6.0)
    assert louder.holds_for("a" * 64)
    assert chain_of(louder).gain_db == 6.0
    assert louder.predictor == "network"


def test_a_chain_aims_at_what_was_resolved(model: Recipe) -> None:
    chain = chain_of(model)
    assert chain.limiter is not None
    assert chain.limiter.values["ceiling_dbtp"] == -1.1
    assert model.settings["limiter"].values["ceiling_dbtp"] == -1.0
    assert chain.saturator is None


def test_a_recipe_that_was_never_resolved_is_refused(model: Recipe) -> None:
    with pytest.raises(ValueError, match="never resolved"):
        chain_of(replace(model, resolved=None))
