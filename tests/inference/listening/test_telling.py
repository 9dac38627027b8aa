from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from glassmaster.inference.listening.evaluating import Result, evaluate
from glassmaster.inference.listening.log import Answer, ListeningTest
from glassmaster.inference.listening.page import listening_page
from glassmaster.inference.listening.result_page import result_page
from glassmaster.inference.listening.telling import names, p_text, result_text

MakeTest = Callable[..., ListeningTest]
Complete = Callable[[ListeningTest, int], tuple[ListeningTest, Result]]

WHEN = "2026-01-02T03:04:05+00:00"


@pytest.fixture
def complete(hitting: Any) -> Complete:
    def completed(test: ListeningTest, hits: int) -> tuple[ListeningTest, Result]:
        answers = hitting(test.plan, dict.fromkeys(test.plan.pairs, hits))
        told = tuple(Answer(answer, 3, 12.25, WHEN) for answer in answers)
        return replace(test, answers=told), evaluate(test.plan, answers)

    return completed


class Text(HTMLParser):
    """Checks that tags are nested, and collects the text."""

    void = frozenset({"meta", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.void:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.text.append(data)


def read(page: str) -> tuple[str, list[str]]:
    parser = Text()
    parser.feed(page)
    parser.close()
    assert parser.stack == []
    return " ".join(" ".join(parser.text).replace("\N{NO-BREAK SPACE}", " ").split()), parser.tags


@pytest.mark.parametrize(
    ("hits", "wanted", "unwanted"),
    [
        (13, "You heard the difference.", ("Not enough", "No audible")),
        (8, "No audible difference was shown.", ("Not enough", "You heard")),
        (11, "Not enough trials to say anything.", ("No audible", "You heard", "almost", "nearly")),
    ],
)
def test_conclusions_of_abx(
    make_test: MakeTest, complete: Complete, hits: int, wanted: str, unwanted: tuple[str, ...]
) -> None:
    test, result = complete(make_test(), hits)
    text = result_text(test, result, Path("log.json"))
    page, _ = read(result_page(test, result))
    for told in (" ".join(text.split()), page):
        assert wanted in told
        assert f"{hits} of 16" in told
        assert not any(each in told for each in (*unwanted, "identical"))
    if hits == 13:
        assert "1.1 % of tests" in page  # 697 of 65536
        assert "0.011" in page
    if hits == 11:
        assert "23 trials or more" in page
        assert "must not be added up" in page
    assert page.count(" right ") + page.count(" wrong ") >= 16


def test_conclusions_of_preference(make_test: MakeTest, complete: Complete) -> None:
    for hits, wanted in (
        (13, "You prefer version-0.wav."),
        (2, "You prefer version-1.wav."),
        (8, "No preference was shown."),
        (11, "Not enough trials to say anything."),
    ):
        page, _ = read(result_page(*complete(make_test("preference"), hits)))
        assert wanted in page


def test_several_pairs(make_test: MakeTest, complete: Complete) -> None:
    test, result = complete(make_test("preference", 3), 16)
    page, _ = read(result_page(test, result))
    assert "You have a preference in 3 of 3 pairs." in page
    assert "version-0.wav over version-2.wav 16 of 16" in page
    assert "after Holm" in page
    assert "98.3 %, of all pairs together" in page


def test_names_that_would_be_the_same_keep_their_folders(make_test: MakeTest) -> None:
    test = make_test()
    paths = (Path("old/a.wav"), Path("new/a.wav"))
    assert names(replace(test, versions=replace(test.versions, paths=paths))) == (
        "old/a.wav",
        "new/a.wav",
    )


def test_hostile_names_do_nothing(make_test: MakeTest, complete: Complete) -> None:
    sly = Path("<img src=x onerror=alert(1)>\u202e&\x1b[2J.wav")
    test = make_test()
    gains, samples = (
        {**each, str(sly): each["version-1.wav"]}
        for each in (test.matched.gains_db, test.matched.samples)
    )
    paths = (test.versions.paths[0], sly)
    test = replace(
        test,
        versions=replace(test.versions, paths=paths),
        matched=replace(test.matched, gains_db=gains, samples=samples),
    )
    test, result = complete(test, 13)
    page = result_page(test, result)
    text, tags = read(page)
    assert "img" not in tags
    assert "<img src=x onerror=alert(1)>\\u202e&\\x1b[2J.wav" in text
    told = result_text(test, result, Path("log.json"))
    for forbidden in ("\u202e", "\x1b"):
        assert forbidden not in page
        assert forbidden not in told


@pytest.mark.parametrize("mode", ["abx", "preference"])
def test_pages_are_whole_and_load_nothing_from_elsewhere(
    make_test: MakeTest, complete: Complete, mode: Any
) -> None:
    test = make_test(mode)
    page = listening_page(test)
    text, tags = read(page)
    assert tags.count("script") == 1
    assert "16 trials" in text
    needed = 12 if mode == "abx" else 13
    assert re.search(rf"\b{needed} (right answers|times)", text)
    assert ("X is A" in text) == (mode == "abx")
    done, tags = read(result_page(*complete(test, 8)))
    assert "script" not in tags
    assert "12 s" in done
    for each in (page, result_page(*complete(test, 8))):
        assert "http:" not in each
        assert "https:" not in each
        assert "default-src 'none'" in each


def test_small_probabilities_keep_their_digits() -> None:
    assert p_text(0.0384) == "0.038"
    assert p_text(2.0**-16) == "1.5e-05"
    assert p_text(1.0) == "1.000"
