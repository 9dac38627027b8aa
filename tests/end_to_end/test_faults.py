from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")


@pytest.fixture(scope="session")
def long_mix(library: Path, song: Audio) -> Path:
    """Half a minute, so that there is time to disturb its mastering."""
    path = library / "long.wav"
    samples = np.tile(song.samples.T, (6, 1))
    soundfile.write(path, samples, song.sample_rate, subtype="PCM_24")
    return path


def start(command: list[str], *arguments: object) -> subprocess.Popen[str]:
    words = [*command, *(str(argument) for argument in arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_partial(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the master is being written."""
    deadline = time.monotonic() + 60.0
    while not any("glassmaster-partial" in path.name for path in folder.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)


def wait_for_handlers(process: subprocess.Popen[str]) -> None:
    """Wait until the program, and no longer Python alone, is what a signal meets."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        time.sleep(0.5)
        return
    deadline = time.monotonic() + 60.0
    while True:
        caught = int(status.read_text().split("SigCgt:")[1].split()[0], 16)
        if caught & 1 << signal.SIGTERM - 1:
            return
        assert time.monotonic() < deadline
        time.sleep(0.001)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_killed_at_any_moment_leaves_no_half_master(
    run: Any, sha256: Any, command: list[str], long_mix: Path, tmp_path: Path
) -> None:
    undisturbed = tmp_path / "undisturbed.wav"
    started = time.monotonic()
    with start(command, "master", long_mix, "-o", undisturbed) as process:
        assert process.wait() == 0
    took_s = time.monotonic() - started
    folder = tmp_path / "out"
    folder.mkdir()
    output = folder / "m.wav"
    output.write_bytes(b"an older master")
    rng = np.random.default_rng(17)
    for share in rng.uniform(0.3, 0.95, 6):
        with start(command, "master", long_mix, "-o", output, "--force") as process:
            time.sleep(share * took_s)
            process.kill()
        # under its name lies the old file or the whole new one
        content = output.read_bytes()
        assert content in (b"an older master", undisturbed.read_bytes())
        output.write_bytes(b"an older master")
    with start(command, "master", long_mix, "-o", output, "--force") as process:
        wait_for_partial(folder, process)
        process.kill()
    assert output.read_bytes() == b"an older master"
    assert run("master", long_mix, "-o", output, "--force").code == 0
    assert sha256(output) == sha256(undisturbed)
    assert names(folder) == ["m.wav"]  # what the killed runs left is gone


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.25, None], ids=str)
def test_interrupted_within_two_seconds_and_clean(
    command: list[str],
    long_mix: Path,
    tmp_path: Path,
    number: signal.Signals,
    status: int,
    after_s: float | None,
) -> None:
    output = tmp_path / "m.wav"
    output.write_bytes(b"an older master")
    with start(command, "master", long_mix, "-o", output, "--force", "--json") as process:
        if after_s is None:
            wait_for_partial(tmp_path, process)
        else:
            wait_for_handlers(process)
            time.sleep(after_s)
        asked = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - asked < 2.0
    assert process.returncode == status
    assert "Traceback" not in err
    assert err.count("\n") == 1
    told = json.loads(out)["error"]["code"]
    assert told == {130: "interrupted", 143: "terminated"}[status]
    assert names(tmp_path) == ["m.wav"]
    assert output.read_bytes() == b"an older master"


def test_reader_of_stdout_may_go_away(command: list[str], mix: Path) -> None:
    with start(command, "analyze", mix, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait() != 0
    assert "Traceback" not in err
    assert "Exception ignored" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_streams_that_take_nothing(command: list[str], mix: Path, tmp_path: Path) -> None:
    words = [*command, "analyze", str(mix), "--json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 74
        assert "Traceback" not in done.stderr
        assert done.stderr.rstrip().splitlines()[-1].startswith("glassmaster: the JSON document")
        mute = subprocess.run(words, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert mute.returncode == 0
    assert json.loads(mute.stdout)["files"][0]["status"] == "ok"
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *words], stderr=subprocess.PIPE, text=True, check=False
    )
    assert "Traceback" not in closed.stderr


def test_document_is_readable_in_any_encoding(
    command: list[str], mix: Path, tmp_path: Path
) -> None:
    name = "Größe 東京.wav"
    (tmp_path / name).write_bytes(mix.read_bytes())
    done = subprocess.run(
        [*command, "analyze", name, "--json"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.decode("ascii"))["files"][0]["path"] == name


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
def test_full_disk_is_noticed_before_the_work(run: Any, long_mix: Path, tiny_disk: Path) -> None:
    done = run("master", long_mix, "-o", tiny_disk / "m.wav", "--json")
    assert (done.code, done.error_code) == (74, "disk_full")
    assert str(tiny_disk) in done.file["error"]["message"]
    assert list(tiny_disk.iterdir()) == []


@needs_root
@pytest.mark.parametrize("left_kb", [0, 300, 900, 1800, 3000])
def test_disk_that_fills_up_meanwhile(
    run: Any,
    mix: Path,
    tiny_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    left_kb: int,
) -> None:
    # the checks see a roomy disk, as when another program fills it during the work
    usage = type("Usage", (), {"free": 1 << 40})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    (tiny_disk / "ballast").write_bytes(bytes((6 << 20) - (left_kb << 10)))
    options = ("--bit-depth", "32f", "--recipe", tiny_disk / "r.yaml", "--json")
    for temp_dir in (tiny_disk, tmp_path):
        done = run("master", mix, "-o", tiny_disk / "m.wav", "--temp-dir", temp_dir, *options)
        if done.code == 0:  # there was room after all
            assert left_kb >= (3000 if temp_dir == tiny_disk else 1800)
            (tiny_disk / "m.wav").unlink()
            (tiny_disk / "r.yaml").unlink()
            continue
        assert (done.code, done.error_code) == (74, "disk_full")
        assert done.err.count("\n") == 1
        assert str(tiny_disk) in done.err
        assert names(tiny_disk) == ["ballast"]
    (tiny_disk / "ballast").unlink()


@needs_root
def test_read_only_disk(run: Any, mix: Path, tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    done = run("master", mix, "-o", tiny_disk / "m.wav", "--json")
    assert (done.code, done.error_code) == (74, "read_only")
    assert done.err.count("\n") == 1
    rest = ("--report", tiny_disk, "--recipe", tiny_disk / "r.yaml", "--json")
    done = run("master", mix, "-o", tiny_disk.parent / "m.wav", *rest)
    assert (done.code, done.error_code) == (74, "read_only")


def test_existing_files_stay_without_force(run: Any, mix: Path, tmp_path: Path) -> None:
    output, recipe = tmp_path / "m.wav", tmp_path / "r.yaml"
    output.write_bytes(b"mine")
    done = run("master", mix, "-o", output, "--json")
    assert (done.code, done.error_code) == (74, "exists")
    assert "--force" in done.err
    recipe.write_bytes(b"mine too")
    done = run("master", mix, "-o", tmp_path / "n.wav", "--recipe", recipe, "--json")
    assert (done.code, done.error_code) == (74, "exists")
    assert not (tmp_path / "n.wav").exists()
    assert (output.read_bytes(), recipe.read_bytes()) == (b"mine", b"mine too")
    assert run("master", mix, "-o", output, "--recipe", recipe, "--force").code == 0
    assert output.read_bytes()[:4] == b"RIFF"
    assert recipe.read_text("utf-8").startswith("recipe: 1")


@pytest.mark.parametrize("place", ["missing/m.wav", "file/m.wav", "n" * 300 + ".wav"])
def test_places_that_cannot_be_written(run: Any, mix: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = run("master", mix, "-o", tmp_path / place, "--json")
    assert (done.code, done.file["exit_code"]) == (74, 74)
    assert done.error_code == ("name_too_long" if "n" * 300 in place else "no_directory")
    assert done.err.count("\n") == 1
    assert names(tmp_path) == ["file"]


def test_report_that_cannot_be_written_is_noticed_before_the_work(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = run("master", mix, "-o", tmp_path / "m.wav", "--report", place, "--json")
        assert done.code == 74
        assert done.err.count("\n") == 1
        assert names(tmp_path) == ["file"]


def test_foreign_hidden_files_are_not_cleaned_up(run: Any, mix: Path, tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_bytes(b"mine")
    (tmp_path / ".m.wav.part").write_bytes(b"mine")
    assert run("master", mix, "-o", tmp_path / "m.wav").code == 0
    assert names(tmp_path) == [".hidden", ".m.wav.part", "m.wav"]


def test_fault_of_ours_is_one_line_and_the_next_file_is_tried(
    run: Any, mix: Path, other_mix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassmaster.inference import reading

    original = reading.analyze

    def broken(reader: Any, *rest: Any) -> Any:
        if reader.info.path.name == "mix.wav":
            raise ZeroDivisionError("two\nlines")
        return original(reader, *rest)

    monkeypatch.setattr(reading, "analyze", broken)
    done = run("analyze", mix, other_mix, "--json")
    assert done.code == 1
    assert [entry["exit_code"] for entry in done.document["files"]] == [1, 0]
    error = done.document["files"][0]["error"]
    assert error["code"] == "internal"
    assert "mix.wav" in error["message"]
    assert "two lines" in error["message"]
    with pytest.raises(ZeroDivisionError):
        run("analyze", mix, "--debug")
