from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.training.agreement.agreement import Agreement, LeftOut, agreement_of
from glassmaster.training.agreement.report.page import agreement_page
from glassmaster.training.agreement.report.text import agreement_lines
from glassmaster.training.agreement.report.words import summary
from glassmaster.training.agreement.rows import Song

MakeSong = Callable[..., Song]
AIR = ("response_db@8000", "response_db@10000", "response_db@12500")
PRESENCE = tuple(f"response_db@{hz}" for hz in (2500, 3150, 4000, 5000, 6300))
HOSTILE = "<script>alert(1)</script> & Söhne"


def brighter(song_of: MakeSong, count: int, **more: object) -> list[Song]:
    songs = []
    for number in range(count):
        wobble = 0.05 * (number % 3)
        did = {name: 2.0 + wobble for name in AIR} | {"width_db@high": -0.5 - wobble}
        songs.append(song_of(number, did, **more))
    return songs


def test_what_is_consistent_is_told_first_and_by_its_numbers(song_of: MakeSong) -> None:
    told = summary(agreement_of(brighter(song_of, 7)))
    assert told[0] == "This engineer is consistently brighter and narrower than the model."
    mean = np.mean([2.0 + 0.05 * (number % 3) for number in range(7)])
    assert told[1].startswith(f"The engineer consistently has more air: +{mean:.2f} dB beside")
    assert "in 7 of 7 songs, p = 0.016." in told[1]
    assert "less width in the high band" in told[2]


def test_few_units_only_tend_to(song_of: MakeSong) -> None:
    told = summary(agreement_of(brighter(song_of, 5)))
    assert told[0] == "This engineer tends to be brighter and narrower than the model."
    assert "consistently" not in " ".join(told)
    assert "too few" in summary(agreement_of(brighter(song_of, 3)))[0]


def test_traits_that_contradict_each_other_make_no_adjective(song_of: MakeSong) -> None:
    songs = [
        song_of(n, {**dict.fromkeys(AIR, 2.0 + 0.01 * n), **dict.fromkeys(PRESENCE, -1.5)})
        for n in range(6)
    ]
    told = summary(agreement_of(songs))
    assert told[0] == "This engineer consistently differs from the model."
    assert any("less presence" in sentence for sentence in told)


def test_nothing_is_made_of_nothing(song_of: MakeSong) -> None:
    told = summary(agreement_of([song_of(number) for number in range(8)]))
    assert told[0] == "There is no consistent difference in any of 15 traits."
    assert "none is determined" in told[1]


def test_intervals_are_told_as_they_are(song_of: MakeSong) -> None:
    expected = {"width_db@high": (-1.0, 1.0)}
    judged = summary(agreement_of(brighter(song_of, 6, expected=expected)))
    assert any("6 of 6 (100 %, 54 to 100 %) hold" in sentence for sentence in judged)
    known = {"width_db@high": NOT_DETERMINED}
    open_ = summary(agreement_of(brighter(song_of, 6, expected=expected, known=known)))
    assert any("none can be judged" in sentence for sentence in open_)


class Page(HTMLParser):
    """What a page refers to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {"src", "href", "onload", "onclick"} & {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def hostile(song_of: MakeSong) -> Agreement:
    rng = np.random.default_rng(2)
    songs = [
        song_of(
            number,
            dict.fromkeys(AIR, float(rng.normal(1.0, 0.3))),
            name=f"{HOSTILE} {number}",
            place=40.0 * np.eye(4)[number % 2] + rng.normal(0.0, 1.0, 4),
            neighbors=(HOSTILE,),
            genre=HOSTILE,
        )
        for number in range(14)
    ]
    return agreement_of(songs, [LeftOut(HOSTILE, "it has changed since it was scanned")])


def test_the_page_needs_nothing_and_trusts_no_name(hostile: Agreement) -> None:
    text = agreement_page(Path(f"{HOSTILE}.glassmaster"), hostile, {"Settings by": HOSTILE}, ())
    page = Page(text)
    assert "script" not in page.tags
    assert "http:" not in text.replace("http-equiv", "")
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+", "", text.lower())
    for place in hostile.largest:
        assert hostile.songs[place].name in page.text
    assert "it has changed since it was scanned" in page.text
    assert page.tags.count("svg") == 2
    assert len(hostile.clusters) == 2


def test_lines_tell_what_the_page_tells(hostile: Agreement) -> None:
    lines = "\n".join(agreement_lines(Path("c.glassmaster"), hostile, {"Report": "out"}))
    for sentence in summary(hostile):
        assert " ".join(sentence.split()) in " ".join(lines.split())
    assert max(map(len, lines.splitlines())) <= 96


def test_one_song_of_which_nothing_is_known_is_told(song_of: MakeSong) -> None:
    only = agreement_of([song_of(0, share=-0.2, left_db=5.0, loudness_lu=None)])
    text = agreement_page(Path("c.glassmaster"), only, {}, ())
    assert "too few" in text
    assert "It is not known of any song." in text
    assert "settings explain less than half" in text
    assert agreement_lines(Path("c.glassmaster"), only, {})
