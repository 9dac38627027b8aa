from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.synthetic import compose

RATE = 44_100


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("studio")
    song = compose(51, style="hiphop", duration_s=14.0)
    mix = song.mix.samples.astype(np.float64)
    (root / "Mixes").mkdir()
    for name, x in (
        ("Mixes/Slow Train mix2.wav", mix),
        ("Mixes/Slow Train instrumental.wav", mix - song.stems["vocal"]),
        ("Slow Train (Master).wav", np.pad(0.9 * np.tanh(5.0 * mix), ((0, 0), (1234, 0)))),
    ):
        soundfile.write(root / name, x.T, RATE, subtype="PCM_24")
    return root


@pytest.fixture
def catalogue(studio: Path, tmp_path: Path, run: Any) -> Path:
    path = tmp_path / "studio.glassmaster"
    found = run("catalogue", "scan", studio, "-o", path, "--json")
    assert found.code == 0
    assert found.file["scan"]["measured"] == 3
    return path


def statuses(outcome: Any) -> dict[str, str]:
    return {Path(pair["mix"]).name: pair["status"] for pair in outcome.file["pairs"]}


def test_scan_finds_the_pair(catalogue: Path, studio: Path, run: Any) -> None:
    again = run("catalogue", "scan", studio, "--catalogue", catalogue, "--json")
    assert again.code == 0
    assert again.file["scan"] == {"files": 3, "measured": 0, "compared": 0, "gone": 0}
    (pair,) = again.file["pairs"]
    assert (Path(pair["mix"]).name, pair["status"]) == ("Slow Train mix2.wav", "sure")
    assert pair["alignment"]["segments"][0]["offset_samples"] == 1234
    files = {Path(file["path"]).name: file for file in again.file["catalogued"]}
    assert files["Slow Train (Master).wav"]["role"] == "master"
    assert files["Slow Train mix2.wav"]["version"] == 2
    assert "another version" in files["Slow Train instrumental.wav"]["remark"]


def test_list_tells_people_and_machines(catalogue: Path, run: Any) -> None:
    told = run("catalogue", "list", catalogue)
    assert told.code == 0
    assert "1 sure" in told.err
    assert "1234 samples" in told.err
    assert statuses(run("catalogue", "list", catalogue, "--json")) == {
        "Slow Train mix2.wav": "sure"
    }


def test_pair_rejects_and_confirms(catalogue: Path, studio: Path, run: Any) -> None:
    mix = studio / "Mixes/Slow Train mix2.wav"
    master = studio / "Slow Train (Master).wav"
    rejected = run("catalogue", "pair", catalogue, mix, master, "--reject", "--json")
    assert rejected.code == 0
    assert statuses(rejected) == {"Slow Train mix2.wav": "rejected"}
    confirmed = run("catalogue", "pair", catalogue, mix, master, "--json")
    assert statuses(confirmed) == {"Slow Train mix2.wav": "confirmed"}
    bare = studio / "Mixes/Slow Train instrumental.wav"
    refused = run("catalogue", "pair", catalogue, bare, master, "--json")
    assert (refused.code, refused.error_code) == (65, "other_performance")
    unknown = run("catalogue", "pair", catalogue, studio / "none.wav", master, "--json")
    assert (unknown.code, unknown.error_code) == (65, "not_in_catalogue")


def test_what_cannot_be_done_is_told(studio: Path, tmp_path: Path, run: Any) -> None:
    missing = run("catalogue", "list", tmp_path / "none", "--json")
    assert (missing.code, missing.error_code) == (65, "not_found")
    other = tmp_path / "song.wav"
    other.write_bytes((studio / "Slow Train (Master).wav").read_bytes())
    refused = run("catalogue", "scan", studio, "-o", other, "--json")
    assert (refused.code, refused.error_code) == (65, "not_a_catalogue")
    assert other.stat().st_size > 10_000
    no_folder = run("catalogue", "scan", tmp_path / "none", "-o", tmp_path / "c", "--json")
    assert (no_folder.code, no_folder.error_code) == (65, "folder")
    assert not (tmp_path / "c").exists()
    assert run("catalogue", "scan").code == 64
    assert run("catalogue").code == 64


def test_scan_of_a_process_needs_no_torch(studio: Path, tmp_path: Path, spawn: Any) -> None:
    found = spawn("catalogue", "scan", studio, "-o", tmp_path / "c", "--json")
    assert found.code == 0
    assert statuses(found) == {"Slow Train mix2.wav": "sure"}
