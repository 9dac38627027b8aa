from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.reference.production import FIGURES
from glassmaster.inference.company import Listened
from glassmaster.inference.reference import Place, ReferenceMatch
from glassmaster.inference.report.company import (
    LABELS,
    Departure,
    departures,
    listened_lines,
    match_lines,
    standings,
)
from glassmaster.inference.report.text import master_text
from glassmaster.inference.results import MasteringResult

HOSTILE = "\x1b[2J\u202e\ud800\n" + "very long " * 30


def words(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def test_every_figure_has_a_label() -> None:
    assert tuple(LABELS) == FIGURES


def test_a_match_is_told_in_figures_bands_and_names(match: ReferenceMatch) -> None:
    text = words(match_lines(match))
    expected = (
        "Finished music like it, 16 tracks:",
        "mix 10 % median 90 % percentile",
        "loudness -21.3 -13.0 -11.0 -9.0 LUFS 0",
        "loudness range 6.7 3.5 5.5 7.5 LU 74",
        "crest factor n/a 7.0 9.0 11.0 dB n/a",
        "side over mid -9.0 -11.5 -9.5 -7.5 dB 60",
        # 6 dB above the median, whose range reaches 2 dB
        "tone outside 10 to 90 %: up to 4.0 dB above at 63 to 100 Hz; 3.0 dB below at 4 kHz.",
        "width outside 10 to 90 %: nowhere.",
        "distance track licence",
        "1.25 Artist: Title 1 CC BY 4.0",
        "1.65 Artist: Title 5 CC BY 4.0",
        "and 11 more",
    )
    places = [text.find(part) for part in expected]
    assert [part for part, place in zip(expected, places, strict=True) if place < 0] == []
    assert places == sorted(places)
    assert "Title 6" not in text
    assert "shipped" not in text


def test_all_neighbors_are_named_when_asked(match: ReferenceMatch) -> None:
    text = words(match_lines(match, count=16))
    assert "Artist: Title 16" in text
    assert "more" not in text


def test_corpora_are_named_where_there_are_several(
    matches: Callable[..., ReferenceMatch],
) -> None:
    text = words(match_lines(matches(corpora=("shipped", "mine"))))
    assert "Title 1 CC BY 4.0 shipped" in text
    assert "Title 2 CC BY 4.0 mine" in text


def test_a_licence_that_nobody_states_is_said_to_be(match: ReferenceMatch) -> None:
    first = match.neighbors[0]
    silent = replace(first, track=replace(first.track, licence=""))
    assert "Title 1 not stated" in words(match_lines(replace(match, neighbors=(silent,))))


def test_what_no_neighbor_has_is_undefined(match: ReferenceMatch) -> None:
    unknown = np.full(6, np.nan)
    figures = Place(match.figures.mix, unknown, unknown, unknown, unknown)
    found = standings(replace(match, figures=figures))
    assert {(each.p10, each.p50, each.p90, each.percentile) for each in found} == {(None,) * 4}
    assert found[0].mix == -21.3


def test_departures_are_runs_of_one_side(match: ReferenceMatch) -> None:
    mix = match.tone_db.middle.copy()
    mix[:4] += 2.4, 2.6, -2.5, -9.0  # the range reaches 2 dB; half a dB more counts
    mix[30] += 3.0
    found = departures(replace(match, tone_db=replace(match.tone_db, mix=mix)))
    assert found["tone"] == (
        Departure(25.0, 25.0, pytest.approx(0.6)),
        Departure(31.5, 40.0, pytest.approx(-7.0)),
        Departure(20_000.0, 20_000.0, pytest.approx(1.0)),
    )


def test_width_of_nothing_is_not_told(match: ReferenceMatch) -> None:
    tone, width = match.tone_db.mix.copy(), match.width_db.mix.copy()
    tone[28:], width[28:] = -77.0, 0.0
    width[3] = -40.0
    changed = replace(
        match,
        tone_db=replace(match.tone_db, mix=tone),
        width_db=replace(match.width_db, mix=width),
    )
    found = departures(changed)
    assert [each.text for each in found["width"]] == ["24.0 dB below at 40 Hz"]
    assert found["tone"][-1].low_hz == 12_500.0


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "by_db", "text"),
    [
        (63.0, 100.0, 4.2, "up to 4.2 dB above at 63 to 100 Hz"),
        (800.0, 1250.0, -1.0, "up to 1.0 dB below at 800 Hz to 1.25 kHz"),
        (4000.0, 6300.0, 1.0, "up to 1.0 dB above at 4 to 6.3 kHz"),
        (31.5, 31.5, -3.0, "3.0 dB below at 31.5 Hz"),
    ],
)
def test_departures_in_words(low_hz: float, high_hz: float, by_db: float, text: str) -> None:
    assert Departure(low_hz, high_hz, by_db).text == text


def test_references_are_told_with_their_shares() -> None:
    listened = (Listened("loud.wav", 0.375, -8.6), Listened("mono.mp3", 0.0, None))
    assert listened_lines(listened) == [
        "References, each with its share:",
        "  37.5 %  loud.wav",
        "   0.0 %  mono.mp3",
    ]
    assert listened_lines(()) == []


def test_lines_are_short_and_plain_whatever_a_title_is(
    result: MasteringResult, matches: Callable[..., ReferenceMatch]
) -> None:
    match = matches(names=(HOSTILE, "x" * 400, "Title", "\u3000 "), corpora=(HOSTILE, "y" * 90))
    tracks = [replace(each.track, licence=HOSTILE, artist=HOSTILE) for each in match.neighbors[:2]]
    named = [
        replace(each, track=track) for each, track in zip(match.neighbors[:2], tracks, strict=True)
    ]
    # every second band outside, so that the list of them is as long as it gets
    tone_db = replace(match.tone_db, mix=match.tone_db.mix + 40.0 * (np.arange(31) % 2))
    hostile = replace(match, neighbors=(*named, *match.neighbors[2:]), tone_db=tone_db)
    guided = replace(result, match=hostile, listened=(Listened(HOSTILE, 0.5, None),))
    text = master_text(guided, None, None)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 96
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", text)
    assert not re.search(r"[ \t\u3000]$", text, re.MULTILINE)
    assert sum("\\x1b[2J" in line for line in lines) == 4
    assert text.encode("utf-8")


def test_a_master_tells_its_company(result: MasteringResult, guided: MasteringResult) -> None:
    text = master_text(guided, Path("song.yaml"), None)
    order = ("At playback", "Finished music like it", "References, each", "Warnings:", "Basis")
    places = [text.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)
    alone = master_text(replace(guided, match=None), None, None)
    assert "Finished music" not in alone
    assert "loud.wav" in alone
    bare = master_text(result, None, None)
    assert "Finished music" not in bare
    assert "References" not in bare
