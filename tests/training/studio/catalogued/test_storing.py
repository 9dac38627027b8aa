from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.alignment.alignment import Alignment, Segment
from glassmaster.training.studio.catalogued import storing
from glassmaster.training.studio.catalogued.excerpts import ExcerptRules
from glassmaster.training.studio.catalogued.storing import (
    cache_folder,
    item_key,
    load_studied,
    save_studied,
)
from glassmaster.training.studio.catalogued.studying import (
    NAMES,
    PairItem,
    Studied,
    study,
    year_of,
)

ALIGNMENT = Alignment(
    44_100, 44_100, (Segment(0, 441_000, 0, 0.0),), 0.0, 1, 3.0, 0.5, 1.0, 1.0, None, None, 1.0,
    -30.0, -20.0, 0.0, (),
)  # fmt: skip
ITEM = PairItem(
    Path("mix.wav"), Path("master.wav"), "a" * 64, "b" * 64, ALIGNMENT, ExcerptRules(4, 6.0)
)


@pytest.fixture
def studied() -> Studied:
    rng = np.random.default_rng(0)
    return Studied(**{name: rng.normal(size=(2, 3)) for name in NAMES})


def test_what_is_kept_comes_back(studied: Studied, tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    save_studied(path, studied)
    found = load_studied(path)
    assert found is not None
    for name in NAMES:
        assert np.array_equal(getattr(found, name), getattr(studied, name))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_what_is_damaged_counts_as_missing(studied: Studied, tmp_path: Path, share: float) -> None:
    path = tmp_path / "one.npz"
    save_studied(path, studied)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert load_studied(path) is None
    assert load_studied(tmp_path / "none.npz") is None


def test_a_file_is_named_by_all_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        replace(ITEM, mix_sha256="c" * 64),
        replace(ITEM, master_sha256="c" * 64),
        replace(ITEM, mix_sha256=ITEM.master_sha256, master_sha256=ITEM.mix_sha256),
        replace(ITEM, rules=ExcerptRules(4, 5.0)),
        replace(ITEM, alignment=replace(ALIGNMENT, polarity=-1)),
    ]
    keys = {item_key(item) for item in (ITEM, *others)}
    assert len(keys) == 6
    # but not by where the files lie
    assert item_key(replace(ITEM, mix=Path("/elsewhere/mix.wav"))) == item_key(ITEM)
    before = item_key(ITEM)
    monkeypatch.setattr(storing, "VERSION", storing.VERSION + 1)
    assert item_key(ITEM) != before


def test_the_cache_lies_beside_the_catalogue() -> None:
    assert cache_folder(Path("a/mine.catalogue"), None) == Path("a/mine.catalogue.pairs")
    assert cache_folder(Path("a/mine.catalogue"), "b") == Path("b")


def test_files_that_are_others_are_refused(tmp_path: Path) -> None:
    mix = tmp_path / "mix.wav"
    mix.write_bytes(b"something else")
    found = study(replace(ITEM, mix=mix))
    assert isinstance(found, str)
    assert "mix.wav: has changed since it was scanned" in found
    mix.unlink()
    assert "cannot be read" in str(study(replace(ITEM, mix=mix)))


def test_dates_of_tags() -> None:
    assert year_of("2019") == 2019.5
    assert year_of("2019-01") == pytest.approx(2019 + 0.5 / 12)
    assert year_of("2019-07-01") == pytest.approx(2019 + (6 + 1 / 31) / 12)
    assert year_of("2019-07-01T12:00:00Z") == year_of("2019-07-01")
    for nothing in ("", "someday", "19", "July 2019", "2019-XX"):
        assert math.isnan(year_of(nothing))
