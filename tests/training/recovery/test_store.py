from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.models.errors import OutputError
from glassmaster.training.recovery import store
from glassmaster.training.recovery.explaining import MasteredFrames
from glassmaster.training.recovery.store import pair_keys, recover_stored
from glassmaster.training.recovery.twin_moves import RecoveredMoves, recover_moves


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pairs that are worked on."""
    worked: list[int] = []

    def recover(pairs: MasteredFrames, **arguments: Any) -> RecoveredMoves:
        worked.append(len(pairs))
        return recover_moves(pairs, **arguments)

    monkeypatch.setattr(store, "recover_moves", recover)
    return worked


def test_what_is_known_is_not_found_again(
    mastered: MasteredFrames, tmp_path: Path, counted: list[int]
) -> None:
    first = recover_stored(mastered.rows([0, 1]), tmp_path / "new" / "folder", steps=1)
    second = recover_stored(mastered.rows([1, 2, 0]), tmp_path / "new" / "folder", steps=1)
    assert counted == [2, 1]
    assert np.array_equal(second.moves[[2, 0]], first.moves)
    assert np.array_equal(second.sigma[[2, 0]], first.sigma)
    assert np.array_equal(second.residual_db[[2, 0]], first.residual_db)
    recover_stored(mastered.rows([1]), tmp_path / "new" / "folder", steps=2)
    assert counted == [2, 1, 1]


def test_a_damaged_file_is_found_anew(
    mastered: MasteredFrames, tmp_path: Path, counted: list[int]
) -> None:
    one = mastered.rows([1])
    first = recover_stored(one, tmp_path, steps=1)
    [path] = tmp_path.iterdir()
    for damage in (path.read_bytes()[:100], b"", b"no archive"):
        path.write_bytes(damage)
        assert np.array_equal(recover_stored(one, tmp_path, steps=1).moves, first.moves)
    assert counted == [1, 1, 1, 1]


def test_all_that_matters_is_in_the_name(mastered: MasteredFrames) -> None:
    one = mastered.rows([1])
    [key] = pair_keys(one, 1)
    assert [key] == pair_keys(mastered.rows([3, 1]), 1)[1:]
    louder = type(one.mix)(one.mix.mid * 1.001, one.mix.side, one.mix.peak)
    other = mastered.rows([2])
    changed = [
        replace(one, mix=louder),
        replace(one, master=louder),
        replace(one, spectra=other.spectra),
        replace(one, sample_rate=48_000),
    ]
    keys = [pair_keys(each, 1)[0] for each in changed] + pair_keys(one, 2)
    assert len({key, *keys}) == 6


def test_a_folder_that_cannot_be_made_is_named(mastered: MasteredFrames, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        recover_stored(mastered.rows([0]), tmp_path / "file", steps=1)
