"""Moves in words, for three readers: the same numbers, told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from ..comparing.audibility import JUST_NOTICEABLE_DB
from .facts import NOT_KNOWN, Fact
from .moves import Move


class Reader(StrEnum):
    """Whom a report is for."""

    ARTIST = "artist"
    PRODUCER = "producer"
    ENGINEER = "engineer"


def told(move: Move, reader: Reader) -> tuple[str, ...]:
    """Tell a move in sentences: what was measured, what was done, how sure, what it is worth.

    The numbers are those of `Move.facts`, as `Fact.text` or `Fact.size` writes them.
    """
    words = _STAGES[move.stage][reader]
    return (
        words[0](move),
        words[1](move),
        _sure(move, reader),
        words[2](move),
        _heard(move, reader),
    )


def _sure(move: Move, reader: Reader) -> str:
    if move.expected is None:
        return {
            Reader.ARTIST: "How much is right cannot be told from the song alone: trust your ears.",
            Reader.PRODUCER: "The model cannot tell how much is right; treat it as a suggestion.",
            Reader.ENGINEER: "Interval: not determined.",
        }[reader]
    low, high = (each.text for each in move.expected)
    return {
        Reader.ARTIST: f"Nine in ten finished masters of such a song get between {low} and {high}.",
        Reader.PRODUCER: f"The model expects between {low} and {high}, nine times in ten.",
        Reader.ENGINEER: f"Interval, nine in ten: {low} to {high}.",
    }[reader]


def _heard(move: Move, reader: Reader) -> str:
    mean, most, at = move.mean.text, move.most.text, move.most_hz.text
    limit = f"{JUST_NOTICEABLE_DB:.0f} dB"
    if reader is Reader.ARTIST:
        ending = "you can hear that" if move.is_noticeable else "few people would hear that"
        return (
            f"Equally loud, the step changes what you hear by {mean} on average and by {most} "
            f"around {at}; {limit} is just noticeable, so {ending}."
        )
    if reader is Reader.PRODUCER:
        ending = "audible" if move.is_noticeable else "at most barely audible"
        return (
            f"Level-matched it is {ending}: {mean} on average and {most} around {at}, where "
            f"{limit} is just noticeable."
        )
    ending = "above" if move.is_noticeable else "below"
    return (
        f"Level-matched and weighted by loudness: mean {mean}, most {most} at {at}; {ending} the "
        f"threshold of {limit}."
    )


Words = Mapping[Reader, tuple[Callable[[Move], str], Callable[[Move], str], Callable[[Move], str]]]


def _more(fact: Fact, up: str = "more", down: str = "less") -> str:
    return up if fact.value > 0.0 else down


def _less(fact: Fact) -> str:
    """Say what the master would have without a move that does this."""
    return _more(fact, "less", "more")


def _share(fact: Fact) -> str:
    return "an unknown share" if fact.text == NOT_KNOWN else fact.text


def _typical(move: Move) -> str:
    return NOT_KNOWN if move.typical is None else move.typical.text


_TONE_MEASURED: Mapping[Reader, Callable[[Move], str]] = {
    Reader.ARTIST: lambda m: (
        f"Your mix has {m.measured.size.text} {_more(m.measured)} {m.place} than a typical "
        f"finished song; {_share(m.percentile)} of finished songs have less."
    ),
    Reader.PRODUCER: lambda m: (
        f"The {m.place} of the mix stands {m.measured.size.text} "
        f"{_more(m.measured, 'above', 'below')} the middle of finished songs, with more than "
        f"{_share(m.percentile)} of them."
    ),
    Reader.ENGINEER: lambda m: (
        f"{m.place.capitalize()} of the mix re corpus median: {m.measured.text} (percentile "
        f"{_share(m.percentile)})."
    ),
}

_EQUALIZER: Words = {
    Reader.ARTIST: (
        _TONE_MEASURED[Reader.ARTIST],
        lambda m: f"The {m.place} was turned {_more(m.done, 'up', 'down')} by {m.done.size.text}.",
        lambda m: (
            f"Without this, the master would have {m.effect.size.text} {_less(m.effect)} {m.place}."
        ),
    ),
    Reader.PRODUCER: (
        _TONE_MEASURED[Reader.PRODUCER],
        lambda m: (
            f"The equalizer {_more(m.done, 'lifts', 'lowers')} the {m.place} by {m.done.size.text}."
        ),
        lambda m: f"Without it there would be {m.effect.size.text} {_less(m.effect)} {m.place}.",
    ),
    Reader.ENGINEER: (
        _TONE_MEASURED[Reader.ENGINEER],
        lambda m: f"Equalizer, mean response there, level-free: {m.done.text}.",
        lambda m: f"Removed, the {m.place} would change by {_opposite(m.effect).text}.",
    ),
}

_DEESSER: Words = {
    Reader.ARTIST: (
        _TONE_MEASURED[Reader.ARTIST],
        lambda m: f"Sharp “s” sounds were softened by {m.done.text} where they are strongest.",
        _EQUALIZER[Reader.ARTIST][2],
    ),
    Reader.PRODUCER: (
        _TONE_MEASURED[Reader.PRODUCER],
        lambda m: f"The de-esser takes {m.done.text} off the strongest sibilance.",
        _EQUALIZER[Reader.PRODUCER][2],
    ),
    Reader.ENGINEER: (
        _TONE_MEASURED[Reader.ENGINEER],
        lambda m: f"De-esser, gain reduction in loud passages: {m.done.text}.",
        _EQUALIZER[Reader.ENGINEER][2],
    ),
}

_PEAKS_MEASURED: Mapping[Reader, Callable[[Move], str]] = {
    Reader.ARTIST: lambda m: (
        f"The peaks of your mix stand {m.measured.text} above its loudness; a typical finished "
        f"song has {_typical(m)}, and {_share(m.percentile)} of them have less."
    ),
    Reader.PRODUCER: lambda m: (
        f"Peaks stand {m.measured.text} above the loudness, {_typical(m)} in the middle of "
        f"finished songs: more than in {_share(m.percentile)} of them."
    ),
    Reader.ENGINEER: lambda m: (
        f"PLR of the mix: {m.measured.text} (corpus median {_typical(m)}, percentile "
        f"{_share(m.percentile)})."
    ),
}

_PEAKS_WITHOUT: Mapping[Reader, Callable[[Move], str]] = {
    Reader.ARTIST: lambda m: (
        f"Without this, the peaks of the master would stand {m.effect.size.text} "
        f"{_more(m.effect, 'lower', 'higher')}."
    ),
    Reader.PRODUCER: lambda m: (
        f"Without it, peaks would stand {m.effect.size.text} "
        f"{_more(m.effect, 'lower', 'higher')} above the loudness."
    ),
    Reader.ENGINEER: lambda m: f"Removed, PLR would change by {_opposite(m.effect).text}.",
}

_COMPRESSOR: Words = {
    Reader.ARTIST: (
        _PEAKS_MEASURED[Reader.ARTIST],
        lambda m: f"Loud moments in the {m.place} band were turned down by {m.done.text}.",
        _PEAKS_WITHOUT[Reader.ARTIST],
    ),
    Reader.PRODUCER: (
        _PEAKS_MEASURED[Reader.PRODUCER],
        lambda m: f"The compressor takes {m.done.text} off loud passages of the {m.place} band.",
        _PEAKS_WITHOUT[Reader.PRODUCER],
    ),
    Reader.ENGINEER: (
        _PEAKS_MEASURED[Reader.ENGINEER],
        lambda m: f"Compressor, {m.place} band, gain reduction in loud passages: {m.done.text}.",
        _PEAKS_WITHOUT[Reader.ENGINEER],
    ),
}

_SATURATOR: Words = {
    Reader.ARTIST: (
        lambda m: (
            f"Moment by moment, peaks of your mix stand {m.measured.text} above its level; a "
            f"typical finished song has {_typical(m)}, and {_share(m.percentile)} of them have "
            "less."
        ),
        lambda m: f"Some warmth was added by gentle distortion: {m.done.text} of the effect.",
        _PEAKS_WITHOUT[Reader.ARTIST],
    ),
    Reader.PRODUCER: (
        lambda m: (
            f"The crest factor of the mix is {m.measured.text}, {_typical(m)} in the middle of "
            f"finished songs: more than in {_share(m.percentile)} of them."
        ),
        lambda m: f"The saturator is mixed in by {m.done.text}.",
        _PEAKS_WITHOUT[Reader.PRODUCER],
    ),
    Reader.ENGINEER: (
        lambda m: (
            f"Crest factor of the mix, median: {m.measured.text} (corpus median {_typical(m)}, "
            f"percentile {_share(m.percentile)})."
        ),
        lambda m: f"Saturator, mix: {m.done.text}.",
        _PEAKS_WITHOUT[Reader.ENGINEER],
    ),
}

_IMAGER: Words = {
    Reader.ARTIST: (
        lambda m: (
            f"Beside its middle, the sides of your mix lie at {m.measured.text}; those of a "
            f"typical finished song at {_typical(m)}, and {_share(m.percentile)} of them are "
            "narrower."
        ),
        lambda m: (
            f"The {m.place} range was made {_more(m.done, 'wider', 'narrower')} by "
            f"{m.done.size.text}."
        ),
        lambda m: (
            f"Without this, the sides would be {m.effect.size.text} "
            f"{_more(m.effect, 'quieter', 'louder')}."
        ),
    ),
    Reader.PRODUCER: (
        lambda m: (
            f"Side lies at {m.measured.text} beside mid, at {_typical(m)} in the middle of "
            f"finished songs: wider than {_share(m.percentile)} of them."
        ),
        lambda m: (
            f"The imager {_more(m.done, 'widens', 'narrows')} the {m.place} band by "
            f"{m.done.size.text}."
        ),
        lambda m: (
            f"Without it, side would be {m.effect.size.text} "
            f"{_more(m.effect, 'quieter', 'louder')}."
        ),
    ),
    Reader.ENGINEER: (
        lambda m: (
            f"Side re mid of the mix: {m.measured.text} (corpus median {_typical(m)}, percentile "
            f"{_share(m.percentile)})."
        ),
        lambda m: f"Imager, {m.place} band, width: {m.done.text}.",
        lambda m: f"Removed, side would change by {_opposite(m.effect).text}.",
    ),
}

_LIMITER: Words = {
    Reader.ARTIST: (
        lambda m: (
            f"Your mix is {m.measured.text} loud; a typical finished song has {_typical(m)}, and "
            f"{_share(m.percentile)} of them are quieter."
        ),
        lambda m: f"To make it louder without clipping, peaks were held back by {m.done.text}.",
        _PEAKS_WITHOUT[Reader.ARTIST],
    ),
    Reader.PRODUCER: (
        lambda m: (
            f"The mix measures {m.measured.text}, {_typical(m)} in the middle of finished songs: "
            f"louder than {_share(m.percentile)} of them."
        ),
        lambda m: f"The limiter takes {m.done.text} off loud passages.",
        _PEAKS_WITHOUT[Reader.PRODUCER],
    ),
    Reader.ENGINEER: (
        lambda m: (
            f"Loudness of the mix: {m.measured.text} (corpus median {_typical(m)}, percentile "
            f"{_share(m.percentile)})."
        ),
        lambda m: f"Limiter, gain reduction in loud passages: {m.done.text}.",
        _PEAKS_WITHOUT[Reader.ENGINEER],
    ),
}

_STAGES: Mapping[str, Words] = {
    "equalizer": _EQUALIZER,
    "deesser": _DEESSER,
    "multiband_compressor": _COMPRESSOR,
    "saturator": _SATURATOR,
    "imager": _IMAGER,
    "limiter": _LIMITER,
}


def _opposite(fact: Fact) -> Fact:
    return Fact(fact.name, -fact.value, fact.unit, fact.digits, fact.signed)
