from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from glassmaster.inference.presets.reading import read_given_settings
from glassmaster.inference.presets.template import template

AUTO_EQ = "Preamp: -6 dB\nFilter 1: ON PK Fc 250 Hz Gain -2.5 dB Q 1.2\n"
SHEET = (
    "settings:\n"
    "  equalizer: {low_gain_db: -2.5}\n"
    "  multiband_compressor: {low_ratio: 2, low_threshold_dbfs: -28}\n"
)
COMPRESSOR = (
    "settings:\n  compressor: {threshold_dbfs: -20, ratio: 2, attack_ms: 30, release_ms: 200}\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def text(content: str, name: str = "human.yaml") -> Path:
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return text


def test_without_a_file_the_template_is_shown_or_written(run: Any, tmp_path: Path) -> None:
    shown = run("settings")
    assert shown.code == 0
    assert shown.err.strip() == template().strip()
    path = tmp_path / "mine.yaml"
    written = run("settings", "-o", path, "--json")
    assert (written.code, written.document["files"]) == (0, [])
    assert path.read_text("utf-8") == template()
    again = run("settings", "-o", path, "--json")
    assert (again.code, again.error_code) == (74, "exists")
    assert run("settings", "-o", path, "--force").code == 0


def test_a_file_is_shown_as_it_is_understood(run: Any, write: Any) -> None:
    path = write(AUTO_EQ, "ParametricEQ.txt")
    done = run("settings", path, "--json")
    assert done.code == 0
    assert done.file["form"] == "Equalizer APO"
    assert done.file["stages"] == ["equalizer"]
    assert done.file["settings"]["equalizer"]["values"]["low_gain_db"] == -2.5
    assert done.warnings == {"equalizer_taken_over", "level_left_out"}
    for words in ("Equalizer APO, with equalizer", "low gain", "-2.5  dB", "A preamp of -6 dB"):
        assert words in done.err


def test_what_is_written_says_the_same(run: Any, write: Any, tmp_path: Path) -> None:
    for content, name in ((AUTO_EQ, "eq.txt"), (SHEET, "sheet.yaml")):
        out = tmp_path / f"{name}-out.yaml"
        assert run("settings", write(content, name), "-o", out).code == 0
        first, second = read_given_settings(tmp_path / name), read_given_settings(out)
        assert second.form == "settings"
        assert (second.stages, second.settings) == (first.stages, first.settings)
        assert [(each.key, each.level_dbfs) for each in second.thresholds] == [
            (each.key, each.level_dbfs) for each in first.thresholds
        ]


def test_levels_are_fitted_to_a_mix(run: Any, write: Any, mix: Path, tmp_path: Path) -> None:
    path, out = write(COMPRESSOR), tmp_path / "out.yaml"
    refused = run("settings", path, "-o", out, "--json")
    assert (refused.code, refused.error_code) == (64, "needs_mix")
    assert "--mix" in refused.err
    assert not out.exists()
    done = run("settings", path, "--mix", mix, "-o", out, "--json")
    assert done.code == 0
    document = yaml.safe_load(out.read_text("utf-8"))
    shown = done.file["settings"]["multiband_compressor"]["values"]
    assert document["settings"]["multiband_compressor"] == shown
    assert len(done.file["levels"]) == 4
    mix_lufs = run("analyze", mix, "--json").file["integrated_lufs"]
    # the level of the whole signal is not far from its loudness
    assert shown["low_threshold_db"] == pytest.approx(-20.0 - mix_lufs, abs=6.0)


def test_refusals_name_file_and_entry(run: Any, write: Any, tmp_path: Path) -> None:
    wrong = write("settings: {equalizer: {low_gain_db: 12}}")
    done = run("settings", wrong, "--json")
    assert (done.code, done.error_code) == (64, "out_of_range")
    assert "human.yaml: equalizer: low_gain_db is 12.0; it must lie in [-8.0, 8.0]" in done.err
    missing = run("settings", tmp_path / "nothing.yaml", "--json")
    assert (missing.code, missing.error_code) == (65, "not_found")
    own = run("settings", wrong, "-o", wrong, "--force")
    assert own.code == 74
    assert run("settings", "--mix", wrong).code == 64


def test_the_template_is_there_at_once() -> None:
    code = (
        "import sys; from glassmaster.inference.cli import main; main(['settings']); "
        "print(sorted({'numba', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
