"""A recovery on a terminal: what was done, how sure that is, and what is left."""

from __future__ import annotations

import numpy as np

from ....data.files.names import display_name
from ....inference.predictor import NOT_DETERMINED, Interval
from ....inference.report.facts import LABELS, figure, frequency
from ....inference.report.layout import Row, columns, item, wrapped
from ....models.moves import QUANTITIES, RESPONSE_HZ, WIDTH
from ....models.processors.imager import BANDS as WIDTH_BANDS
from ....models.processors.multiband_compressor import BANDS
from ..explanation import Explanation, cannot_express

SHOWN_HZ = (40.0, 80.0, 160.0, 315.0, 630.0, 1250.0, 2500.0, 5000.0, 10_000.0)
"""Third octaves that are told on a terminal; the page shows them all."""

NOTHING_LEFT_DB = -150.0
"""Below the rounding of 24 bit."""


def explanation_lines(told: Explanation, paths: dict[str, str]) -> list[str]:
    """Return the lines that tell a recovery.

    Args:
        told: See `Explanation`.
        paths: What was written, by what it is.

    """
    lines = [_title(told)]
    lines += item("Alignment", " ".join(told_alignment(told)))
    lines += item("Left of it", left_text(told))
    lines += item("Blocks", _blocks(told))
    lines += item("Loudness", loudness_text(told))
    lines += ["", "What it does (90 % interval):"]
    lines += columns(effect_rows(told), "<>>")
    lines += ["", "What the chain cannot express:"]
    for sentence in cannot_express(told):
        lines += wrapped(sentence, "  ")
    unknown = [name for name, each in told.intervals.items() if each == NOT_DETERMINED]
    knobs = [name for name in told.intervals if name.partition(".")[0] in LABELS]
    if knobs:
        open_knobs = sum(name in unknown for name in knobs)
        text = f"All {len(knobs)} knobs of these blocks are determined; the report lists them."
        if open_knobs:
            text = (
                f"{open_knobs} of {len(knobs)} knobs are not determined: other positions do the "
                "same. The effects above are what can be compared."
            )
        lines += ["", *wrapped(text, "")]
    for finding in told.findings:
        if finding.code != "alignment":
            lines += item("Note", finding.message)
    for what, path in paths.items():
        lines += item(what, path)
    return lines


def brief_lines(told: Explanation, paths: dict[str, str]) -> list[str]:
    """Return the lines that tell one recovery of many; arguments as of `explanation_lines`."""
    facts = {"Left of it": left_text(told), "Blocks": _blocks(told), **paths}
    return [_title(told), *(line for each in facts.items() for line in item(*each))]


def told_alignment(told: Explanation) -> tuple[str, ...]:
    """Return what was found of the master's place in the mix."""
    return tuple(each.message for each in told.findings if each.code == "alignment")


def left_text(told: Explanation) -> str:
    """Say how near the settings come."""
    recovered = told.recovered
    if recovered.null_db <= NOTHING_LEFT_DB:
        return "nothing of the waveform."
    return (
        f"{figure(recovered.null_db)} dB of the waveform ({figure(recovered.unchanged_db)} dB "
        f"without any setting); mel levels {figure(told.mel_db, 2)} dB apart "
        f"({figure(told.unchanged_mel_db, 2)} dB)."
    )


def loudness_text(told: Explanation) -> str:
    """Say how loud both are, and how hard the limiter works."""
    measured, effects = told.recovered.measured, told.effects
    limiting = float(np.percentile(effects.limiting_db, 95.0))
    return (
        f"{figure(measured.mix_lufs)} to {figure(measured.master_lufs)} LUFS; true peak of the "
        f"master {figure(measured.master.loudness.true_peak_dbtp, 2)} dBTP; the limiter takes "
        f"{figure(limiting)} dB at most for 95 % of the time."
    )


def effect_rows(told: Explanation) -> list[Row]:
    """Return effects with their intervals: what, value, interval."""
    values = dict(zip(QUANTITIES, told.effects.quantities.tolist(), strict=True))
    rows: list[Row] = []
    for name, hz in zip(QUANTITIES, RESPONSE_HZ, strict=False):
        if any(abs(np.log2(hz / shown)) < 0.1 for shown in SHOWN_HZ):
            nominal = frequency(float(name.partition("@")[2]))
            rows.append((f"response at {nominal}", *_cells(told, values, name)))
    for place, band in enumerate(WIDTH_BANDS):
        name = QUANTITIES[WIDTH.start + place]
        rows.append((f"width, {band} band", *_cells(told, values, name)))
    for band in BANDS:
        name = f"reduction_p95_db@{band}"
        label = f"reduction in loud passages, {band.replace('_', ' ')} band"
        rows.append((label, *_cells(told, values, name)))
    rows.append(("limiter in loud passages", *_cells(told, values, "limiter_p95_db")))
    return rows


def interval_text(interval: Interval) -> str:
    """Write an interval in dB."""
    if interval == NOT_DETERMINED:
        return NOT_DETERMINED
    low, high = interval
    return f"{figure(low, 2)} to {figure(high, 2)}"


def _title(told: Explanation) -> str:
    return f"{display_name(told.master)} beside {display_name(told.mix)}"


def _blocks(told: Explanation) -> str:
    engaged = [LABELS[name].lower() for name in LABELS if name in told.recovered.engaged]
    return f"{', '.join(engaged) or 'none'}: what explains nothing is left out."


def _cells(told: Explanation, values: dict[str, float], name: str) -> tuple[str, str]:
    signed = not name.startswith(("reduction", "limiter"))
    interval = told.intervals.get(name, NOT_DETERMINED)
    return f"{figure(values[name], 2, signed=signed)} dB", interval_text(interval)
