from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from glassmaster.inference.company import Listened
from glassmaster.inference.reference import ReferenceMatch
from glassmaster.inference.report.match_figure import match_figure
from glassmaster.inference.report.page import page
from glassmaster.inference.results import MasteringResult

HOSTILE = '<script>alert("1")</script>\u202e&amp;'


def drawn(match: ReferenceMatch) -> ElementTree.Element:
    found = re.search(r"<svg.*?</svg>", match_figure(match))
    assert found is not None
    return ElementTree.fromstring(found[0])


def points(shape: ElementTree.Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in (shape.get("points") or "").split())
    return [(float(x), float(y)) for x, y in pairs]


def of_class(graphic: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in graphic if name in (each.get("class") or "").split()]


def test_tone_and_width_have_a_range_a_median_and_the_mix(match: ReferenceMatch) -> None:
    graphic = drawn(match)
    for name in ("neighbors", "middle", "mix"):
        assert len(of_class(graphic, name)) == 2
    legend = re.sub(r"<[^>]*>", " ", match_figure(match).partition("<figcaption>")[2])
    assert " ".join(legend.split()) == "mix median of the music like it 10 to 90 % of it"


def test_curves_stand_where_the_axis_says(match: ReferenceMatch) -> None:
    graphic = drawn(match)
    ticks = [(each.text, each) for each in graphic.findall("text")]
    # the first two numbers of the upper plot are 10 dB apart
    heights = [float(each.get("y", 0)) for text, each in ticks if text in ("0", "+10")]
    per_db = (heights[0] - heights[1]) / 10.0
    x_63 = next(float(each.get("x", 0)) for text, each in ticks if text == "63")
    middle, mix = (points(of_class(graphic, name)[0]) for name in ("middle", "mix"))
    assert len(middle) == len(mix) == 31
    assert mix[5][0] == pytest.approx(x_63, abs=1.0)
    # 63, 80 and 100 Hz lie 3, 6 and 4 dB above the median, 4 kHz 5 dB below
    above_db = [(low - high) / per_db for (_, low), (_, high) in zip(middle, mix, strict=True)]
    expected = np.zeros(31)
    expected[[5, 6, 7, 23]] = 3.0, 6.0, 4.0, -5.0
    assert above_db == pytest.approx(expected.tolist(), abs=0.1)
    band = points(of_class(graphic, "neighbors")[0])
    assert len(band) == 62
    assert (band[-1][1] - band[0][1]) / per_db == pytest.approx(4.0, abs=0.1)


def test_bands_in_which_the_mix_holds_nothing_are_left_out(match: ReferenceMatch) -> None:
    tone = match.tone_db.mix.copy()
    tone[28:] = -77.0
    graphic = drawn(replace(match, tone_db=replace(match.tone_db, mix=tone)))
    assert [len(points(each)) for each in of_class(graphic, "mix")] == [28, 28]
    assert [len(points(each)) for each in of_class(graphic, "middle")] == [31, 31]


def test_a_mono_mix_stays_inside_the_frame(match: ReferenceMatch) -> None:
    width = replace(match.width_db, mix=np.full(31, -80.0))
    graphic = drawn(replace(match, width_db=width))
    _, _, right, bottom = map(float, (graphic.get("viewBox") or "").split())
    for shape in graphic.findall("polyline"):
        for x, y in points(shape):
            assert 0.0 <= x <= right
            assert 0.0 <= y <= bottom


def test_page_tells_the_company(guided: MasteringResult) -> None:
    content = page(guided)
    text = " ".join(re.sub(r"<[^>]*>", " ", content.partition("<body>")[2]).split())
    text = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    for part in (
        "Finished music like it",
        "Loudness, LUFS -21.3 -13.0 -11.0 -9.0 0",
        "PLR, dB 17.9 8.4 10.4 12.4 100",
        "Crest factor, dB \N{EN DASH} 7.0 9.0 11.0 \N{EN DASH}",
        "Tone outside 10 to 90 %: up to 4.0 dB above at 63 to 100 Hz; 3.0 dB below at 4 kHz.",
        "Width outside 10 to 90 %: nowhere.",
        "Artist: Title 1 CC BY 4.0 shipped 1.25",
        "Artist: Title 16 CC BY 4.0 shipped 2.75",
        "loud.wav 37.5 %",
        "mono.mp3 0.0 %",
    ):
        assert part in text, part


def test_page_has_no_section_for_nothing(result: MasteringResult, guided: MasteringResult) -> None:
    assert "Finished music like it" not in page(result)
    assert "References" not in page(result)
    alone = page(replace(guided, match=None))
    assert "<h2>References</h2>" in alone
    assert "Finished music like it" not in alone


def test_foreign_titles_are_escaped(
    result: MasteringResult, matches: Callable[..., ReferenceMatch]
) -> None:
    match = matches(names=(HOSTILE,), corpora=(HOSTILE,))
    first = match.neighbors[0]
    track = replace(first.track, artist=HOSTILE, licence=HOSTILE)
    hostile = replace(match, neighbors=(replace(first, track=track),))
    listened = (Listened(HOSTILE, 0.5, None),)
    content = page(replace(result, match=hostile, listened=listened))
    assert "<script" not in content
    assert "\u202e" not in content
    escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\\u202e&amp;amp;"
    assert content.count(escaped) == 5  # artist, title, licence, corpus and reference
