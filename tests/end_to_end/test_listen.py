from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import numpy as np
import pyloudnorm
import pytest
import soundfile
from referencing import Registry, Resource

from glassmaster.data.audio import Audio
from glassmaster.inference.listening.plan import Plan

LOG = "listening.json"


class Page:
    """What the page does, without a browser."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.root = parts.netloc, parts.path

    def ask(self, method: str, name: str, document: Any = None) -> bytes:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        body = None if document is None else json.dumps(document)
        connection.request(method, self.root + name, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        assert response.status == 200, content
        return content

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.ask("GET", "state"))
        return state

    def heard(self, label: str) -> Any:
        content = self.ask("GET", f"audio/{self.state()['sources'][label]}")
        return np.frombuffer(content, "<f4").reshape(2, -1)

    def answer(self, choice: str) -> None:
        given = {"trial": self.state()["trial"], "answer": choice, "switches": 4, "listened_s": 9}
        self.ask("POST", "answer", given)


@contextmanager
def listening(command: list[str], *arguments: object) -> Iterator[tuple[Any, Page, list[str]]]:
    words = [*command, "listen", *(str(each) for each in arguments), "--no-browser"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if url := re.search(r"http://\S+", line):
                break
        else:
            pytest.fail("".join(told))
        try:
            yield process, Page(url.group(0)), told
        finally:
            if process.poll() is None:
                process.kill()


def ended(process: Any) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    return process.returncode, out, err


@pytest.fixture(scope="session")
def loud(library: Path, song: Audio) -> Path:
    path = library / "loud.wav"
    samples = np.tanh(3.0 * song.samples)
    soundfile.write(path, samples.T, song.sample_rate, subtype="PCM_24")
    return path


@pytest.fixture(scope="session")
def dark(library: Path, song: Audio) -> Path:
    path = library / "dark.flac"
    samples = 0.5 * (song.samples + np.roll(song.samples, 4, axis=1))
    soundfile.write(path, samples.T, song.sample_rate, subtype="PCM_24")
    return path


@pytest.fixture(scope="session")
def valid() -> Callable[[Any, str], None]:
    folder = files("glassmaster.configs") / "schemas"
    registry: Registry[Any] = Registry().with_resources(
        (path.name, Resource.from_contents(json.loads(path.read_text("utf-8"))))
        for path in folder.iterdir()
    )

    def validate(document: Any, part: str) -> None:
        schema = {"$ref": f"listen.json{part}"}
        jsonschema.Draft202012Validator(schema, registry=registry).validate(document)

    return validate


def test_a_test_from_files_to_result(
    command: list[str], mix: Path, loud: Path, tmp_path: Path, valid: Any, sha256: Any
) -> None:
    before = [sha256(path) for path in (mix, loud)]
    folder = tmp_path / "out"
    with listening(command, mix, loud, "-o", folder, "--trials", 6, "--json") as (
        process,
        page,
        told,
    ):
        assert "6 trials to answer at http://127.0.0.1:" in told[-1]
        levels_lufs = []
        for label in "ABX":
            samples = page.heard(label)
            meter = pyloudnorm.Meter(44_100, filter_class="DeMan")
            levels_lufs.append(meter.integrated_loudness(samples.T.astype(np.float64)))
        assert max(levels_lufs) - min(levels_lufs) < 0.1
        while page.state()["trial"] < 6:
            heard = {label: page.heard(label) for label in "ABX"}
            page.answer("A" if np.array_equal(heard["X"], heard["A"]) else "B")
            log = json.loads((folder / LOG).read_text("utf-8"))
            valid(log, "#/$defs/log")
            if log["status"] == "running":
                assert log["result"] is None
        shown = page.ask("GET", "result").decode()
        code, out, err = ended(process)
    assert code == 0
    document = json.loads(out)
    (entry,) = document["files"]
    valid(document, "")
    (pair,) = entry["result"]["pairs"]
    assert (pair["hits"], pair["trials"], pair["verdict"]) == (6, 6, "shown")
    assert pair["p_value"] == 1 / 64
    assert "You heard the difference." in err
    log = json.loads((folder / LOG).read_text("utf-8"))
    assert log["status"] == "complete"
    assert log["result"] == entry["result"]
    # what the log says can be reckoned again from its seed
    trials = Plan("abx", 2, 6, log["seed"]).all_trials()
    right = [
        t.played[a["answer"]] == t.played["X"] for t, a in zip(trials, log["answers"], strict=True)
    ]
    assert all(right)
    gains_db = [version["gain_db"] for version in log["versions"]]
    assert max(gains_db) <= 0.0
    assert gains_db[1] < -3.0
    assert (folder / "listening.html").read_text("utf-8") == shown
    assert "You heard the difference." in (folder / "listening.txt").read_text("utf-8")
    assert [sha256(path) for path in (mix, loud)] == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "listening.html",
        LOG,
        "listening.txt",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_test_that_was_ended_goes_on(
    command: list[str], mix: Path, loud: Path, tmp_path: Path, number: signal.Signals
) -> None:
    words = (mix, loud, "-o", tmp_path, "--trials", 5)
    with listening(command, *words) as (process, page, _):
        page.answer("A")
        page.answer("B")
        asked = time.monotonic()
        process.send_signal(number)
        code, _, err = ended(process)
        assert time.monotonic() - asked < 2.0
    assert code == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    if code > 0:
        assert err.splitlines()[-1].startswith("glassmaster: ")
    kept = json.loads((tmp_path / LOG).read_text("utf-8"))
    assert [each["answer"] for each in kept["answers"]] == ["A", "B"]
    assert kept["result"] is None
    with listening(command, *words) as (process, page, told):
        assert told[-1].startswith("3 trials to answer")
        assert page.state()["trial"] == 2
        for _ in range(3):
            page.answer("A")
        page.ask("GET", "result")
        assert ended(process)[0] == 0
    log = json.loads((tmp_path / LOG).read_text("utf-8"))
    assert (log["seed"], log["started"]) == (kept["seed"], kept["started"])
    assert log["answers"][:2] == kept["answers"]
    assert [each["answer"] for each in log["answers"]] == ["A", "B", "A", "A", "A"]


def test_a_log_belongs_to_one_test(
    run: Any, command: list[str], mix: Path, loud: Path, dark: Path, tmp_path: Path
) -> None:
    words = (mix, loud, "-o", tmp_path, "--trials", 5, "--seed", 8)
    with listening(command, *words) as (process, page, _):
        busy = run("listen", *words, "--json")
        assert (busy.code, busy.error_code) == (74, "busy")
        page.answer("A")
        process.send_signal(signal.SIGINT)
        ended(process)
    kept = (tmp_path / LOG).read_bytes()
    for others in ((mix, dark, *words[2:]), (*words, "--duration", 2)):
        done = run("listen", *others, "--json")
        assert (done.code, done.error_code) == (74, "exists")
        assert "holds another test" in done.err
    with listening(command, *words[:-2]) as (process, page, _):  # the seed is in the log
        for _ in range(4):
            page.answer("B")
        page.ask("GET", "result")
        ended(process)
    done = run("listen", *words, "--json")
    assert "holds a finished test" in done.err
    assert kept != (tmp_path / LOG).read_bytes()
    with listening(command, *words, "--force") as (process, page, _):
        assert page.state()["trial"] == 0


def test_answers_that_cannot_be_kept_end_the_test(
    command: list[str], mix: Path, loud: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        with listening(command, mix, loud, "-o", folder, "--trials", 5) as (process, page, _):
            page.answer("A")
            before = (folder / LOG).read_bytes()
            (folder / "ballast").write_bytes(b"x" * (4096 * os.statvfs(folder).f_bavail))
            with pytest.raises(AssertionError, match="the disk is full"):
                page.answer("B")
            code, _, err = ended(process)
            assert code == 74
            assert "the disk is full" in err
            assert (folder / LOG).read_bytes() == before
            assert {path.name for path in folder.iterdir()} == {LOG, "ballast"}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_three_versions_are_compared_in_pairs(
    command: list[str], mix: Path, loud: Path, dark: Path, tmp_path: Path
) -> None:
    with listening(command, mix, loud, dark, "-o", tmp_path, "--trials", 7, "--json") as found:
        process, page, told = found
        assert told[-1].startswith("21 trials to answer")
        for _ in range(21):
            assert set(page.state()["sources"]) == {"A", "B"}
            page.answer("A")
        page.ask("GET", "result")
        code, out, _ = ended(process)
    assert code == 0
    (entry,) = json.loads(out)["files"]
    assert entry["mode"] == "preference"
    assert [pair["pair"] for pair in entry["result"]["pairs"]] == [[0, 1], [0, 2], [1, 2]]
    hits = [0, 0, 0]
    for trial in Plan("preference", 3, 7, entry["seed"]).all_trials():
        hits[[(0, 1), (0, 2), (1, 2)].index(trial.pair)] += trial.played["A"] == trial.pair[0]
    assert [pair["hits"] for pair in entry["result"]["pairs"]] == hits


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("MIX",), "usage"),
        (("MIX", "MIX"), "usage"),
        (("MIX", "LOUD", "--trials", "4"), "usage"),
        (("MIX", "LOUD", "--trials", "501"), "usage"),
        (("MIX", "LOUD", "--trials", "many"), "usage"),
        (("MIX", "LOUD", "--mode", "preference", "--trials", "5"), "usage"),
        (("MIX", "LOUD", "DARK", "--mode", "abx"), "usage"),
        (("MIX", "LOUD", "--mode", "mushra"), "usage"),
        (("MIX", "LOUD", "--duration", "0.2"), "usage"),
        (("MIX", "LOUD", "--duration", "nan"), "usage"),
        (("MIX", "LOUD", "--start", "-1"), "usage"),
        (("MIX", "LOUD", "--start", "60"), "usage"),
        (("MIX", "LOUD", "--seed", "-1"), "usage"),
        (("MIX", "LOUD", "--port", "70000"), "usage"),
    ],
)
def test_wrong_usage(
    run: Any, mix: Path, loud: Path, dark: Path, tmp_path: Path, words: Any, code: str
) -> None:
    files = {"MIX": mix, "LOUD": loud, "DARK": dark}
    folder = tmp_path / "out"
    done = run("listen", *(files.get(word, word) for word in words), "-o", folder, "--json")
    assert (done.code, done.error_code) == (64, code)
    assert not folder.exists()


def test_bad_files(run: Any, mix: Path, other_mix: Path, song: Audio, tmp_path: Path) -> None:
    silent, same = tmp_path / "silent.wav", tmp_path / "same.wav"
    soundfile.write(silent, np.zeros((44_100 * 5, 2)), 44_100, subtype="PCM_24")
    soundfile.write(same, 0.5 * song.samples.T, 44_100, subtype="PCM_24")
    text = tmp_path / "text.wav"
    text.write_text("no audio")
    for path, code, options in (
        (tmp_path / "none.wav", "not_found", ()),
        (text, "unreadable", ()),
        (silent, "loudness_undefined", ("--unaligned",)),
        (same, "same_audio", ()),
        (other_mix, "other_song", ()),
    ):
        folder = tmp_path / "out"
        done = run("listen", mix, path, "-o", folder, "--json", *options)
        assert (done.code, done.error_code) == (65, code)
        assert done.err.count("\n") == 1
        assert not folder.exists()


def test_it_loads_nothing_heavy(command: list[str], mix: Path, loud: Path, tmp_path: Path) -> None:
    heavy = ("torch", "torchaudio", "scipy", "librosa", "mlflow", "hydra", "onnxruntime")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({heavy}));"
        "from glassmaster.inference.program import entry; entry()"
    )
    words = [command[0], "-c", code]
    with listening(words, mix, loud, "-o", tmp_path, "--trials", 5) as (process, page, _):
        for _ in range(5):
            page.answer("A")
        page.ask("GET", "result")
        assert ended(process)[0] == 0
