from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

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


class Recorder:
    # stands in for `start.run`: notes every command, and lets chosen ones fail
    def __init__(self, failing: str = "", status: int = 1) -> None:
        self.commands: list[list[str]] = []
        self.failing = failing
        self.status = status

    def __call__(self, command: list[str], folder: Path, *, to_stderr: bool = False) -> int:
        self.commands.append(command)
        if "pip" in command:
            (Path(command[0]).parent / "glassmaster").touch()
        return self.status if self.failing and self.failing in " ".join(command) else 0

    def count(self, word: str) -> int:
        return sum(word in command for command in self.commands)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "a checkout"
    root.mkdir()
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "constraints.txt", root)
    return root


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(start, "run", recorder)
    return recorder


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    # a link to this Python, which has pip, in place of a real environment
    environments: list[Path] = []

    def make(venv: Path) -> None:
        environments.append(venv)
        if venv.is_file():
            venv.unlink()
        shutil.rmtree(venv, ignore_errors=True)
        (venv / "bin").mkdir(parents=True)
        python = venv / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    monkeypatch.setattr(start, "make_environment", make)
    return environments


def test_second_run_installs_nothing(checkout: Path, recorder: Recorder, made: list[Path]) -> None:
    assert start.master(checkout, ["song.wav", "--nearest"]) == 0
    glassmaster = str(checkout / ".venv" / "bin" / "glassmaster")
    assert recorder.commands[1:] == [
        [glassmaster, "warm"],
        [glassmaster, "master", "song.wav", "--nearest"],
    ]
    assert start.master(checkout, ["song.wav"]) == 0
    assert recorder.commands[3:] == [[glassmaster, "master", "song.wav"]]
    assert len(made) == 1


def test_example_is_made_and_mastered(
    checkout: Path, recorder: Recorder, made: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.master(checkout, ["--lufs", "-10"]) == 0
    mix, result = (
        str(checkout / "masters" / name) for name in ("example-mix.wav", "example-mix-master.wav")
    )
    synthesis, mastering = recorder.commands[-2:]
    assert synthesis[1:] == ["-m", "glassmaster.data.synthetic", mix]
    assert mastering[1:] == ["master", mix, "-o", result, "--force", "--lufs", "-10"]
    captured = capsys.readouterr()
    assert mix in captured.err
    assert result in captured.err
    assert captured.out == ""


def test_users_own_song_is_never_forced(
    checkout: Path, recorder: Recorder, made: list[Path]
) -> None:
    start.master(checkout, ["song.wav"])
    start.master(checkout, ["--help"])
    assert recorder.count("--force") == 0
    assert recorder.count("glassmaster.data.synthetic") == 0


def test_checks_run_in_order_and_stop_at_the_first_failure(
    checkout: Path,
    made: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorder = Recorder()
    monkeypatch.setattr(start, "run", recorder)
    assert start.check(checkout, ["-k", "limiter"]) == 0
    assert "All checks passed" in capsys.readouterr().err
    checks = [" ".join(command[-3:]) for command in recorder.commands[1:]]
    for expected, command in zip(
        ["ruff check", "ruff format --check", "mypy", "lint-imports"], checks, strict=False
    ):
        assert command.endswith(expected)
    assert recorder.commands[-1][2:] == ["pytest", "-n", "2", "-k", "limiter"]

    failing = Recorder("mypy", status=2)
    monkeypatch.setattr(start, "run", failing)
    assert start.check(checkout, []) == 2
    assert "mypy" in failing.commands[-1]
    said = capsys.readouterr().err
    assert "FAILED: mypy ended with 2" in said
    assert "left out: lint-imports, pytest" in said


def test_the_two_commands_share_one_environment(
    checkout: Path, recorder: Recorder, made: list[Path]
) -> None:
    start.prepare(checkout)
    start.prepare(checkout, "dev")
    assert [command[-1] for command in recorder.commands] == [".", ".[dev]"]
    assert not start.prepare(checkout)
    assert not start.prepare(checkout, "dev")
    (checkout / "constraints.txt").write_text("numpy==2.4.6\n")
    assert start.prepare(checkout)
    assert recorder.commands[-1][-1] == ".[dev]"
    assert len(made) == 1


def test_environment_of_others_is_completed_not_replaced(
    checkout: Path, recorder: Recorder, made: list[Path]
) -> None:
    start.make_environment(checkout / ".venv")
    assert start.prepare(checkout)
    assert len(made) == 1
    assert recorder.count("pip") == 1


@pytest.mark.parametrize("fault", ["interrupted", "no python", "no pip", "moved", "a file"])
def test_broken_environment_is_made_anew(
    checkout: Path, recorder: Recorder, made: list[Path], fault: str
) -> None:
    start.prepare(checkout)
    venv = checkout / ".venv"
    if fault == "interrupted":
        start.write_stamp(venv, installed="", extra="")
    elif fault == "no python":
        (venv / "bin" / "python").unlink()
    elif fault == "no pip":
        (venv / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    elif fault == "moved":
        checkout = checkout.rename(checkout.with_name("elsewhere"))
    else:
        shutil.rmtree(venv)
        venv.touch()
    assert start.prepare(checkout)
    assert len(made) == 2
    assert start.find_fault(checkout / ".venv") is None


def test_failed_install_is_told_and_tried_again(
    checkout: Path, made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "run", Recorder("pip"))
    with pytest.raises(start.StartError, match="network"):
        start.prepare(checkout)
    monkeypatch.setattr(start, "run", Recorder())
    assert start.prepare(checkout)
    assert len(made) == 1
    monkeypatch.setattr(start, "run", Recorder("pip", status=137))
    with pytest.raises(start.StartError):
        start.prepare(checkout, "dev")
    assert start.find_fault(checkout / ".venv") == "the last install was interrupted"


def test_real_environment_replaces_a_half_made_one(checkout: Path) -> None:
    venv = checkout / ".venv"
    (venv / "leftover").mkdir(parents=True)
    assert start.find_fault(venv) is not None
    start.make_environment(venv)
    assert not (venv / "leftover").exists()
    assert start.find_fault(venv) == "the last install was interrupted"
    start.write_stamp(venv, installed="1", extra="")
    assert start.find_fault(venv) is None
