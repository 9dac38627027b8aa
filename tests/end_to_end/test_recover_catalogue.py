from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import STYLES, compose
from glassmaster.models.settings import default_settings
from glassmaster.training.benchmark.delivery import deliver_audio

RATE = 44_100
LATE = 900
TITLES = ("Amber Road", "Birch Hill", "Cedar Lane", "Delta Moon")
CHANGED = TITLES[3]

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def write(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples.T, RATE, subtype="PCM_24")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs, of which two are but louder, and one whose master was replaced since."""
    root = tmp_path_factory.mktemp("studio")
    treble = default_settings().with_block("equalizer", {"high_shelf_gain_db": 3.0})
    for place, title in enumerate(TITLES):
        mix = compose(6 + place, style=STYLES[place % len(STYLES)], duration_s=9.0).mix.samples
        made = 1.2 * mix
        if place == 0:
            made = deliver_audio(mix, RATE, -14.0, settings=treble).samples
        write(root / "Mixes" / f"{title} mix.wav", mix)
        write(root / "Masters" / f"{title} master.wav", np.pad(made, ((0, 0), (LATE, 0))))
    return root


@pytest.fixture(scope="module")
def catalogue(studio: Path, command: list[str], tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("catalogue") / "studio.glassmaster"
    subprocess.run([*command, "catalogue", "scan", str(studio), "-o", str(path)], check=True)
    changed = studio / "Masters" / f"{CHANGED} master.wav"
    changed.write_bytes(changed.read_bytes() + b"\0")
    return path


Told = tuple[int, str, str, dict[str, str]]

OUT = "recovered"
"""Folder of all that is written, below the one that a run is started in."""


def picture(folder: Path) -> dict[str, str]:
    """Return all that a run wrote."""
    assert not any("partial" in path.name for path in (folder / OUT).iterdir())
    return {path.name: path.read_text() for path in (folder / OUT).iterdir()}


def words_of(catalogue: Path, *more: object) -> list[str]:
    given = ("catalogue", "recover", catalogue, "-o", OUT, "--report", OUT, *more, "--json")
    return [str(word) for word in given]


def recovered(
    command: list[str], catalogue: Path, folder: Path, engine: str, **environment: str
) -> Told:
    done = subprocess.run(
        [*command, *words_of(catalogue, "--engine", engine)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr, picture(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def alone(command: list[str], catalogue: Path, home: Path) -> Told:
    """What one process writes and says, given two threads."""
    threads = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    return recovered(command, catalogue, home, "this", **threads)


def test_each_pair_has_its_files(
    alone: Told,
    home: Path,
    run: Any,
    tmp_path: Path,
    schema_problems: Callable[[Any, str], list[str]],
) -> None:
    code, out, _, made = alone
    entries = json.loads(out)["files"]
    assert code == 65
    masters = [Path(entry["master"]).name for entry in entries]
    assert masters == [f"{title} master.wav" for title in TITLES]
    assert [entry["status"] for entry in entries] == ["ok", "ok", "ok", "error"]
    assert entries[3]["error"]["code"] == "changed"
    assert len(made) == 9
    recipe, details = (home / entries[0][name] for name in ("recipe", "details"))
    assert recipe.name.startswith("Amber Road master ")
    assert schema_problems(json.loads(details.read_text()), "recovered_pair.json") == []
    mix, master = Path(entries[0]["path"]), Path(entries[0]["master"])
    single = tmp_path / "single.yaml"
    assert run("recover", mix, master, "-o", single).code == 0
    assert single.read_text() == recipe.read_text()
    again = tmp_path / "again.wav"
    assert run("render", recipe, mix, "-o", again).code in (0, 2)  # as loud as the master
    rendered, wanted = (soundfile.read(path)[0] for path in (again, master))
    rest = np.square(rendered - wanted[LATE:]).sum() / np.square(wanted).sum()
    assert 10.0 * np.log10(rest) <= -45.0


@pytest.mark.parametrize("engine", ["processes:2", "ray"])
def test_two_workers_make_what_one_process_makes(
    command: list[str], catalogue: Path, alone: Told, tmp_path: Path, engine: str
) -> None:
    if engine == "ray":
        pytest.importorskip("ray", reason="the extra cluster is not installed")
    assert recovered(command, catalogue, tmp_path, engine) == alone


@needs_proc
def test_killed_workers_lose_nothing(
    command: list[str],
    catalogue: Path,
    alone: Told,
    tmp_path: Path,
    workers_of: Callable[[int], list[int]],
) -> None:
    with begun(command, catalogue, tmp_path) as process:
        for worker in workers_of(process.pid):  # one writes, another is in the middle of a song
            os.kill(worker, signal.SIGKILL)
        out, err = process.communicate()
    # what was all written but not yet told of when its worker was killed, is told of as kept
    told = out.replace('"kept": true', '"kept": false')
    assert (process.returncode, told, picture(tmp_path)) == (alone[0], alone[1], alone[3])
    assert "Traceback" not in err
    if told == out:
        assert err == alone[2]


def begun(command: list[str], catalogue: Path, folder: Path) -> subprocess.Popen[str]:
    """Start two processes, and return when the first has something to write."""
    process = subprocess.Popen(
        [*command, *words_of(catalogue, "--jobs", 2)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120.0
    while not any((folder / OUT).glob("*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return process


def test_a_killed_run_goes_on(
    run: Any,
    command: list[str],
    catalogue: Path,
    alone: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with begun(command, catalogue, tmp_path) as process:
        process.kill()
        process.communicate()
    monkeypatch.chdir(tmp_path)
    assert run(*words_of(catalogue, "--jobs", 1)).code == 65
    assert picture(tmp_path) == alone[3]


def test_what_was_recovered_is_kept(
    run: Any,
    catalogue: Path,
    alone: Told,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = shutil.copytree(home / OUT, tmp_path / OUT)
    louder, edited = sorted(folder.glob("[BC]*.yaml"))
    edited.write_text(edited.read_text() + "# mine\n")
    words = words_of(catalogue, "--jobs", 1)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = run(*words)
    assert [entry.get("kept") for entry in again.document["files"]] == [True, True, True, None]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    # another version of the program makes its own anew, but nothing that a person has changed
    for path in folder.glob("Amber*"):
        path.unlink()
    module = "glassmaster.training.recovery.catalogued"
    monkeypatch.setattr(f"{module}.pairs_to_recover", only(module, ("Birch", "Cedar")))
    monkeypatch.setattr(f"{module}.release", lambda: "0.0.1 abc")
    outdated = run(*words)
    assert outdated.code == 74
    assert [entry.get("kept") for entry in outdated.document["files"]] == [False, None]
    assert louder.stat().st_mtime_ns > before[louder.name]
    assert edited.read_text().endswith("# mine\n")
    assert outdated.document["files"][1]["error"]["code"] == "exists"
    forced = run(*words, "--force")
    assert [entry["kept"] for entry in forced.document["files"]] == [True, False]
    assert not edited.read_text().endswith("# mine\n")


def only(module: str, titles: tuple[str, ...]) -> Callable[[Any], list[Any]]:
    """Return what lists the pairs of a catalogue that are called so."""
    from importlib import import_module

    every = import_module(module).pairs_to_recover
    return lambda catalogue: [p for p in every(catalogue) if p.master.name.startswith(titles)]


def test_a_catalogue_without_pairs_is_refused(run: Any, studio: Path, tmp_path: Path) -> None:
    path = tmp_path / "empty.glassmaster"
    assert run("catalogue", "scan", studio / "Mixes", "-o", path).code == 0
    done = run("catalogue", "recover", path, "-o", tmp_path / "out", "--json")
    assert (done.code, done.document["error"]["code"]) == (65, "few_pairs")
    assert not (tmp_path / "out").exists()
