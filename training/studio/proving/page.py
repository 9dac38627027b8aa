"""The proof as a page: one HTML file, with audio files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from ....inference.report.frame import document_of
from ....inference.report.layout import counted
from ....inference.report.markup import (
    escape,
    listing,
    measure,
    number,
    paragraph,
    prose,
    section,
    table,
    terms,
)
from ...benchmark.report.charts import CHART_STYLE, Bar, bars_of, interval_chart, song_chart
from ..deciding import Verdict
from ..validating import BASE, MEAN_SETTINGS, STUDIO, UNCHANGED
from .comparing import AS_IS, MATCHERING, SPECTRUM_MATCH
from .listening import Excerpt
from .proof import Proof, verdict_sentence

T = TypeVar("T")

ORDER = (STUDIO, BASE, UNCHANGED, MEAN_SETTINGS, SPECTRUM_MATCH, MATCHERING, AS_IS)
"""Methods in tables; others follow."""

MEANINGS = {
    STUDIO: "the base model and what was learned of the studio, its album left out",
    BASE: "the model that the studio started from",
    UNCHANGED: "the mix at the loudness of its master, by a gain and the limiter alone; since "
    "errors leave loudness out, this is what “loudness only” comes to",
    AS_IS: "the mix without even the limiter, which is all that loudness alone changes",
    MEAN_SETTINGS: "the mean of what explains the studio's other masters, for every song alike",
    SPECTRUM_MATCH: "an equalizer that gives the mix the mean spectrum of the studio's other "
    "masters, and the limiter: what programs that match do",
    MATCHERING: "that program, given the studio's master of another album whose music is most "
    "like the mix, and the limiter",
}
_STYLE = (
    CHART_STYLE
    + """
