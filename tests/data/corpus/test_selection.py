from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.corpus.character import Character
from glassmaster.data.corpus.listing import ListedTrack
from glassmaster.data.corpus.matches import Match
from glassmaster.data.corpus.measuring import Measurement, Structure, bandwidth_hz
from glassmaster.data.corpus.selection import (
    Candidate,
    bridge_reasons,
    duplicate_reasons,
    listed_reason,
    target_reason,
    unfit_reason,
)
from glassmaster.models.spectrum import CENTERS_HZ, EDGES_HZ, PowerSpectrum

GOOD = Measurement(
    sha256="",
    codec="VORBIS",
    sample_rate=44_100,
    channels=2,
    duration_s=180.0,
    kbps=160.0,
    artist="",
    title="",
    licence="",
    integrated_lufs=-12.0,
    range_lu=6.0,
    true_peak_dbtp=-0.5,
    plr_db=11.5,
    psr_db=9.0,
    bandwidth_hz=18_000.0,
    structure=Structure(120.0, (0.0,)),
    character=Character(1.0, 8.0, 0.45, 3.5, 4.0),
    statistics=np.zeros(3),
    content=np.zeros(3),
    spectrum=PowerSpectrum(np.zeros(124), np.zeros(124), np.zeros(124)),
    words=np.zeros(1, np.uint32),
    segments=(),
)


def listed(identity: str, split: str = "train", artist: str = "", *others: str) -> ListedTrack:
    package, file = identity.split("/", 1)
    return ListedTrack(split, package, "GPL-2", file, True, True, others, artist, "", "")


def candidates(*tracks: ListedTrack) -> dict[str, Candidate]:
    return {track.identity: Candidate(track, GOOD, "") for track in tracks}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"duration_s": 39.9}, "shorter than 40 s"),
        ({"integrated_lufs": None}, "silent"),
        ({"integrated_lufs": -49.3}, "silent"),
        ({"character": Character(0.22, 8.0, 0.45, 3.5, 4.0)}, "22 %"),
        ({"character": Character(1.0, 8.0, 0.45, 0.44, 0.82)}, "no music"),
        ({"character": Character(1.0, 8.0, 0.45, 0.66, 4.51)}, ""),  # drums alone
        ({"character": Character(1.0, 4.0, 0.05, 3.5, 4.0)}, "a loop of 4.0 s"),
    ],
)
def test_what_is_no_song_is_told_from_songs(changes: dict[str, object], reason: str) -> None:
    found = unfit_reason(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert (reason in found) if reason else (found == "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"true_peak_dbtp": 1.01}, "true peak"),
        ({"true_peak_dbtp": None}, "true peak"),
    ],
)
def test_listed_targets_are_measured_again(changes: dict[str, object], reason: str) -> None:
    found = target_reason(listed("a/1"), replace(GOOD, **changes))  # type: ignore[arg-type]
    assert (reason in found) if reason else (found == "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"channels": 1}, "quality"),
        ({"kbps": 80.0}, "quality"),
        ({"bandwidth_hz": 11_000.0}, "quality"),
        ({"integrated_lufs": -18.0}, "mastered"),
        ({"plr_db": 18.0}, "mastered"),
        ({"true_peak_dbtp": -6.0}, "mastered"),
    ],
)
def test_targets_of_folders_are_chosen_by_measuring(
    changes: dict[str, object], reason: str
) -> None:
    track = replace(listed("a/1"), good_quality=None, looks_mastered=None)
    found = target_reason(track, replace(GOOD, **changes))  # type: ignore[arg-type]
    assert (reason in found) if reason else (found == "")


def test_stems_and_exclusions_are_not_read() -> None:
    assert "stems" in listed_reason(listed("a/1", "stems"))
    assert "excluded" in listed_reason(listed("a/1", "exclude"))
    assert listed_reason(listed("a/1", "validation")) == ""


def test_listed_duplicates_count_only_among_what_is_kept() -> None:
    tracks = candidates(
        listed("a/1", "train", "", "b/1"), listed("b/1"), listed("c/1", "train", "", "c@sid/1")
    )
    assert duplicate_reasons(tracks, []) == {"b/1": "duplicate of a/1"}


def test_of_duplicates_the_better_one_is_kept() -> None:
    tracks = candidates(listed("a/1"), listed("b/1"), listed("c/1", "validation"))
    tracks["a/1"] = Candidate(tracks["a/1"].track, replace(GOOD, bandwidth_hz=12_000.0), "")
    assert duplicate_reasons(tracks, [Match("a/1", "b/1", 0, 0.05, 1.0)]) == {
        "a/1": "duplicate of b/1"
    }
    everywhere = [Match("a/1", "b/1", 0, 0.05, 1.0), Match("b/1", "c/1", 0, 0.05, 1.0)]
    assert duplicate_reasons(tracks, everywhere) == {"b/1": "duplicate of c/1"}


def test_a_shared_passage_makes_no_duplicate() -> None:
    tracks = candidates(listed("a/1"), listed("b/1"))
    assert duplicate_reasons(tracks, [Match("a/1", "b/1", 0, 0.05, 0.2)]) == {}


def test_what_ties_learning_to_validation_is_dropped() -> None:
    tracks = candidates(
        listed("a/1", "train", "Jane Doe"),
        listed("a/2", "train", "Someone"),
        listed("a/3"),
        listed("v/1", "validation", "jane doe (JD)"),
        listed("v/2", "validation", "", "a/unlisted"),
        listed("v/3", "validation"),
    )
    reasons = bridge_reasons(tracks, [Match("a/3", "v/3", 0, 0.1, 0.3)])
    assert set(reasons) == {"a/1", "v/2", "a/3"}
    assert "jane doe" in reasons["a/1"]


@pytest.mark.parametrize("edge_hz", [11_000.0, 16_000.0, 19_000.0])
def test_bandwidth_is_where_a_low_pass_cuts(edge_hz: float) -> None:
    density = np.where(edge_hz > CENTERS_HZ, 1e-9 * (1000.0 / CENTERS_HZ) ** 1.5, 1e-18)
    power = density * np.diff(EDGES_HZ)
    found = bandwidth_hz(PowerSpectrum(power, 0.1 * power, np.zeros_like(power)))
    assert found == pytest.approx(edge_hz, rel=0.06)
