from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PROGRAM = """
    import os
    import sys
    from glassmaster.inference.interruption import (
        Terminated, answered, catch_interruptions, catch_no_more
    )

    def leave(kind):
        print("left by", kind.__name__, flush=True)
        os._exit(3)

    catch_interruptions()
    sys.path.insert(0, sys.argv[1])
    try:
        if len(sys.argv) > 2:
            print("not ready", flush=True)
            sys.stdin.read(1)
        with answered(leave):
            import slow
            print("whole", flush=True)
            sys.stdin.read()
    except (KeyboardInterrupt, Terminated) as kind:
        catch_no_more()
        print(type(kind).__name__, flush=True)
    os._exit(0)  # as the program does: the interpreter's farewell would take signals as it likes
"""
MODULE = """
    import time
    print("importing", flush=True)
    try:
        ends = time.monotonic() + {}
        while time.monotonic() < ends:
            time.sleep(0.01)
    except BaseException:
        print("harm was done", flush=True)
    whole = True
"""


def start(folder: Path, import_s: float, *words: str) -> subprocess.Popen[str]:
    (folder / "slow.py").write_text(textwrap.dedent(MODULE.format(import_s)))
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


KINDS = {signal.SIGINT: "KeyboardInterrupt", signal.SIGTERM: "Terminated"}


@pytest.mark.parametrize("number", KINDS)
def test_an_import_is_not_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, 0.2) as process:
        assert line_of(process) == "importing"
        process.send_signal(number)
        assert [line_of(process), line_of(process)] == ["whole", KINDS[number]]
    assert process.returncode == 0


@pytest.mark.parametrize("number", KINDS)
def test_a_long_import_ends_with_the_program(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, 60.0) as process:
        assert line_of(process) == "importing"
        asked = time.monotonic()
        process.send_signal(number)
        assert line_of(process) == f"left by {KINDS[number]}"
        assert time.monotonic() - asked < 5.0
    assert process.returncode == 3


def test_what_came_too_early_comes_when_somebody_answers(tmp_path: Path) -> None:
    with start(tmp_path, 0.0, "wait") as process:
        assert line_of(process) == "not ready"
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
        lines = iter(lambda: line_of(process), "")
        assert "Terminated" in lines
    assert process.returncode == 0


def test_two_signals_at_once_are_one(tmp_path: Path) -> None:
    with start(tmp_path, 0.0) as process:
        assert [line_of(process), line_of(process)] == ["importing", "whole"]
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert line_of(process) in KINDS.values()
        assert process.communicate()[0] == ""
    assert process.returncode == 0


HALF_MADE = """
    import os
    import sys
    from glassmaster.inference.interruption import answered, catch_interruptions

    class HalfMade:
        def __del__(self):
            self.parts.close()

    catch_interruptions()
    try:
        with answered(lambda kind: os._exit(3)):
            if sys.argv[1] == "undisturbed":
                HalfMade()
            print("ready", flush=True)
            sys.stdin.read()
    except KeyboardInterrupt:
        HalfMade()
        print("ended", flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize(("when", "complains"), [("undisturbed", True), ("interrupted", False)])
def test_what_an_interruption_left_half_made_does_not_complain(when: str, complains: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HALF_MADE), when],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert line_of(process) == "ready"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert out == "ended\n"
    assert ("AttributeError" in err) == complains
