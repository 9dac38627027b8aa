from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import soundfile

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import compose

VARIABLE = "GLASSMASTER_CACHE_DIR"
NOTICE = "first run: compiling"


def compiled(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.nbc")}


@pytest.fixture(scope="module")
def warmed(command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that two processes filled at once."""
    folder = tmp_path_factory.mktemp("cache")
    environment = {**os.environ, VARIABLE: str(folder)}
    both = [
        subprocess.Popen([*command, "warm"], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        assert str(folder) in err
        assert "Traceback" not in err
    return folder


@pytest.fixture
def variants(tmp_path: Path, song: Audio) -> list[tuple[str, ...]]:
    """Every way through the signal path."""
    stereo, mono, fast = (tmp_path / f"{name}.wav" for name in ("stereo", "mono", "fast"))
    soundfile.write(stereo, song.samples.T, 44_100, subtype="PCM_24")
    soundfile.write(mono, song.samples[0], 44_100, subtype="PCM_16")
    high = compose(1, duration_s=2.0, sample_rate=96_000).mix
    soundfile.write(fast, high.samples.T, 96_000, subtype="FLOAT")
    return [
        (str(stereo), "--bit-depth", "24"),
        (str(mono), "--bit-depth", "16"),
        (str(fast), "--bit-depth", "32f"),
        (str(fast), "--sample-rate", "48000", "--bit-depth", "16"),
        (str(mono), "--sample-rate", "96000", "--lufs", "-5", "--nearest"),
    ]


def test_after_warming_nothing_is_compiled_any_more(
    spawn: Any, warmed: Path, variants: list[tuple[str, ...]], tmp_path: Path
) -> None:
    before = compiled(warmed)
    assert len(before) > 5
    # one signature a kernel: numba numbers the entries of a kernel from 1 on
    assert {name.rsplit(".", 2)[1] for name in before} == {"1"}
    stamps = {path: path.stat().st_mtime_ns for path in warmed.rglob("*.nb[ci]")}
    environment = {**os.environ, VARIABLE: str(warmed)}
    for index, options in enumerate(variants):
        output = tmp_path / f"{index}-m.wav"
        done = spawn("master", *options, "-o", output, env=environment)
        assert done.code == 0
        assert NOTICE not in done.err
        assert compiled(warmed) == before
    assert {path: path.stat().st_mtime_ns for path in warmed.rglob("*.nb[ci]")} == stamps


def test_warming_again_is_quick_and_has_a_document(spawn: Any, warmed: Path) -> None:
    done = spawn("warm", "--json", env={**os.environ, VARIABLE: str(warmed)}, timeout=30)
    assert done.code == 0
    assert done.document["command"] == "warm"
    assert "kernels are ready" in done.err


def test_first_master_says_why_it_waits(
    spawn: Any, warmed: Path, mix: Path, tmp_path: Path
) -> None:
    (marker,) = warmed.rglob("warm")
    marker.unlink()
    environment = {**os.environ, VARIABLE: str(warmed)}
    first = spawn("master", mix, "-o", tmp_path / "1.wav", env=environment)
    second = spawn("master", mix, "-o", tmp_path / "2.wav", env=environment)
    assert [each.err.count(NOTICE) for each in (first, second)] == [1, 0]
    assert first.err.startswith(NOTICE)
    assert marker.exists()


def test_unusable_cache_folder_is_replaced_by_a_temporary_one(
    spawn: Any, mix: Path, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, VARIABLE: str(in_the_way), "TMPDIR": str(temporary)}
    done = spawn("master", mix, "-o", tmp_path / "m.wav", env=environment, timeout=200)
    assert done.code == 0
    assert compiled(temporary)
    assert in_the_way.read_bytes() == b""
