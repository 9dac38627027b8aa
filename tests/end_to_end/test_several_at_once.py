from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 10.0
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def mixes(tmp_path_factory: pytest.TempPathFactory, song: Audio) -> list[Path]:
    folder = tmp_path_factory.mktemp("mixes")
    made = []
    for place in range(4):
        path = folder / f"{place}.wav"
        samples = np.roll(song.samples, 1000 * place, 1).T * (1.0 - 0.1 * place)
        soundfile.write(path, np.tile(samples, (3, 1)), song.sample_rate, subtype="PCM_24")
        made.append(path)
    made.insert(2, folder / "missing.wav")
    return made


@pytest.fixture(scope="module")
def alone(mixes: list[Path], command: list[str], tmp_path_factory: Any) -> tuple[Any, ...]:
    return mastered(command, mixes, tmp_path_factory.mktemp("alone"))


def mastered(command: list[str], mixes: list[Path], folder: Path, *words: str) -> tuple[Any, ...]:
    done = subprocess.run(
        [*command, "master", *map(str, mixes), "-o", str(folder), "--json", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return told(done.returncode, done.stdout, done.stderr, folder)


def told(code: int, out: str, err: str, folder: Path) -> tuple[Any, ...]:
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    return code, out.replace(str(folder), "OUT"), err.replace(str(folder), "OUT"), made


def test_two_processes_do_what_one_does(
    command: list[str], mixes: list[Path], alone: tuple[Any, ...], tmp_path: Path
) -> None:
    found = mastered(command, mixes, tmp_path, "--jobs", "2")
    assert found == alone
    code, out, _, made = found
    assert code == 65
    assert [Path(entry["path"]).name for entry in json.loads(out)["files"]] == [
        path.name for path in mixes
    ]
    assert len(made) == 4


def test_a_cluster_does_what_one_process_does(
    command: list[str], mixes: list[Path], alone: tuple[Any, ...], tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="the extra cluster is not installed")
    assert mastered(command, mixes, tmp_path, "--engine", "ray") == alone


@needs_proc
def test_a_killed_worker_loses_no_master(
    command: list[str],
    mixes: list[Path],
    alone: tuple[Any, ...],
    tmp_path: Path,
    workers_of: Callable[[int], list[int]],
) -> None:
    words = [*command, "master", *map(str, mixes), "-o", str(tmp_path), "--json", "--jobs", "2"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for_partial(tmp_path, process)
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        out, err = process.communicate()
    assert told(process.returncode, out, err, tmp_path) == alone


def wait_for_partial(folder: Path, process: subprocess.Popen[str]) -> None:
    while not any("glassmaster-partial" in path.name for path in folder.iterdir()):
        assert process.poll() is None
        time.sleep(0.001)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_is_left_behind(
    command: list[str],
    mixes: list[Path],
    tmp_path: Path,
    number: signal.Signals,
    workers_of: Callable[[int], list[int]],
) -> None:
    words = [*command, "master", *map(str, mixes), "-o", str(tmp_path), "--json", "--jobs", "2"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_for_partial(tmp_path, process)
        workers = workers_of(process.pid)
        assert workers
        asked = time.monotonic()
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        out, err = process.communicate()
    wait_until_gone(workers)
    assert not any("partial" in path.name for path in tmp_path.iterdir())
    if number == signal.SIGKILL:
        return
    assert time.monotonic() - asked < 4.0
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    assert json.loads(out)["error"]["code"] in ("interrupted", "terminated")


def test_one_name_for_two_masters_is_refused_as_by_one_process(
    command: list[str], mixes: list[Path], tmp_path: Path
) -> None:
    twin = tmp_path / "twin" / mixes[0].name
    twin.parent.mkdir()
    twin.write_bytes(mixes[1].read_bytes())
    found = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        out.mkdir()
        found.append(mastered(command, [mixes[0], twin, mixes[3]], out, "--jobs", jobs))
    assert found[0] == found[1]
    assert found[0][0] == 74
    assert len(found[0][3]) == 2


def test_files_are_analyzed_and_checked_in_two_processes(run: Any, mixes: list[Path]) -> None:
    for words in (("analyze",), ("check", "--profile", "all")):
        one = run(words[0], *mixes, *words[1:], "--json")
        two = run(words[0], *mixes, *words[1:], "--json", "--jobs", 2)
        assert (one.code, one.out, one.err) == (two.code, two.out, two.err)


def test_wrong_engines_are_wrong_usage(run: Any, mix: Path) -> None:
    for words in (("--engine", "moon"), ("--jobs", "0"), ("--jobs", "2", "--engine", "this")):
        done = run("master", mix, *words, "--json")
        assert (done.code, done.document["files"]) == (64, [])
