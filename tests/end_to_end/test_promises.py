from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from glassmaster.data.audio import Audio
from glassmaster.inference import producing
from glassmaster.inference.recipe import load_recipe, recorded_hash, save_recipe


def test_a_mix_that_changes_meanwhile_is_refused(
    run: Any, mix: Path, other_mix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = tmp_path / "changing.wav"
    shutil.copy(mix, changing)
    resolve_input = producing.resolve_input

    def export_again(*arguments: Any) -> Any:
        shutil.copy(other_mix, changing)
        return resolve_input(*arguments)

    monkeypatch.setattr(producing, "resolve_input", export_again)
    done = run("master", changing, "-o", tmp_path / "m.wav", "--json")
    assert (done.code, done.error_code) == (65, "changed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changing.wav"]


@pytest.mark.parametrize(
    "edit",
    [{"loudness_gain_db": 40.0}, {"ceiling_dbtp": -5.0}, {"dither_seed": 1}],
    ids=lambda edit: next(iter(edit)),
)
def test_recorded_numbers_that_were_edited_are_not_believed(
    run: Any, mix: Path, tmp_path: Path, edit: dict[str, float]
) -> None:
    recipe = tmp_path / "r.yaml"
    assert run("master", mix, "-o", tmp_path / "1.wav", "--recipe", recipe).code == 0
    document = yaml.safe_load(recipe.read_text("utf-8"))
    document["resolved"].update(edit)
    recipe.write_text(yaml.safe_dump(document), "utf-8")
    done = run("render", recipe, mix, "-o", tmp_path / "2.wav", "--json")
    assert done.code == 0
    assert "resolved_anew" in done.warnings
    assert (tmp_path / "1.wav").read_bytes() == (tmp_path / "2.wav").read_bytes()


def test_a_recording_above_its_own_ceiling_is_not_delivered(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.yaml"
    run("master", mix, "-o", tmp_path / "1.wav", "--recipe", path, "--true-peak", "-3")
    recipe = load_recipe(path)
    assert recipe.resolved is not None
    # a recording that claims to belong to its settings, and aims above their ceiling
    from dataclasses import replace

    resolved = replace(recipe.resolved, ceiling_dbtp=-3.0, loudness_gain_db=14.0)
    digest = recorded_hash(recipe.settings, recipe.delivery, resolved)
    save_recipe(replace(recipe, resolved=replace(resolved, settings_hash=digest)), path, force=True)
    done = run("render", path, mix, "-o", tmp_path / "2.wav", "--json")
    assert (done.code, done.error_code) == (1, "limits_missed")
    assert not (tmp_path / "2.wav").exists()


@pytest.mark.parametrize("ceiling", [-0.3, -1.0, -3.0])
def test_an_explicit_ceiling_is_the_one_that_is_judged(
    run: Any, mix: Path, tmp_path: Path, ceiling: float
) -> None:
    done = run("master", mix, "-o", tmp_path / "m.wav", "--true-peak", ceiling, "--json")
    assert done.code == 0
    assert done.file["compliance"]["complies"]
    assert done.file["after"]["true_peak_dbtp"] <= ceiling


def test_an_explicit_loudness_takes_the_place_of_the_profile_s(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    done = run(
        *("master", mix, "-o", tmp_path / "m.wav", "--json"),
        *("--profile", "ebu_r128", "--lufs", "-20"),
    )
    assert done.code == 0
    assert done.file["after"]["integrated_lufs"] == pytest.approx(-20.0, abs=0.1)


def test_a_very_quiet_mix_is_not_blown_up_without_being_asked(
    run: Any, song: Audio, tmp_path: Path
) -> None:
    quiet = tmp_path / "quiet.wav"
    soundfile.write(quiet, (song.samples * np.float32(0.004)).T, song.sample_rate, "PCM_24")
    done = run("master", quiet, "-o", tmp_path / "m.wav", "--json")
    assert done.code == 0
    assert "gain_limited" in done.warnings
    raised = done.file["after"]["integrated_lufs"] - done.file["before"]["integrated_lufs"]
    assert raised == pytest.approx(30.0, abs=0.1)
    done = run("master", quiet, "-o", tmp_path / "loud.wav", "--lufs", "-20", "--json")
    assert done.code == 0
    assert done.file["after"]["integrated_lufs"] == pytest.approx(-20.0, abs=0.1)
