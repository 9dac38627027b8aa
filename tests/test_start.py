from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load_start() -> ModuleType:
    specification = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


start = load_start()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], False),
        (["song.wav"], True),
        (["song.wav", "--lufs", "-9"], True),
        (["--lufs", "-9"], False),
        (["--lufs", "-9", "song.wav"], True),
        (["--lufs=-9"], False),
        (["--lufs=-9", "song.wav"], True),
        (["--profile", "streaming", "--json"], False),
        (["--json", "song.wav"], True),
        (["--reference", "reference.wav", "song.wav"], True),
        (["-o", "out.wav"], False),
    ],
)
def test_tells_a_song_from_an_options_value(arguments: list[str], named: bool) -> None:
    assert start.names_song(arguments) is named


def test_knows_every_flag_of_the_real_command() -> None:
    # an option without a value is shown as [--force] or [--force | --json], others as [--lufs X]
    command = [sys.executable, "-c", "from glassmaster.inference.cli import main; main()"]
    shown = subprocess.run(
        [*command, "master", "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    usage = shown.stdout.split("\n\n")[0]
    assert "--lufs" in usage, shown.stderr
    assert set(re.findall(r"(--[a-z-]+)(?=\]| \|)", usage)) - {"--help"} == set(start.FLAGS)


@pytest.mark.parametrize("command", ["master", "check"])
def test_other_systems_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    def fail(root: Path, arguments: list[str]) -> int:
        raise AssertionError("began to work")

    monkeypatch.setattr(start, command, fail)
    monkeypatch.setattr(start, "os", SimpleNamespace(name="nt"))
    assert start.main([command]) == 1
    said = capsys.readouterr().err
    assert "Linux or macOS" in said
    assert said.count("\n") == 1


def test_installs_the_checkout_with_its_constraints() -> None:
    light = start.install_command(Path("v"), "")
    assert light[1:4] == ["-m", "pip", "install"]
    assert light[light.index("-c") + 1] == "constraints.txt"
    assert light[light.index("-e") + 1] == "."
    assert start.install_command(Path("v"), "dev")[-2:] == ["-e", ".[dev]"]


def test_missing_ensurepip_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    package = f"python3.{sys.version_info[1]}-venv"
    with pytest.raises(start.StartError, match=f"apt install {package}"):
        start.make_environment(tmp_path / ".venv")
    assert not (tmp_path / ".venv").exists()


def test_command_line_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main([]) == 64
    assert start.main(["mastr"]) == 64
    assert start.main(["--help"]) == 0
    assert "start.py master [SONG]" in capsys.readouterr().err


def test_troubles_end_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(root: Path, arguments: list[str]) -> int:
        raise KeyboardInterrupt

    def complain(root: Path, arguments: list[str]) -> int:
        raise start.StartError("the disk is full")

    monkeypatch.setattr(start, "master", interrupt)
    assert start.main(["master"]) == 130
    monkeypatch.setattr(start, "check", complain)
    assert start.main(["check"]) == 1
    assert "start.py: the disk is full" in capsys.readouterr().err
    monkeypatch.setattr(start, "MINIMUM_PYTHON", (4, 0))
    assert start.main(["master"]) == 1
    assert "needs Python 4.0 or newer" in capsys.readouterr().err


def test_a_full_or_readonly_disk_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(root: Path, arguments: list[str]) -> int:
        raise OSError(28, "No space left on device", "masters")

    monkeypatch.setattr(start, "master", fail)
    assert start.main(["master"]) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_interrupted_program_may_clean_up(tmp_path: Path) -> None:
    child = tmp_path / "child.py"
    child.write_text(
        "import time\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(1)\n"
        "    print('clean', flush=True)\n"
    )
    code = "import pathlib, sys, start; start.run([sys.executable, 'child.py'], pathlib.Path('.'))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # so that the signal reaches these two only
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "clean\n"
        assert process.wait(timeout=30) != 0


def test_run_reports_status_and_signal(tmp_path: Path) -> None:
    code = "import sys; sys.exit(3)"
    assert start.run([sys.executable, "-c", code], tmp_path) == 3
    killed = "import os; os.kill(os.getpid(), 9)"
    assert start.run([sys.executable, "-c", killed], tmp_path) == 137
    with pytest.raises(start.StartError, match="cannot be started"):
        start.run([str(tmp_path / "missing")], tmp_path)


def test_continuous_integration_runs_the_same_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "set -eu"
    assert lines[-1] == "exec python3 start.py check"
