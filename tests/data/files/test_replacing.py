from __future__ import annotations

import os
from pathlib import Path

import pytest

from glassmaster.data.files import partial
from glassmaster.data.files.replacing import replace_file
from glassmaster.models.errors import OutputError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"longer than what comes after it")
    for content in (b"new", bytes(range(256)) * 4096):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def refuse(descriptor: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "dup", refuse)
    with pytest.raises(OutputError, match="disk is full"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_is_made_anew_where_another_process_cleans_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    lock, cleaned = partial._lock, []

    def late_lock(descriptor: int) -> None:
        if len(cleaned) < times:  # another process is quicker, and takes it for a leftover
            cleaned.append(descriptor)
            partial.remove_stale_partials(tmp_path)
        lock(descriptor)

    monkeypatch.setattr(partial, "_lock", late_lock)
    replace_file(tmp_path / "a.bin", b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert len(cleaned) == times


def test_a_file_that_is_always_cleaned_up_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial, "_lock", lambda _: partial.remove_stale_partials(tmp_path))
    with pytest.raises(OutputError, match="vanished"):
        replace_file(tmp_path / "a.bin", b"new")
    assert list(tmp_path.iterdir()) == []
