from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.inference.recipe import (
    Delivery,
    Recipe,
    Resolved,
    current_versions,
    load_recipe,
    recorded_hash,
    save_recipe,
)
from glassmaster.models.chain import Anchors
from glassmaster.models.errors import (
    GlassmasterError,
    OutputError,
    ParameterError,
    RecipeError,
    UsageError,
)
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings

DELIVERY = Delivery("default", "wav", "24", 44_100, -14.0)
ANCHORS = Anchors(-30.5, (-20.1, -21.2, -22.3, -200.0), -14.0)


def recipe(given_settings: ChainSettings | None = None) -> Recipe:
    chosen = given_settings or default_settings().with_block("limiter", {"ceiling_dbtp": -1.0})
    resolved = Resolved("", "ab" * 32, 1 / 3, ANCHORS, 7.1, -1.1, (1 << 48) - 1)
    digest = recorded_hash(chosen, DELIVERY, resolved)
    resolved = dataclasses.replace(resolved, settings_hash=digest)
    return Recipe(chosen, DELIVERY, resolved, "baseline", {"numpy": "2.4"})


def refused(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> GlassmasterError:
    path = tmp_path / "r.yaml"
    save_recipe(recipe(), path, force=True)
    document = yaml.safe_load(path.read_text("utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document), "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert str(path) in caught.value.message
    return caught.value


def test_intervals_of_every_knob_are_loaded(tmp_path: Path) -> None:
    intervals = {
        f"{block}.{spec.key}": (float(spec.low), float(spec.high))
        for block, specs in BLOCKS.items()
        for spec in specs
    }
    path = tmp_path / "r.yaml"
    save_recipe(dataclasses.replace(recipe(), intervals=intervals), path, force=False)
    assert dict(load_recipe(path).intervals) == intervals


@pytest.mark.parametrize("name", ["r.yaml", "r.json", "r"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save_recipe(recipe(), path, force=False)
    assert load_recipe(path) == recipe()
    parse = json.loads if name.endswith(".json") else yaml.safe_load
    assert parse(path.read_text("utf-8"))["recipe"] == 1


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_every_setting_survives_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    chosen = default_settings()
    for name, specs in BLOCKS.items():
        values = {spec.key: data.draw(st.floats(spec.low, spec.high)) for spec in specs}
        chosen = chosen.with_block(name, values, bypass=data.draw(st.booleans()))
    chosen = chosen.with_block("limiter", {"ceiling_dbtp": -1.0})
    for name in ("r.yaml", "r.json"):
        path = tmp_path_factory.getbasetemp() / name
        save_recipe(recipe(chosen), path, force=True)
        loaded = load_recipe(path)
        assert loaded == recipe(chosen)
        assert loaded.holds_for("ab" * 32)


def test_holds_for_its_own_settings_delivery_and_mix_only() -> None:
    own = recipe()
    assert own.holds_for("ab" * 32)
    assert not own.holds_for("cd" * 32)
    edited = own.settings.with_block("saturator", {"mix": 0.2})
    assert not dataclasses.replace(own, settings=edited).holds_for("ab" * 32)
    delivery = dataclasses.replace(DELIVERY, target_lufs=-14.1)
    assert not dataclasses.replace(own, delivery=delivery).holds_for("ab" * 32)
    assert not dataclasses.replace(own, resolved=None).holds_for("ab" * 32)


@pytest.mark.parametrize("value", ["1e-05", "5E-5", "-2.5e-06", "1.e-3"])
def test_small_numbers_are_numbers_in_yaml_and_json(tmp_path: Path, value: str) -> None:
    path = tmp_path / "r.json"
    save_recipe(recipe(), path, force=False)
    text = path.read_text("utf-8")
    assert text.count('"low_gain_db": 0.0') == 1
    path.write_text(text.replace('"low_gain_db": 0.0', f'"low_gain_db": {value}'), "utf-8")
    assert load_recipe(path).settings["equalizer"].values["low_gain_db"] == float(value)


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_number(tmp_path: Path, value: bool) -> None:
    def change(document: dict[str, Any]) -> None:
        document["settings"]["deesser"]["values"]["ratio"] = value

    error = refused(tmp_path, change)
    assert (error.code, error.exit_code) == ("no_number", 65)
    assert f"ratio is {value}" in error.message


@pytest.mark.parametrize(
    "name", ["\x1b[31mred", "two\nlines", "\u202egpj", "x" * 101, "", 7, None, ["a"]]
)
def test_a_predictor_has_a_harmless_name(tmp_path: Path, name: object) -> None:
    error = refused(tmp_path, lambda document: document.update(predictor=name))
    assert error.code == "damaged_recipe"
    assert "predictor" in error.message
    assert "\x1b" not in error.message


def test_a_limiter_that_is_off_is_refused_by_name(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["settings"]["limiter"]["bypass"] = True

    assert refused(tmp_path, change).code == "limiter_bypassed"


def test_a_recipe_names_its_model_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    save_recipe(recipe(), path, force=False)
    assert yaml.safe_load(path.read_text("utf-8"))["model"] is None
    trained = dataclasses.replace(recipe(), model="0f" * 32)
    save_recipe(trained, path, force=True)
    assert load_recipe(path) == trained
    for model in ("0f" * 31, "0F" * 32, 7, "x" * 64):
        change = functools.partial(dict.update, model=model)
        assert "model" in refused(tmp_path, change).message


def test_versions_name_the_cpu() -> None:
    versions = current_versions()
    assert {"glassmaster", "numba", "numpy", "soundfile", "soxr", "cpu"} == set(versions)
    assert all(versions.values())


def test_existing_recipe_is_kept_without_force(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("mine", "utf-8")
    with pytest.raises(OutputError):
        save_recipe(recipe(), path, force=False)
    assert path.read_text("utf-8") == "mine"


def test_shortest_recipe_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "recipe: 1\n"
        "delivery: {profile: cd, container: flac, bit_depth: 16, sample_rate: 44100}\n"
        "settings:\n  limiter: {}\n  equalizer: {values: {low_gain_db: 2}}\n",
        "utf-8",
    )
    loaded = load_recipe(path)
    assert loaded.delivery == Delivery("cd", "flac", "16", 44_100)
    assert loaded.resolved is None
    assert loaded.predictor == "hand"
    bypassed = [name for name, block in loaded.settings.blocks.items() if block.bypass]
    assert bypassed == ["deesser", "multiband_compressor", "saturator", "imager"]
    assert loaded.settings["equalizer"].values["low_gain_db"] == 2.0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"profile": "moon"}, UsageError),
        ({"container": "mp3"}, UsageError),
        ({"bit_depth": "20"}, UsageError),
        ({"container": "flac", "bit_depth": "32f"}, UsageError),
        ({"sample_rate": 0}, UsageError),
        ({"sample_rate": 768_000}, UsageError),
        ({"target_lufs": float("nan")}, ParameterError),
        ({"target_lufs": 0.1}, ParameterError),
        ({"target_lufs": -60.1}, ParameterError),
    ],
)
def test_impossible_delivery(change: dict[str, object], error: type[GlassmasterError]) -> None:
    with pytest.raises(error) as caught:
        dataclasses.replace(DELIVERY, **change)
    assert caught.value.exit_code == 64
