from __future__ import annotations

import argparse
import importlib.metadata
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from glassmaster.inference.commands import training
from glassmaster.inference.commands.training import HELPS, TRAINING_COMMANDS


def module(run: Any) -> SimpleNamespace:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("overrides", nargs="*")
        parser.add_argument("--json", action="store_true")

    return SimpleNamespace(NAME="train", HELP="", add_arguments=add_arguments, run=run)


def register(monkeypatch: pytest.MonkeyPatch, load: Any) -> None:
    def found(*, group: str, name: str) -> tuple[Any, ...]:
        assert (group, name) == (training.GROUP, "train")
        return (SimpleNamespace(load=load),)

    monkeypatch.setattr(importlib.metadata, "entry_points", found)


def missing(name: str) -> Any:
    def work(*_: object) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    return work


def test_the_command_gets_its_words(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def work(arguments: argparse.Namespace) -> int:
        given.extend(arguments.overrides)
        return 0

    register(monkeypatch, lambda: module(work))
    assert run("train", "experiment=smoke", "+seed=3", "~logging").code == 0
    assert given == ["experiment=smoke", "+seed=3", "~logging"]


def test_without_the_extra_one_line_names_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for load in (missing("hydra"), lambda: module(missing("torch"))):
        register(monkeypatch, load)
        done = run("train", "x=1")
        assert done.code == 64
        assert "pip install 'glassmaster[train]'" in done.err
        assert done.err.count("\n") == 1
    register(monkeypatch, lambda: module(missing("torch")))
    assert run("train", "x=1", "--json").document["error"]["code"] == "extra_missing"


def test_a_fault_of_ours_is_none_of_the_extra(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, lambda: module(missing("glassmaster.training.gone")))
    done = run("train")
    assert done.code == 1
    assert "internal error" in done.err


def test_a_command_that_is_not_registered_needs_the_extra(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: ())
    assert run("train").code == 64


def test_help_names_them_and_loads_nothing() -> None:
    code = (
        "import sys; from glassmaster.inference.cli import main; main(['--help']);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f" {name} " in done.stdout for name in HELPS)
    assert not [name for name in done.stderr.split() if name.startswith("glassmaster.training")]
    assert "importlib.metadata" not in done.stderr.split()


def test_every_command_that_is_registered_has_its_help() -> None:
    registered = importlib.metadata.entry_points(group=training.GROUP)
    assert {entry.name for entry in registered} <= {each.name for each in TRAINING_COMMANDS}
