from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from glassmaster.training.benchmark.leaks import (
    foreign_weights,
    learned_from,
    shared_origins,
    signs,
)
from glassmaster.training.benchmark.tasks import Song, load_songs

SPLITS = Path(str(files("glassmaster.configs"))) / "splits"


def song(name: str, package: str, component: str, artist: str = "") -> Song:
    return Song(f"{package}/{name}", package, component, artist, True)


def test_shipped_splits_share_nothing_with_what_is_learned_from() -> None:
    names = ("fit", "calibration", "test", "validation")
    splits = {name: load_songs(SPLITS / f"{name}.csv") for name in names}
    fit = splits.pop("fit")
    for name, songs in splits.items():
        assert shared_origins({"fit": fit, name: songs}) == ()


def test_every_kind_of_shared_origin_is_found() -> None:
    first = song("one.ogg", "a", "a", "Ann & Bo")
    assert shared_origins({"fit": [first], "test": [song("two.ogg", "b", "b", "Cy")]}) == ()
    for other, kind in (
        (song("two.ogg", "a", "b"), "package a"),
        (song("two.ogg", "b", "a"), "component a"),
        (song("two.ogg", "b", "b", "bo"), "artist bo"),
    ):
        (found,) = shared_origins({"fit": [first], "test": [other]})
        assert kind in found
    assert len(shared_origins({"fit": [first], "test": [first]})) == 5


def test_songs_that_were_learned_from_are_found() -> None:
    learned = [song("x.ogg", "a", "a"), song("other.ogg", "b", "b", "Ann feat. Bo")]
    tested = [
        song("x.ogg", "a", "a"),
        song("y.ogg", "b", "b"),
        song("z.ogg", "c", "c"),
        song("w.ogg", "d", "d", "BO"),
    ]
    assert learned_from(learned, tested) == (
        "a/x.ogg was learned from",
        "the package of b/y.ogg was learned from",
        "the artist of d/w.ogg was learned from",
    )


def test_weights_of_other_songs_are_a_leak_and_unknown_ones_are_not_checked() -> None:
    files = {"splits/fit.csv": "1", "shard.bin": "2"}
    seen = {"split_fit_sha256": "1", "shard_sha256": "2"}
    assert foreign_weights("net", seen, files) == ((), ())
    leaks, _ = foreign_weights("net", {**seen, "split_fit_sha256": "3"}, files)
    assert leaks == (
        "net: its weights were learned from another list of songs than splits/fit.csv",
    )
    leaks, not_checked = foreign_weights("net", seen, {"splits/fit.csv": "1"})
    assert (leaks, len(not_checked)) == ((), 1)
    assert "no corpus" in not_checked[0]
    leaks, not_checked = foreign_weights("net", {}, files)
    assert (leaks, len(not_checked)) == ((), 2)


def results(means: dict[str, float], high: float) -> dict[str, Any]:
    methods = {name: {"LN-MEL": {"mean": mean}} for name, mean in means.items()}
    pair = {"LN-MEL": {"mean": high - 0.1, "low": high - 0.2, "high": high}}
    return {"methods": methods, "paired": {"net_shuffled_weights - unchanged": pair}}


def test_shuffled_references_that_cost_nothing_are_a_sign() -> None:
    means = {"net": 1.0, "net_shuffled_references": 1.02}
    (found,) = signs({"DEG-A": results(means, 0.1)})
    assert "shuffled references cost net 2.0% only" in found
    assert signs({"DEG-A": results({**means, "net_shuffled_references": 1.06}, 0.1)}) == ()
    assert signs({"DEG-X": results(means, 0.1)}) == ()


def test_shuffled_weights_that_still_win_are_a_sign() -> None:
    means = {"net_shuffled_weights": 1.0}
    (found,) = signs({"DEG": results(means, -0.01)})
    assert "net_shuffled_weights beats unchanged" in found
    assert signs({"DEG": results(means, 0.01)}) == ()
