from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
import yaml

from glassmaster.data.audio import Audio


@pytest.fixture(scope="module")
def recipe_text(mix: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    from glassmaster.inference.cli import main

    folder = tmp_path_factory.mktemp("recipe")
    recipe = folder / "r.yaml"
    assert main(["master", str(mix), "-o", str(folder / "m.wav"), "--recipe", str(recipe)]) == 0
    return recipe.read_text(encoding="utf-8")


@pytest.fixture
def recipe(recipe_text: str, tmp_path: Path) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(recipe_text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("m.wav", ("--bit-depth", "24")),
        ("m.wav", ("--bit-depth", "16")),
        ("m.wav", ("--bit-depth", "32f")),
        ("m.flac", ("--bit-depth", "24")),
        ("m.aiff", ("--bit-depth", "32f", "--sample-rate", "48000")),
        ("m.wav", ("--lufs", "-13", "--true-peak", "-2", "--amount", "0.6")),
        ("m.wav", ("--lufs", "-5", "--nearest")),
    ],
)
def test_recipe_gives_the_same_bytes(
    run: Any, sha256: Any, mix: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    for suffix in ("yaml", "json"):
        recipe, first = tmp_path / f"r.{suffix}", tmp_path / f"1-{suffix}-{name}"
        assert run("master", mix, "-o", first, "--recipe", recipe, *options).code == 0
        again = tmp_path / f"2-{suffix}-{name}"
        done = run("render", recipe, mix, "-o", again, "--json")
        assert done.code == 0
        assert "resolved_anew" not in done.warnings
        assert sha256(first) == sha256(again)


def test_new_tags_of_the_mix_leave_the_audio_alone(
    run: Any, read_samples: Any, tmp_path: Path, song: Audio, recipe: Path
) -> None:
    tagged = tmp_path / "tagged.flac"
    with soundfile.SoundFile(tagged, "w", 44_100, 2, "PCM_24", format="FLAC") as file:
        file.title = "Another name"
        file.write(song.samples.T)
    plain = tmp_path / "plain.wav"
    soundfile.write(plain, song.samples.T, 44_100, subtype="PCM_24")
    for mix in (tagged, plain):
        done = run("render", recipe, mix, "-o", tmp_path / f"{mix.stem}-m.wav", "--json")
        assert done.code == 0
        assert "resolved_anew" not in done.warnings
    masters = [read_samples(tmp_path / f"{stem}-m.wav")[0] for stem in ("tagged", "plain")]
    assert (masters[0] == masters[1]).all()


def test_edited_settings_are_solved_anew_and_said_so(
    run: Any, read_samples: Any, mix: Path, tmp_path: Path, recipe: Path
) -> None:
    document = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    document["settings"]["equalizer"]["values"]["high_shelf_gain_db"] = 4.0
    document["delivery"]["target_lufs"] = -14.0
    recipe.write_text(yaml.safe_dump(document), encoding="utf-8")
    saved = tmp_path / "used.yaml"
    done = run("render", recipe, mix, "-o", tmp_path / "a.wav", "--save", saved, "--json")
    assert done.code == 0
    assert "resolved_anew" in done.warnings
    assert "edited" in done.err
    assert done.file["after"]["integrated_lufs"] == pytest.approx(-14.0, abs=0.1)
    # the recipe as used holds again
    again = run("render", saved, mix, "-o", tmp_path / "b.wav", "--json")
    assert "resolved_anew" not in again.warnings
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_another_mix_is_refused_unless_asked_for(
    run: Any, other_mix: Path, tmp_path: Path, recipe: Path
) -> None:
    output = tmp_path / "m.wav"
    refused = run("render", recipe, other_mix, "-o", output, "--json")
    assert (refused.code, refused.error_code) == (65, "other_input")
    assert "--resolve" in refused.file["error"]["message"]
    assert not output.exists()
    done = run("render", recipe, other_mix, "-o", output, "--resolve", "--json")
    assert done.code == 0
    assert "resolved_anew" in done.warnings


def test_recipe_without_resolved_part_is_solved(
    run: Any, mix: Path, tmp_path: Path, recipe: Path
) -> None:
    document = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    del document["resolved"]
    recipe.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = run("render", recipe, mix, "-o", tmp_path / "m.wav", "--json")
    assert done.code == 0
    assert done.file["after"]["true_peak_dbtp"] <= -1.0


def replacing(pattern: str, by: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        edited, count = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
        assert count == 1
        return edited

    return edit


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
DAMAGED: dict[str, tuple[str, Callable[[str], str]]] = {
    "another version": ("recipe_version", replacing(r"^recipe: 1", "recipe: 2")),
    "no version": ("recipe_version", replacing(r"^recipe: 1\n", "")),
    "unknown entry": ("damaged_recipe", lambda text: text + "extra: 1\n"),
    "unknown entry of the delivery": ("damaged_recipe", replacing("  prof", "  p: a\n  prof")),
    "unknown entry of resolved": ("damaged_recipe", replacing("  dither", "  s: 1\n  dither")),
    "unknown parameter": ("unknown_parameter", replacing("low_trim_db:", "low_trimmed_db:")),
    "unknown block": ("unknown_parameter", replacing("  saturator:", "  exciter:")),
    "unknown entry of a block": ("unknown_parameter", replacing("    bypass:", "    bypas:")),
    "no delivery": ("damaged_recipe", replacing(r"^delivery:", "versions:")),
    "an entry twice": ("damaged_recipe", lambda text: text + "recipe: 1\n"),
    "truth for a number": ("no_number", replacing("low_trim_db: .*", "low_trim_db: true")),
    "missing entry": ("damaged_recipe", replacing(r"^  dither_seed: .*\n", "")),
    "out of range": ("out_of_range", replacing("low_trim_db: .*", "low_trim_db: 99")),
    "NaN": ("out_of_range", replacing("low_corner_hz: .*", "low_corner_hz: .nan")),
    "infinite": ("out_of_range", replacing("low_corner_hz: .*", "low_corner_hz: .inf")),
    "text for a number": ("damaged_recipe", replacing("low_corner_hz: .*", "low_corner_hz: low")),
    "nothing for a number": ("damaged_recipe", replacing("low_corner_hz: .*", "low_corner_hz:")),
    "gain NaN": ("damaged_recipe", replacing("loudness_gain_db: .*", "loudness_gain_db: .nan")),
    "gain absurd": ("damaged_recipe", replacing("loudness_gain_db: .*", "loudness_gain_db: 1e9")),
    "gain text": ("damaged_recipe", replacing("loudness_gain_db: .*", "loudness_gain_db: loud")),
    "seed negative": ("damaged_recipe", replacing("dither_seed: .*", "dither_seed: -7")),
    "seed huge": ("damaged_recipe", replacing("dither_seed: .*", f"dither_seed: {1 << 70}")),
    "seed no whole number": ("damaged_recipe", replacing("dither_seed: .*", "dither_seed: 1.5")),
    "aims too high": ("damaged_recipe", replacing(r"^  ceiling_dbtp: .*", "  ceiling_dbtp: 3")),
    "rate no whole number": ("damaged_recipe", replacing("sample_rate: .*", "sample_rate: 44.1")),
    "rate 0": ("unknown_format", replacing("sample_rate: .*", "sample_rate: 0")),
    "container": ("unknown_format", replacing("container: .*", "container: exe")),
    "bit depth": ("unknown_format", replacing("bit_depth: .*", "bit_depth: 20")),
    "profile": ("unknown_profile", replacing("profile: .*", "profile: ../../x")),
    "target": ("out_of_range", replacing("target_lufs: .*", "target_lufs: 12")),
    "target NaN": ("damaged_recipe", replacing("target_lufs: .*", "target_lufs: .nan")),
    "not YAML": ("damaged_recipe", lambda text: "{" + text),
    "aliases": ("damaged_recipe", lambda text: BOMB),
    "deep": ("damaged_recipe", lambda text: "[" * 300_000),
    "an object": ("damaged_recipe", lambda text: "!!python/object/apply:os.system [id]\n"),
    "a list": ("damaged_recipe", lambda text: "- 1\n"),
    "a settings list": ("damaged_recipe", lambda text: "recipe: 1\nsettings: [1]\ndelivery: {}\n"),
    "binary": ("damaged_recipe", lambda text: "\0\1\2"),
    "too large": ("damaged_recipe", lambda text: "#" * (1 << 21)),
    "empty": ("empty_file", lambda text: ""),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_recipe_is_refused(
    run: Any, mix: Path, tmp_path: Path, recipe: Path, case: str
) -> None:
    code, edit = DAMAGED[case]
    recipe.write_text(edit(recipe.read_text(encoding="utf-8")), encoding="utf-8")
    done = run("render", recipe, mix, "-o", tmp_path / "m.wav", "--json")
    assert (done.code, done.error_code) == (65, code)
    assert done.document["error"]["path"] == str(recipe)
    assert done.err.count("\n") == 1
    assert "r.yaml" in done.err
    assert "internal" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["r.yaml"]


def test_limiter_cannot_be_bypassed(run: Any, mix: Path, tmp_path: Path, recipe: Path) -> None:
    document = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    document["settings"]["limiter"]["bypass"] = True
    recipe.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = run("render", recipe, mix, "-o", tmp_path / "m.wav", "--json")
    assert (done.code, done.error_code) == (65, "limiter_bypassed")
    assert done.document["files"] == []  # before the mix is read
    assert done.document["error"]["message"].startswith(f"{recipe}: ")
    assert not (tmp_path / "m.wav").exists()


def test_an_older_report_stays_without_force(
    run: Any, mix: Path, tmp_path: Path, recipe: Path
) -> None:
    page = tmp_path / "m-report.html"
    page.write_text("older")
    words = ("render", recipe, mix, "-o", tmp_path / "m.wav", "--report", tmp_path, "--json")
    done = run(*words)
    assert (done.code, done.error_code) == (74, "exists")
    assert page.read_text() == "older"
    assert not (tmp_path / "m.wav").exists()
    assert run(*words, "--force").code == 0
    assert "<html" in page.read_text(encoding="utf-8")


def test_what_a_recipe_says_moves_no_cursor(
    run: Any, mix: Path, tmp_path: Path, recipe: Path
) -> None:
    text = recipe.read_text(encoding="utf-8")
    named = text.replace("predictor: network", 'predictor: "\\e[31mx"')
    assert named != text
    for sly in ('"\\e[2J\\nx": 1\n' + text, named):
        recipe.write_text(sly, encoding="utf-8")
        done = run("render", recipe, mix, "-o", tmp_path / "m.wav")
        assert done.code == 65
        assert "\x1b" not in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("value", ["'false'", "'no'", "3", "[]"])
def test_bypass_is_yes_or_no(run: Any, mix: Path, tmp_path: Path, recipe: Path, value: str) -> None:
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("    bypass: false", f"    bypass: {value}", 1), "utf-8")
    assert run("render", recipe, mix, "-o", tmp_path / "m.wav", "--json").code == 65


def test_not_a_recipe_file_is_refused_at_once(run: Any, mix: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, code in (
        (tmp_path / "missing.yaml", "not_found"),
        (tmp_path, "not_a_file"),
        (tmp_path / "pipe", "not_a_file"),
        (Path("/dev/zero"), "not_a_file"),
    ):
        done = run("render", path, mix, "-o", tmp_path / "m.wav", "--json")
        assert (done.code, done.error_code) == (65, code)


def test_no_name_is_used_twice(run: Any, mix: Path, tmp_path: Path, recipe: Path) -> None:
    for output in (recipe, mix):
        before = output.read_bytes()
        done = run("render", recipe, mix, "-o", output, "--force", "--json")
        assert (done.code, done.error_code) == (74, "would_overwrite_input")
        assert output.read_bytes() == before
    same = tmp_path / "same.wav"
    assert run("render", recipe, mix, "-o", same, "--save", same).code == 64
    assert run("master", mix, "-o", same, "--recipe", same).code == 64
    before = recipe.read_bytes()
    taken = run("render", recipe, mix, "-o", same, "--save", recipe, "--json")
    assert taken.code == 74
    assert recipe.read_bytes() == before
    assert not same.exists()
