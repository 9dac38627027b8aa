from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_recipe_and_report_are_written_and_named(run: Any, mix: Path, tmp_path: Path) -> None:
    recipe, folder = tmp_path / "r.json", tmp_path / "new" / "reports"
    arguments = ("--recipe", recipe, "--report", folder, "--json")
    done = run("master", mix, "-o", tmp_path / "m.wav", *arguments)
    assert done.code == 0
    assert done.file["recipe"] == str(recipe)
    assert Path(done.file["report"]) == folder / "m-report.html"
    assert "<html" in (folder / "m-report.html").read_text(encoding="utf-8")
    assert '"dither_seed"' in recipe.read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.wav", "new", "r.json"]


def test_reports_of_one_name_do_not_replace_each_other(run: Any, mix: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mix.wav").write_bytes(mix.read_bytes())
    mixes = [tmp_path / folder / "mix.wav" for folder in ("a", "b")]
    folder = tmp_path / "reports"
    done = run("master", *mixes, "--report", folder, "--force", "--json")
    assert done.code == 74
    assert [entry["exit_code"] for entry in done.document["files"]] == [0, 74]
    assert done.document["files"][1]["error"]["path"] == str(folder / "mix-master-report.html")
    assert not (tmp_path / "b" / "mix-master.wav").exists()  # noticed before the work

    page = folder / "mix-master-report.html"
    page.write_text("of an older song")
    done = run("master", mix, "-o", tmp_path, "--report", folder, "--json")
    assert (done.code, done.error_code) == (74, "exists")
    assert page.read_text() == "of an older song"
    assert not (tmp_path / "mix-master.wav").exists()
    assert run("master", mix, "-o", tmp_path, "--report", folder, "--force").code == 0
    assert "<html" in page.read_text(encoding="utf-8")


def test_the_nearest_to_a_profile_says_what_was_missed(run: Any, mix: Path, tmp_path: Path) -> None:
    refused = run("master", mix, "-o", tmp_path / "m.wav", "--profile", "club", "--json")
    if refused.code != 3:
        pytest.skip("this mix can be as loud as that")
    arguments = ("--profile", "club", "--nearest", "--json")
    done = run("master", mix, "-o", tmp_path / "m.wav", *arguments)
    reached = done.file["after"]["integrated_lufs"]
    assert done.file["shortfall_lufs"] == -9.0
    assert f"-9.0 LUFS was asked for; {reached:.1f} LUFS is the nearest" in " ".join(
        done.err.split()
    )
