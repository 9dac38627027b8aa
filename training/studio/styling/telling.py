"""A house style for people and for machines: lines, plain data, and a page."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....inference.report.figures import FREQUENCY_TICKS, HIGHEST_HZ, LOWEST_HZ
from ....inference.report.frame import document_of
from ....inference.report.layout import columns, wrapped
from ....inference.report.markup import (
    escape,
    figure_block,
    listing,
    number,
    paragraph,
    prose,
    section,
    table,
)
from ....inference.report.plot import Plot, drawing
from ....models.moves import RESPONSE_HZ
from .drift import TAGS, Drift, Slope
from .style import HouseStyle, Trait

NO_DRIFT = "no drift that can be told"

_SPANS_DB = (3.0, 6.0, 12.0, 24.0)


def style_lines(style: HouseStyle, drift: Drift) -> list[str]:
    """Return what is told of a style on a terminal."""
    lines = [f"{_counted(style)}, against the base model"]
    rows = [("", "mean", "95 %", "spread")]
    shown = [*style.tone[::3], *style.traits]
    rows += [(each.name, *_cells(each)) for each in shown]
    lines += columns([tuple(map(str, row)) for row in rows], "<>>>")
    return [*lines, *wrapped(f"Over time: {drift_text(drift)}", "")]


def drift_text(drift: Drift) -> str:
    """Say how a style moves, in a sentence."""
    if drift.reason:
        return f"{NO_DRIFT}: {drift.reason}."
    sure = [each for each in drift.slopes if each.is_sure]
    where = "tags" if drift.source == TAGS else "the times at which files were changed"
    told = f"{drift.first:.1f} to {drift.last:.1f}, {drift.units} dates from {where}"
    if not sure:
        return f"{NO_DRIFT} ({told})."
    return f"{'; '.join(_slope_text(each) for each in sure)} ({told})."


def style_document(style: HouseStyle, drift: Drift) -> dict[str, Any]:
    """Return plain data; the shape is that of ``style`` in ``configs/schemas/catalogue.json``."""
    return {
        "songs": style.songs,
        "units": len(set(style.units)),
        "by_song": style.by_song,
        "tone": {
            "frequency_hz": RESPONSE_HZ.tolist(),
            **{
                name: [getattr(each, key) for each in style.tone]
                for name, key in (
                    ("mean_db", "mean"),
                    ("low_db", "low"),
                    ("high_db", "high"),
                    ("spread_db", "spread"),
                )
            },
        },
        "traits": [
            {
                "name": each.name,
                "unit": each.unit,
                "mean": each.mean,
                "low": each.low,
                "high": each.high,
                "spread": each.spread,
            }
            for each in style.traits
        ],
        "drift": {
            "source": drift.source,
            "first_year": drift.first,
            "last_year": drift.last,
            "units": drift.units,
            "sentence": drift_text(drift),
            "slopes": [
                {
                    "name": each.name,
                    "unit": each.unit,
                    "slope": each.value,
                    "low": each.low,
                    "high": each.high,
                    "sure": each.is_sure,
                }
                for each in drift.slopes
            ],
        },
    }


def style_page(style: HouseStyle, drift: Drift, title: str) -> str:
    """Return the page of a style."""
    intro = (
        "What this studio does otherwise than the base model, on the same mixes at the same "
        "loudness: positive is more of it. The interval is that of the mean; the spread is how "
        "much songs differ from one another."
    )
    rows = [(prose(each.name), *_cells(each)) for each in style.traits]
    slopes = [
        (
            prose(each.name),
            f"{number(each.value, 2, signed=True)} {each.unit}",
            f"{number(each.low, 2, signed=True)} to {number(each.high, 2, signed=True)}",
            "sure" if each.is_sure else NO_DRIFT,
        )
        for each in drift.slopes
    ]
    over_time = table(("", "Slope", "Interval", ""), slopes, (1, 2)) if slopes else ""
    few = "Songs stand for themselves, because there are fewer than five albums."
    return document_of(
        f"{title}: house style",
        f'<header><h1>{escape(title)}</h1><p class="soft">{escape(_counted(style))}</p></header>\n',
        section(
            "Tone",
            paragraph(intro, "soft"),
            tone_figure(style),
            listing([few], "notes") if style.by_song else "",
        ),
        section(
            "Density, width and loudness",
            table(("", "Mean", "95 %", "Spread"), rows, (1, 2, 3)),
        ),
        section("Over time", paragraph(prose(drift_text(drift))), over_time),
    )


def tone_figure(style: HouseStyle) -> str:
    """Draw the mean difference in tone, its interval, and the spread of songs around it."""
    mean_db, low_db, high_db, spread_db = (
        np.array([getattr(each, key) for each in style.tone])
        for key in ("mean", "low", "high", "spread")
    )
    outer = np.nan_to_num(spread_db)
    most_db = float(np.abs(mean_db).max() + outer.max())
    span_db = next((span for span in _SPANS_DB if most_db <= span), 60.0)
    plot = Plot(46.0, 28.0, 648.0, 190.0, (LOWEST_HZ, HIGHEST_HZ), (-span_db, span_db))
    ticks_db = np.linspace(-span_db, span_db, 5).tolist()
    parts = [
        plot.range(RESPONSE_HZ, mean_db - outer, mean_db + outer, "expected"),
        plot.range(RESPONSE_HZ, low_db, high_db, "high"),
        plot.axes(FREQUENCY_TICKS, ticks_db, "Level against the base model, dB"),
        plot.line(RESPONSE_HZ, mean_db, "curve moved"),
    ]
    legend = [
        ("moved", "mean over songs"),
        ("high", "95 % interval of the mean"),
        ("expected", "one standard deviation of songs"),
    ]
    title = "Tone of the studio against the base model"
    return figure_block(drawing(720.0, 258.0, title, "".join(parts)), legend)


def _cells(trait: Trait) -> tuple[str, str, str]:
    signed = trait.unit != "LUFS"
    low, high = (number(end, 1, signed=signed) for end in (trait.low, trait.high))
    return (
        f"{number(trait.mean, 1, signed=signed)} {trait.unit}",
        f"{low} to {high}",
        number(trait.spread, 1),
    )


def _slope_text(slope: Slope) -> str:
    return (
        f"{slope.name} {slope.value:+.2f} {slope.unit} (interval {slope.low:+.2f} to "
        f"{slope.high:+.2f})"
    )


def _counted(style: HouseStyle) -> str:
    told = f"{style.songs} songs"
    return told if style.by_song else f"{told} of {len(set(style.units))} albums"
