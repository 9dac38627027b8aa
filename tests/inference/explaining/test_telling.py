from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.inference.explaining.facts import NOT_KNOWN, Fact
from glassmaster.inference.explaining.glossary import GLOSSARY, explained
from glassmaster.inference.explaining.moves import Move
from glassmaster.inference.explaining.telling import Reader, told
from glassmaster.models.settings import BLOCKS

NUMBER = re.compile(r"(?<![\w.])[+-]?\d+(?:\.\d+)?")
THRESHOLD = 1.0  # what is just noticeable is told with each move
LEVELS = st.floats(-30.0, 30.0)


def move(stage: str, values: list[float], *, sure: bool) -> Move:
    measured, percentile, typical, done, low, high, effect, mean, most, at = values
    tonal = stage in ("equalizer", "deesser")
    return Move(
        stage,
        "bass",
        Fact("measured", measured, "dB", signed=tonal),
        Fact("percentile", abs(percentile), "%", 0),
        None if tonal else Fact("typical", typical),
        Fact("done", done, signed=stage in ("equalizer", "imager")),
        (Fact("low", min(low, high)), Fact("high", max(low, high))) if sure else None,
        Fact("effect", effect, signed=True),
        Fact("mean", abs(mean)),
        Fact("most", abs(most)),
        Fact("at", abs(at) * 100.0 + 20.0, "Hz", 0),
    )


def numbers(sentences: tuple[str, ...]) -> list[float]:
    found = sorted(abs(float(text)) for text in NUMBER.findall(" ".join(sentences)))
    found.remove(THRESHOLD)
    return found


@given(st.sampled_from(list(BLOCKS)), st.lists(LEVELS, min_size=10, max_size=10), st.booleans())
def test_three_readers_are_told_the_same_numbers(
    stage: str, values: list[float], sure: bool
) -> None:
    one = move(stage, values, sure=sure)
    expected = sorted(abs(round(fact.value, fact.digits)) for fact in one.facts)
    for reader in Reader:
        assert numbers(told(one, reader)) == pytest.approx(expected)
    assert len({told(one, reader) for reader in Reader}) == len(Reader)  # in other words


def test_words_say_which_way_it_goes() -> None:
    one = move("equalizer", [4.0, 90.0, 0.0, -2.5, 0.0, 0.0, -1.9, 0.7, 2.2, 0.4], sure=False)
    text = " ".join(told(one, Reader.ARTIST))
    assert "4.0 dB more bass than a typical finished song" in text
    assert "The bass was turned down by 2.5 dB." in text
    assert "Without this, the master would have 1.9 dB more bass." in text
    assert "you can hear that" in text
    other = replace(one, most=Fact("most", 0.4), done=Fact("done", 2.5, signed=True))
    text = " ".join(told(other, Reader.PRODUCER))
    assert "lifts the bass by 2.5 dB" in text
    assert "at most barely audible" in text
    assert "Removed, the bass would change by +1.9 dB." in " ".join(told(one, Reader.ENGINEER))


def test_what_is_unknown_is_told_as_that() -> None:
    one = move("limiter", [0.0] * 10, sure=False)
    one = replace(one, measured=Fact("integrated_lufs", float("nan"), "LUFS"))
    assert NOT_KNOWN in told(one, Reader.ENGINEER)[0]


def test_the_glossary_explains_what_is_used() -> None:
    one = move("equalizer", [4.0, 90.0, 0.0, -2.5, 0.0, 0.0, -1.9, 0.7, 2.2, 0.4], sure=False)
    words = [word for word, _ in explained(" ".join(told(one, Reader.ARTIST)))]
    assert {"dB", "bass", "Hz", "equally loud"} <= set(words)
    assert "stereo imager" not in words
    assert all(meaning.endswith(".") for meaning in GLOSSARY.values())
