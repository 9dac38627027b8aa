"""The benchmark as one HTML page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ....inference.report.frame import document_of
from ....inference.report.markup import escape, listing, paragraph, section, table, terms
from ..document import BASELINES
from ..methods.registry import FLOORS
from ..metrics.measure import METRICS
from ..results import TaskOutcome
from ..suites.planning import SUITES
from ..summary import HEADLINE_METRIC, UNCHANGED, Document, SuiteTable
from .charts import CHART_STYLE, Bar, bars_of, interval_chart, song_chart
from .table import cells_of, coverage_text, leading_metric, ordered_methods, shown_metrics

_UNITS = {HEADLINE_METRIC: "dB", "CLOSER": "%"}


def benchmark_page(document: Document, outcomes: Sequence[TaskOutcome]) -> str:
    """Return the page of a run.

    Args:
        document: See `document.benchmark_document`.
        outcomes: Of all tasks, for the figures of single songs.

    """
    suites = "".join(_suite(name, document, outcomes) for name in document["suites"])
    return document_of(
        f"Benchmark: {document['split']}",
        _header(document),
        suites,
        _floors(document),
        _provenance(document),
        style=CHART_STYLE,
    )


def _header(document: Document) -> str:
    headlines = [
        f"{suite}: {method}"
        for suite, methods in document["headlines"].items()
        for method, found in methods.items()
        if found["headline"] and method not in FLOORS and method != "oracle"
    ]
    text = (
        f"Songs of the split {document['split']}, {document['subset']} set. Each figure is the "
        "mean over songs of a distance from a known target, taken from limited, delivered files: "
        "less is better. None of it proves that anyone prefers one master to another."
    )
    better = (
        paragraph(
            "Better than unchanged on LN-MEL, with intervals that exclude zero, while at "
            "most one other metric worsens significantly:"
        )
        + listing(headlines)
        if headlines
        else paragraph("No method is clearly better than leaving the mix unchanged.")
    )
    leaks = document["leaks"]
    warning = section("Leaks and missing signs of learning", listing(leaks, "bad")) if leaks else ""
    unknown = document["not_checked"]
    if unknown:
        warning += section("Leaks that could not be looked for", listing(unknown, "notes"))
    return f"<h1>Benchmark</h1>{paragraph(text, 'soft')}{better}{warning}"


def _suite(name: str, document: Document, outcomes: Sequence[TaskOutcome]) -> str:
    suite, songs = document["suites"][name], document["songs"][name]
    leading = leading_metric(suite)
    unit = _UNITS.get(leading, "")
    estimates = {m: f[leading] for m, f in suite["methods"].items() if leading in f}
    pairs = [
        Bar(method, pair[leading]["mean"], pair[leading]["low"], pair[leading]["high"])
        for method in ordered_methods(suite)
        if leading in (pair := suite["paired"].get(f"{method} - {UNCHANGED}", {}))
    ]
    what = SUITES.get(name, "")
    count = f"{songs['n']} songs of {songs['packages']} packages"
    intro = paragraph(f"{what[:1].upper()}{what[1:]}. {count}.", "soft")
    plain = (UNCHANGED, "oracle", *FLOORS)
    figures = interval_chart(
        f"{leading} of each method", unit, bars_of(estimates, plain), zero=True
    )
    head = f"<h3>{escape(leading)} by method</h3>"
    difference = (
        f"<h3>Difference from unchanged, the same songs</h3>"
        f"{interval_chart('Differences from unchanged', unit, pairs, zero=True)}"
        if pairs
        else ""
    )
    return section(
        name,
        intro,
        head,
        figures,
        difference,
        _scatter(name, leading, unit, suite, outcomes),
        _table(suite),
        _paired_table(suite, leading),
        _intervals(document["coverage"].get(name, {})),
        _notes(songs),
    )


def _scatter(
    name: str,
    metric: str,
    unit: str,
    suite: Document,
    outcomes: Sequence[TaskOutcome],
) -> str:
    """Draw the best of the methods that do not know the target against unchanged."""
    knowing = (UNCHANGED, "oracle", "inversion", *FLOORS)
    known = [each for each in ordered_methods(suite) if each not in knowing]
    if not known or UNCHANGED not in suite["methods"]:
        return ""
    chosen = SuiteTable([each for each in outcomes if each.suite == name], weighted=False)
    columns = [chosen.column(method, metric) for method in (UNCHANGED, known[0])]
    points = [
        (float(a), float(b))
        for a, b in zip(*columns, strict=True)
        if math.isfinite(a) and math.isfinite(b)
    ]
    chart = song_chart(f"{metric} song by song", (UNCHANGED, known[0]), points, unit)
    return f"<h3>Song by song</h3>{chart}"


def _table(suite: Document) -> str:
    metrics = shown_metrics(suite)
    rows = [
        [method, *cells_of(suite["methods"][method], metrics)] for method in ordered_methods(suite)
    ]
    return "<h3>Means</h3>" + table(["Method", *metrics], rows, range(1, len(metrics) + 1))


def _paired_table(suite: Document, metric: str) -> str:
    rows = []
    for baseline in BASELINES:
        for method in ordered_methods(suite):
            pair: dict[str, Any] = suite["paired"].get(f"{method} - {baseline}", {})
            if UNCHANGED not in (method, baseline) and metric in pair:
                each = pair[metric]
                rows.append(
                    [
                        f"{method} - {baseline}",
                        f"{each['mean']:+.3f}",
                        f"{each['low']:+.3f} … {each['high']:+.3f}",
                        f"{each['wins']:.0%}",
                        str(each["n"]),
                    ]
                )
    if not rows:
        return ""
    head = ["Methods", metric, "95 %", "Wins", "Songs"]
    return "<h3>Other differences, the same songs</h3>" + table(head, rows, range(1, 5))


def _intervals(coverage: Document) -> str:
    if not coverage:
        return ""
    lines = [f"{method}: {coverage_text(found)}" for method, found in coverage.items()]
    return "<h3>Intervals</h3>" + listing(lines, "notes")


def _notes(songs: Document) -> str:
    lines = [*songs["failed"]]
    if not lines:
        return ""
    return "<h3>Tasks that could not be made</h3>" + listing(lines, "notes")


def _floors(document: Document) -> str:
    if not document["floors"]:
        return ""
    rows = [
        [
            name,
            f"{floor['response_error_db']:.2f} dB",
            f"{floor['mean_only_response_error_db']:.2f} dB",
            str(floor["songs"]),
        ]
        for name, floor in document["floors"].items()
    ]
    head = ["Floor", "Response error", "By the mean alone", "Songs"]
    text = (
        "What stays unknown of a degradation even for the best estimate: no predictor without a "
        "reference is expected below."
    )
    return section("Floors", paragraph(text, "soft"), table(head, rows, range(1, 4)))


def _provenance(document: Document) -> str:
    pairs = [
        ("Command", document["command"]),
        ("Commit", document["commit"] or "unknown"),
        ("Date", document["date"]),
        *((f"Weights of {name}", value) for name, value in document["weights"].items()),
        *((f"Left out: {name}", reason) for name, reason in document["left_out"].items()),
        *((f"{name}.yaml", value) for name, value in document["generators"].items()),
        *((name, value) for name, value in document["data"].items()),
    ]
    meanings = [(name, text) for name, text in METRICS.items()]
    return section("What was run", terms(pairs, "facts")) + section(
        "What the metrics mean", terms(meanings, "facts")
    )
