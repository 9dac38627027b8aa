from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio


@pytest.mark.parametrize("command_name", ["analyze", "master"])
@pytest.mark.parametrize(
    ("number", "status", "code"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["INT", "TERM"],
)
def test_interrupted_with_json_tells_what_was_done(
    command: list[str],
    mix: Path,
    song: Audio,
    tmp_path: Path,
    command_name: str,
    number: signal.Signals,
    status: int,
    code: str,
) -> None:
    long_mix = tmp_path / "long.wav"
    soundfile.write(long_mix, np.tile(song.samples.T, (60, 1)), song.sample_rate)
    words = [*command, command_name, str(mix), str(long_mix), "--json"]
    if command_name == "master":
        words += ["-o", str(tmp_path)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        for line in process.stderr:  # the kernels may be compiled first
            if line.startswith(str(mix)):  # one is done
                break
        process.send_signal(number)
        err, out = process.stderr.read(), process.stdout.read()
    assert process.returncode == status
    assert "Traceback" not in err
    assert f"glassmaster: {code}; nothing half-written" in err
    document = json.loads(out)
    assert document["command"] == command_name
    assert [entry["path"] for entry in document["files"]] == [str(mix)]
    assert document["error"] == {
        "code": code,
        "message": f"{code}; nothing half-written is left behind",
        "path": None,
    }
    made = {"long.wav", "mix-master.wav"} if command_name == "master" else {"long.wav"}
    assert {path.name for path in tmp_path.iterdir()} == made


def test_interrupted_at_its_start_gives_a_document(command: list[str], mix: Path) -> None:
    code = (
        "import signal, sys; from glassmaster.inference.commands import analyze\n"
        "analyze.run = lambda arguments: signal.raise_signal(signal.SIGTERM)\n"
        f"sys.argv = ['glassmaster', 'analyze', {str(mix)!r}, '--json']\n"
        "from glassmaster.inference.cli import main\n"
        "from glassmaster.inference.interruption import catch_interruptions\n"
        "catch_interruptions(); status = main()\n"
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 143
    document = json.loads(done.stdout)
    assert (document["files"], document["error"]["code"]) == ([], "terminated")
    # an import that was interrupted cannot always be repeated: numpy's cannot
    assert "numpy" not in done.stderr.split()


def test_without_stderr_there_is_still_a_document(command: list[str], mix: Path) -> None:
    words = ["sh", "-c", '"$@" 2>&-', "sh", *command, "analyze", str(mix), "--json"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["files"][0]["status"] == "ok"  # and nothing before it
    words[-2] = str(mix.parent / "missing.wav")
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 65
    assert json.loads(done.stdout)["files"][0]["error"]["code"] == "not_found"


def test_progress_shows_names_without_doing_harm(
    command: list[str], mix: Path, tmp_path: Path
) -> None:
    sly = tmp_path / "\x1b[31mred.wav"
    sly.write_bytes(mix.read_bytes())
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*command, "analyze", str(sly)], stderr=follower, stdout=subprocess.DEVNULL
    ) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                part = os.read(leader, 65_536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
    os.close(leader)
    assert process.returncode == 0
    assert b"\x1b[K\\x1b[31mred.wav: analyzing" in seen
    assert b"\x1b[31m" not in seen
