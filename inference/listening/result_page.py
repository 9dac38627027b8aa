"""The page of a finished test: one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

from ..report.frame import document_of
from ..report.markup import escape, listing, measure, paragraph, prose, section, table, terms
from .evaluating import Result, Verdict
from .log import ListeningTest
from .plan import ABX
from .telling import facts, headline, interval_text, names, p_text, pair_rows, sentences

_STYLE = """
.badge.open { background: var(--rule); }
@media print { .badge.open { background: none; } }
"""


def result_page(test: ListeningTest, result: Result) -> str:
    """Return the result of a test as HTML."""
    title = headline(test, result)
    verdicts = {pair.verdict for pair in result.pairs}
    kind = "good" if Verdict.SHOWN in verdicts else "open"
    words = "ABX" if test.plan.mode == ABX else "preference"
    called = " \N{MIDDLE DOT} ".join(names(test))
    return document_of(
        f"Listening test: {title}",
        f"<header><h1>Blind listening test</h1>{paragraph(called, 'soft')}"
        f'<p class="badge {kind}">{escape(title)}</p></header>\n',
        section("Result", _figures(test, result), *(map(_sentence, sentences(test, result)))),
        section(
            "How it was made",
            terms(((term, prose(text)) for term, text in facts(test, result)), "facts"),
        ),
        section("Versions", _versions(test), _notes(test)),
        section(f"Trials of this {words} test", _trials(test)),
        style=_STYLE,
    )


def _figures(test: ListeningTest, result: Result) -> str:
    if len(result.pairs) > 1:
        head = ("", "preferred", "p", "interval")
        return table(head, pair_rows(test, result), (1, 2, 3))
    (pair,) = result.pairs
    what = "Right" if test.plan.mode == ABX else f"For {names(test)[pair.pair[0]]}"
    keys = (
        (what, f"{pair.hits} of {pair.trials}", f"{result.critical} needed"),
        ("p", p_text(pair.p_value), "by guessing"),
        ("Share", interval_text(pair), f"{100.0 * result.confidence:.3g} % interval"),
    )
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(small)}</small></dd></div>"
        for name, value, small in keys
    )
    return f'<dl class="keys">{cells}</dl><p></p>'


def _sentence(text: str) -> str:
    return paragraph(prose(text))


def _versions(test: ListeningTest) -> str:
    gains = (measure(test.matched.gains_db[str(path)], "dB", 2) for path in test.versions.paths)
    rows = enumerate(zip(names(test), gains, strict=True), 1)
    head = ("version", "", "turned by")
    return table(head, ((str(number), *row) for number, row in rows), (2,), "narrow")


def _notes(test: ListeningTest) -> str:
    found = test.versions.findings
    return listing((prose(each.message) for each in found), "notes") if found else ""


def _trials(test: ListeningTest) -> str:
    rows = []
    for number, (trial, given) in enumerate(
        zip(test.plan.all_trials(), test.answers, strict=True), 1
    ):
        called = {label: str(version + 1) for label, version in trial.played.items()}
        answered = called[given.answer]
        if test.plan.mode == ABX:
            told = (called["X"], answered, "right" if answered == called["X"] else "wrong")
        else:
            told = (called["A"], called["B"], answered)
        rows.append((str(number), *told, str(given.switches), f"{given.listened_s:.0f} s"))
    middle = ("X was", "answer", "") if test.plan.mode == ABX else ("A was", "B was", "preferred")
    return table(("trial", *middle, "switches", "heard"), rows, (4, 5))
