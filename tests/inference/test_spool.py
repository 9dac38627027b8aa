from __future__ import annotations

import errno
import os
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.inference.spool import CHUNK_CELLS, CHUNK_FRAMES, Spool
from glassmaster.models.errors import OutputError

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("frames", [0, 1, CHUNK_FRAMES, 2 * CHUNK_FRAMES + 7])
@pytest.mark.parametrize("piece", [999, 100_000])
def test_what_goes_in_comes_out(tmp_path: Path, frames: int, piece: int) -> None:
    rng = np.random.default_rng(3)
    audio = rng.standard_normal((2, frames))
    peaks = rng.random(CHUNK_CELLS + 5).astype(np.float32)
    powers = rng.random(25)
    with Spool(tmp_path, 8, frames) as spool:
        for start in range(0, frames, piece):
            spool.add_audio(audio[:, start : start + piece])
        spool.add_peaks(peaks)
        spool.add_powers(powers[:10])
        spool.add_powers(powers[10:])
        spool.finish()
        for _ in range(2):  # it is read several times
            chunks = list(spool.audio())
            assert {chunk.shape for chunk in chunks} <= {(2, CHUNK_FRAMES)}
            whole = np.concatenate([np.zeros((2, 0), np.float32), *chunks], axis=1)
            assert np.array_equal(whole[:, :frames], audio.astype(np.float32))
            assert not whole[:, frames:].any()
            assert np.array_equal(np.concatenate(list(spool.peaks())), peaks)
            assert np.array_equal(spool.read_powers(10, rewind=True), powers[:10])
            assert np.array_equal(spool.read_powers(100), powers[10:])
        assert spool.frames == frames
        assert list(tmp_path.iterdir()) == []  # its files have no names


def test_space_is_checked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = 44_100 * 60
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(0, 0, frames * 8))
    with pytest.raises(OutputError, match="--temp-dir") as caught:
        Spool(tmp_path, 8, frames)
    assert caught.value.code == "disk_full"
    assert caught.value.exit_code == 74


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_has_its_code_whenever_it_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(number, os.strerror(number))

        flush = close = lambda self: self.write(b"")

    monkeypatch.setattr("tempfile.TemporaryFile", lambda **options: Full())

    def spooling() -> None:
        with Spool(tmp_path, 8, 10) as spool:
            spool.finish()

    def adding() -> None:
        with Spool(tmp_path, 8, 10) as spool:
            spool.add_powers(np.zeros(3))

    for work in (spooling, adding):
        with pytest.raises(OutputError) as caught:
            work()
        assert caught.value.code == "disk_full"


def test_unusable_folder_is_named_as_for_every_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    def refusal(name: str) -> str:
        with pytest.raises(OutputError, match=name) as caught:
            Spool(tmp_path / name, 8, 10)
        assert caught.value.exit_code == 74
        assert "--temp-dir" in str(caught.value)
        return caught.value.code

    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert refusal("missing") == "no_directory"
    assert refusal("file") == "no_directory"
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert refusal("folder") == "read_only"


class Failing:
    """A file on a disk that fails at every reading."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    readinto = read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


READINGS: list[Callable[[Spool], object]] = [
    lambda spool: next(spool.audio()),
    lambda spool: next(spool.peaks()),
    lambda spool: spool.read_powers(1, rewind=True),
]


@pytest.mark.parametrize("reading", READINGS)
def test_disk_that_fails_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reading: Callable[[Spool], object]
) -> None:
    import tempfile

    make = tempfile.TemporaryFile
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **options: Failing(make(**options)))
    with Spool(tmp_path, 8, 10) as spool:
        spool.add_audio(np.zeros((2, 10)))
        spool.finish()
        with pytest.raises(OutputError, match="Input/output error") as caught:
            reading(spool)
    assert caught.value.code == "read_failed"
    assert str(tmp_path) in str(caught.value)


def test_spool_that_became_shorter_is_not_taken_for_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    made: list[Any] = []
    make = tempfile.TemporaryFile

    def noted(**options: Any) -> Any:
        made.append(make(**options))
        return made[-1]

    monkeypatch.setattr("tempfile.TemporaryFile", noted)
    with Spool(tmp_path, 8, 10) as spool:
        spool.add_audio(np.zeros((2, 2 * CHUNK_FRAMES)))
        spool.finish()
        assert len(list(spool.audio())) == 2
        for kept in (8 * CHUNK_FRAMES, 8 * CHUNK_FRAMES + 400):
            os.ftruncate(made[0].fileno(), kept)
            with pytest.raises(OutputError) as caught:
                list(spool.audio())
            assert caught.value.code == "read_failed"