dl.players {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .25rem 1rem;
}
dl.players audio { width: 100%; }
"""
)
_BADGES = {
    Verdict.ACCEPTED: ("good", "Accepted"),
    Verdict.PROMISING: ("bad", "Promising: the base model stays in use"),
    Verdict.NO_IMPROVEMENT: ("bad", "No improvement: the base model stays in use"),
}


def proof_page(
    proof: Proof, excerpts: Sequence[Excerpt], facts: Mapping[str, str], title: str
) -> str:
    """Return the page of a proof.

    Args:
        proof: What was found.
        excerpts: That can be listened to.
        facts: Of the run.
        title: Name of the studio's model.

    """
    return document_of(
        f"{title}: proof",
        _header(proof, title),
        _warnings(proof),
        _methods(proof),
        _songs(proof),
        _listening(proof, excerpts),
        _learned(proof),
        section("What was compared", terms(_meanings(proof), "facts")),
        section("What was run", terms(facts.items(), "facts")),
        style=_STYLE,
        plays=True,
    )


def _header(proof: Proof, title: str) -> str:
    kind, badge = _BADGES[proof.decision.verdict]
    change = proof.decision.comparisons[BASE].change_db
    keys = (
        ("Error of the studio's model", measure(proof.estimates[STUDIO].mean, "dB", 2), ""),
        ("of the base model", measure(proof.estimates[BASE].mean, "dB", 2), ""),
        (
            "Difference",
            measure(change.mean, "dB", 2, signed=True),
            f"{number(change.low, 2, signed=True)} to {number(change.high, 2, signed=True)}",
        ),
        ("Better on", f"{100 * change.wins:.0f}\N{NO-BREAK SPACE}%", f"of {change.n} songs"),
    )
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(small)}</small></dd></div>"
        for name, value, small in keys
    )
    units = counted(proof.decision.units, "song" if proof.decision.by_song else "album")
    told = f"{counted(len(proof.collected.known), 'pair')} of mix and master, {units}"
    return (
        f'<header><h1>{escape(title)}</h1><p class="soft">{escape(told)}</p>'
        f'<p class="badge {kind}">{escape(badge)}</p>'
        f"{paragraph(prose(verdict_sentence(proof.decision)))}</header>\n"
        f'<section><dl class="keys">{cells}</dl></section>\n'
    )


def _warnings(proof: Proof) -> str:
    known, units = proof.collected.known, proof.collected.units
    parts = []
    if proof.leaks:
        told = [f"{name} is {source}; it is left out." for name, source in proof.leaks.items()]
        parts.append(listing(told, "bad"))
    notes = [
        f"{each.name} is left out: {each.reason}."
        for each in known.left_out
        if each.name not in proof.leaks
    ]
    if known.unsure:
        notes.append(
            f"{counted(len(known.unsure), 'pair')} unsure, not used until someone confirms: "
            f"{', '.join(known.unsure)}."
        )
    if proof.decision.by_song:
        notes.append(
            "There are fewer than five albums, so that songs were left out one by one: other songs "
            "of an album were learned from, which flatters every method that learns."
        )
    if units.by_artist:
        notes.append(f"Without an album, by artist: {counted(units.by_artist, 'pair')}.")
    if units.by_song:
        notes.append(
            f"Without album and artist, each for itself: {counted(units.by_song, 'pair')}."
        )
    if notes:
        parts.append(listing(map(prose, notes), "notes"))
    title = "Leaks, and what else to know" if proof.leaks else "To know"
    return section(title, *parts) if parts else ""


def _methods(proof: Proof) -> str:
    unit = "songs" if proof.decision.by_song else "albums"
    estimates = {
        name: {"mean": each.mean, "low": each.low, "high": each.high}
        for name, each in proof.estimates.items()
    }
    plain = [name for name in estimates if name != STUDIO]
    changes = [
        Bar(
            name,
            each.change_db.mean,
            each.change_db.low,
            each.change_db.high,
        )
        for name, each in _ordered(proof.decision.comparisons)
    ]
    rows = [
        (
            name,
            number(proof.estimates[name].mean, 2),
            number(each.change_db.mean, 2, signed=True),
            f"{number(each.change_db.low, 2, signed=True)} to "
            f"{number(each.change_db.high, 2, signed=True)}",
            f"{100 * each.change_db.wins:.0f} %",
            f"{each.p:.3f}",
        )
        for name, each in _ordered(proof.decision.comparisons)
    ]
    head = ("Against", "Its error", "Difference", "95 %", "Wins", "By chance")
    intro = (
        "Mean absolute difference of mel levels from the studio's own masters, mid and side, at "
        "equal loudness: less is better. Each song is judged by what was learned without its "
        f"{unit[:-1]}. “By chance” is how often signs at random would look as good."
    )
    missing = [f"{name} was not run: {reason}." for name, reason in proof.not_run.items()]
    return section(
        "Held-out comparison",
        paragraph(intro, "soft"),
        interval_chart("Error by method", "dB", bars_of(estimates, plain), zero=True, units=unit),
        "<h3>The studio's model minus each of the others, the same songs</h3>",
        interval_chart("Difference from the studio", "dB", changes, zero=True, units=unit),
        table(head, rows, range(1, 6)),
        listing(missing, "notes") if missing else "",
    )


def _songs(proof: Proof) -> str:
    errors = proof.held_out.errors_db
    methods = [name for name, _ in _ordered(errors)]
    points = [(float(a), float(b)) for a, b in zip(errors[BASE], errors[STUDIO], strict=True)]
    order = np.argsort(-proof.gains_db, kind="stable")
    rows = [
        (
            proof.collected.known.names[place],
            proof.collected.pairs.albums[place],
            *(number(float(errors[name][place]), 2) for name in methods),
            number(float(proof.collected.pairs.residual_db[place]), 2),
        )
        for place in order
    ]
    head = ("Song", "Album", *methods, "Best possible")
    note = "“Best possible” is what the chain's best settings for this master leave."
    return section(
        "Song by song",
        song_chart("Errors song by song", (BASE, STUDIO), points, "dB"),
        table(head, rows, range(2, len(head))),
        paragraph(note, "soft"),
    )


def _listening(proof: Proof, excerpts: Sequence[Excerpt]) -> str:
    if not excerpts:
        return ""
    intro = (
        "Rendered at the rate of the mix with what would be done without the song's "
        f"{'own pair' if proof.decision.by_song else 'album'}; all versions of a song are equally "
        "loud, by a gain that only turns down."
    )
    parts = [paragraph(intro, "soft")]
    for each in excerpts:
        name = proof.collected.known.names[each.place]
        gain = proof.gains_db[each.place]
        parts.append(f"<h3>{escape(name)}</h3>")
        if each.problem:
            parts.append(paragraph(f"It could not be rendered: {each.problem}."))
            continue
        told = (
            f"{each.why}: {number(float(gain), 2, signed=True)} dB nearer than the base; from "
            f"{each.start_s:.0f} s on, at {number(each.loudness_lufs)} LUFS"
        )
        parts.append(paragraph(prose(told), "soft"))
        players = "".join(
            f'<div><dt><a href="{escape(file)}">{escape(role)}</a></dt>'
            f'<dd><audio controls preload="none" src="{escape(file)}"></audio></dd></div>'
            for role, file in each.files.items()
        )
        parts.append(f'<dl class="players">{players}</dl>')
    return section("Listen", *parts)


def _learned(proof: Proof) -> str:
    rows = [
        (
            name,
            "nothing: the base stays" if each.tier == 0 else f"tier {each.tier}",
            number(each.amount, 1) if each.tier else "",
            number(each.base_error, 2),
            number(each.error, 2),
        )
        for name, each in proof.model.choices.items()
    ]
    head = ("Moves", "Learned", "Amount", "Error of the base", "Error")
    note = (
        "What of the base model's moves is learned otherwise; tier and amount are chosen where "
        "other albums of the studio were left out."
    )
    return section("What was learned", paragraph(note, "soft"), table(head, rows, range(2, 5)))


def _meanings(proof: Proof) -> list[tuple[str, str]]:
    return [(name, MEANINGS[name]) for name, _ in _ordered(proof.estimates)]


def _ordered(by_name: Mapping[str, T]) -> list[tuple[str, T]]:
    known = [name for name in ORDER if name in by_name]
    return [(name, by_name[name]) for name in (*known, *(n for n in by_name if n not in known))]
