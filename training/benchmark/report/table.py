"""The benchmark in the terminal: one table a suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..methods.registry import FLOORS
from ..summary import HEADLINE_METRIC, UNCHANGED, Document

SHOWN = (HEADLINE_METRIC, "MR-STFT", "LTAS-S", "DYN", "WID", "LUFS", "ZIMTOHRLI", "RESPONSE")
SMALL = 0.1
"""Figures below this are shown with one digit more."""

COVERAGE_GOAL = 0.9
"""Share of the truth that intervals are to hold."""

UNTARGETED = ("MAHALANOBIS", "CLOSER", "FARTHER", "LTAS-S-MOVED")


def text_table(document: Document) -> str:
    """Return all suites as text: means, and the difference from unchanged with its interval."""
    parts = [
        f"split {document['split']}, {document['subset']}, commit {document['commit'][:12]}",
        *(_suite(name, document) for name in document["suites"]),
    ]
    for name, floor in document["floors"].items():
        parts.append(
            f"{name}: response error {floor['response_error_db']:.2f} dB, where the mean alone has "
            f"{floor['mean_only_response_error_db']:.2f} dB ({floor['songs']} songs)"
        )
    parts += [f"left out: {name}: {reason}" for name, reason in document["left_out"].items()]
    parts += [f"not checked: {each}" for each in document["not_checked"]]
    parts += [f"LEAK: {leak}" for leak in document["leaks"]]
    return "\n".join(parts) + "\n"


def leading_metric(suite: Mapping[str, Any]) -> str:
    """Return the metric by which the methods of a suite are ordered."""
    known = {metric for metrics in suite["methods"].values() for metric in metrics}
    return next((each for each in (HEADLINE_METRIC, *UNTARGETED) if each in known), "")


def ordered_methods(suite: Mapping[str, Any]) -> list[str]:
    """Return the methods of a suite, the smallest error first and floors at the top."""
    metric = leading_metric(suite)

    def key(name: str) -> tuple[bool, float, str]:
        mean = suite["methods"][name].get(metric, {}).get("mean", float("inf"))
        return (name not in FLOORS, mean, name)

    return sorted(suite["methods"], key=key)


def shown_metrics(suite: Mapping[str, Any]) -> list[str]:
    """Return the metrics of a suite's table."""
    known = {metric for metrics in suite["methods"].values() for metric in metrics}
    extra = ("TOT", "GR", "GR-TIME", "NULL") if "TOT" in known else ()
    again = ("LTAS-S-AGAIN",)
    return [name for name in (*SHOWN, *extra, *UNTARGETED, *again) if name in known]


def _suite(name: str, document: Document) -> str:
    suite, songs = document["suites"][name], document["songs"][name]
    metrics = shown_metrics(suite)
    width = max([len(method) for method in suite["methods"]], default=6)
    head = f"{name}: {songs['n']} songs of {songs['packages']} packages"
    if songs["failed"]:
        head += f", {len(songs['failed'])} could not be made"
    titles = "  ".join(f"{metric[:9]:>9}" for metric in metrics)
    lines = ["", head, f"  {'':{width}}  {titles}  difference from unchanged"]
    leading = leading_metric(suite)
    for method in ordered_methods(suite):
        figures = suite["methods"][method]
        cells = [f"{figures[m]['mean']:9.3f}" if m in figures else f"{'':9}" for m in metrics]
        pair = suite["paired"].get(f"{method} - {UNCHANGED}", {}).get(leading)
        few = pair is not None and pair["n"] < songs["n"] - len(songs["failed"])
        count = f", {pair['n']} songs only" if few else ""
        difference = f"{_difference(pair)}{count}"
        lines.append(f"  {method:{width}}  {'  '.join(cells)}  {difference}".rstrip())
    lines += [
        f"  intervals of {method}: {coverage_text(found)}"
        for method, found in document["coverage"].get(name, {}).items()
    ]
    return "\n".join(lines)


def coverage_text(found: Mapping[str, Any]) -> str:
    """Return in words how the intervals of a method agree with the truth."""
    if found["pooled"] is None:
        return "none is determined"
    fair = sum(q["low"] <= COVERAGE_GOAL <= q["high"] for q in found["quantities"].values())
    text = f"{found['pooled']:.1%} hold the truth"
    if found["pooled_active"] is not None:
        text += f", {found['pooled_active']:.1%} on active blocks"
    text += f"; {fair} of {len(found['quantities'])} quantities agree with {COVERAGE_GOAL:.0%}"
    if found["relative_width"] is not None:
        text += f"; {found['relative_width']:.2f} of the prior's width on active blocks"
    return text


def _difference(pair: Mapping[str, float] | None) -> str:
    if pair is None:
        return ""
    low, high = pair["low"], pair["high"]
    return f"{pair['mean']:+.3f} [{low:+.3f}, {high:+.3f}], wins {pair['wins']:.0%}"


def cells_of(figures: Mapping[str, Mapping[str, float]], metrics: Sequence[str]) -> list[str]:
    """Return the means of a method as text, with intervals for the first metric."""
    cells = []
    for place, metric in enumerate(metrics):
        if metric not in figures:
            cells.append("")
            continue
        each = figures[metric]
        text = f"{each['mean']:.{3 if abs(each['mean']) < SMALL else 2}f}"
        cells.append(f"{text} [{each['low']:.2f}, {each['high']:.2f}]" if place == 0 else text)
    return cells
