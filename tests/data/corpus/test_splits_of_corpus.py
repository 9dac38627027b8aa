from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from glassmaster.data.corpus.components import Origin, components
from glassmaster.data.corpus.cutting import SplitPlan, cut_splits, plan_for
from glassmaster.data.corpus.listing import debian_listing
from glassmaster.data.corpus.origins import artist_keys
from glassmaster.data.corpus.splits import (
    SPLITS,
    SplitTrack,
    read_split,
    read_splits,
    shipped_splits,
    write_splits,
)
from glassmaster.models.errors import CatalogueError


def tracks_of(component: str, targets: int, others: int = 0) -> list[SplitTrack]:
    return [
        SplitTrack(f"{component}/{number}", component, f"{number}", component, "", number < targets)
        for number in range(targets + others)
    ]


def many(*sizes: int) -> list[SplitTrack]:
    return [
        track for index, size in enumerate(sizes) for track in tracks_of(f"p{index:02d}", size, 2)
    ]


PLENTY = (60, 55, 30, 20, 15, 15, 14, 12, 11, 9, 6, 5, 4, 3, 1, 1, 1, 0, 0)


def test_counts_and_shares_hold() -> None:
    splits = cut_splits(many(*PLENTY), SplitPlan())
    counts = {split: sum(track.is_target for track in each) for split, each in splits.items()}
    assert counts["fit"] >= 110
    assert counts["calibration"] >= 60
    assert counts["test"] >= 70
    packages = Counter(track.package for track in splits["test"] if track.is_target)
    assert len(packages) >= 6
    assert max(packages.values()) <= 0.2 * counts["test"]


def test_components_are_never_parted() -> None:
    splits = cut_splits(many(*PLENTY), SplitPlan())
    homes = Counter(
        name for each in splits.values() for name in {track.component for track in each}
    )
    assert set(homes.values()) == {1}


def test_order_of_tracks_does_not_matter() -> None:
    tracks = many(*PLENTY)
    assert cut_splits(tracks, SplitPlan()) == cut_splits(tracks[::-1], SplitPlan())


def test_what_exceeds_the_share_of_a_package_is_in_no_split() -> None:
    plan = SplitPlan(fit=10, calibration=4, test=9, test_margin=0, largest_share=0.34, packages=3)
    splits = cut_splits(many(10, 5, 5, 3, 3), plan)
    packages = Counter(track.package for track in splits["test"] if track.is_target)
    dealt = sum(len(each) for each in splits.values())
    assert max(packages.values()) <= 0.34 * sum(packages.values())
    assert dealt < len(many(10, 5, 5, 3, 3))


def test_too_little_music_for_a_strict_plan_is_refused() -> None:
    with pytest.raises(CatalogueError, match="test"):
        cut_splits(many(110, 60, 5), SplitPlan())


def test_a_small_corpus_is_dealt_in_proportion() -> None:
    tracks = many(6, 4, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1)
    splits = cut_splits(tracks, plan_for(35, has_validation=False))
    assert set(splits) == set(SPLITS)
    assert all(splits[split] for split in SPLITS)
    assert sum(map(len, splits.values())) == len(tracks)


def test_written_splits_are_read_back(tmp_path: Path) -> None:
    odd = SplitTrack("p/a,b\n\u2028.ogg", "p", "a,b\n\u2028.ogg", "p", 'Some "One"', True)
    splits = {"fit": (odd,), "calibration": (), "test": (), "validation": ()}
    write_splits(tmp_path, splits)
    assert read_splits(tmp_path) == splits


def test_a_track_in_two_splits_is_refused(tmp_path: Path) -> None:
    track = tracks_of("p", 1)[0]
    write_splits(tmp_path, {split: (track,) for split in SPLITS})
    with pytest.raises(CatalogueError, match="p/0 is in"):
        read_splits(tmp_path)


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"fit\.csv"):
        read_splits(tmp_path)
    (tmp_path / "fit.csv").write_text("identity,package\na,b\n")
    with pytest.raises(CatalogueError, match="columns"):
        read_splits(tmp_path)


def test_a_target_is_yes_or_no(tmp_path: Path) -> None:
    write_splits(tmp_path, {"fit": tracks_of("p", 1, 1)})
    path = tmp_path / "fit.csv"
    assert [track.is_target for track in read_split(path)] == [True, False]
    path.write_text(path.read_text().replace(",yes", ",true"))
    with pytest.raises(CatalogueError, match="is_target of p/0"):
        read_split(path)


@pytest.fixture(scope="module")
def shipped() -> dict[str, tuple[SplitTrack, ...]]:
    return dict(shipped_splits())


def test_shipped_splits_hold_enough(shipped: dict[str, tuple[SplitTrack, ...]]) -> None:
    targets = {
        split: [track for track in each if track.is_target] for split, each in shipped.items()
    }
    assert len(targets["fit"]) >= 110
    assert len(targets["calibration"]) >= 60
    assert len(targets["test"]) >= 70
    packages = Counter(track.package for track in targets["test"])
    assert len(packages) >= 6
    assert max(packages.values()) <= 0.2 * len(targets["test"])


def test_shipped_splits_share_no_package_artist_or_component(
    shipped: dict[str, tuple[SplitTrack, ...]],
) -> None:
    traits: dict[str, dict[str, set[str]]] = {}
    for split, tracks in shipped.items():
        traits[split] = {
            "package": {track.package for track in tracks},
            "component": {track.component for track in tracks},
            "artist": {key for track in tracks for key in artist_keys(track.artist)},
        }
    for first in SPLITS:
        for second in SPLITS:
            if first < second:
                for trait, values in traits[first].items():
                    assert not values & traits[second][trait], (first, second, trait)


def test_shipped_splits_follow_the_listing(shipped: dict[str, tuple[SplitTrack, ...]]) -> None:
    listed = {track.identity: track for track in debian_listing()}
    for split, tracks in shipped.items():
        expected = "validation" if split == "validation" else "train"
        assert {listed[track.identity].split for track in tracks} == {expected}
        for track in tracks:
            row = listed[track.identity]
            assert not track.is_target or (row.good_quality and row.looks_mastered)


def test_shipped_components_are_those_of_the_listing(
    shipped: dict[str, tuple[SplitTrack, ...]],
) -> None:
    tracks = [track for each in shipped.values() for track in each]
    found = components([Origin(each.identity, each.package, each.artist) for each in tracks])
    joined: dict[str, set[str]] = {}
    for track in tracks:
        joined.setdefault(found[track.identity], set()).add(track.component)
    assert all(len(names) == 1 for names in joined.values())
