from __future__ import annotations

import os
from pathlib import Path

import pytest

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
