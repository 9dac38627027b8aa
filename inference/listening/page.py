"""The page of a test before it has ended: nothing on it tells one version from another."""

from __future__ import annotations

from ..report.facts import duration
from ..report.frame import document_of
from ..report.markup import listing, measure, paragraph, prose, section
from .evaluating import AUDIBLE_SHARE
from .log import ListeningTest
from .plan import ABX, CHOICES
from .statistics import critical_count, power
from .telling import percent, spread_text

SCRIPT = "page.js"

_STYLE = """
button {
  font: inherit; color: var(--ink); background: var(--ground); cursor: pointer;
  border: 1px solid var(--rule); border-radius: .4rem; padding: .45rem .9rem;
}
button:hover:enabled { border-color: var(--moved); }
button:focus-visible, input:focus-visible { outline: 2px solid var(--moved); outline-offset: 2px; }
button:disabled { color: var(--soft); cursor: default; opacity: .6; }
button[aria-pressed="true"] {
  background: var(--moved); border-color: var(--moved); color: var(--panel);
}
button.main { font-weight: 600; border-color: var(--moved); }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin: 0 0 1rem; align-items: center; }
.row.versions button { flex: 1 1 6rem; font-size: 1.5rem; font-weight: 600; padding: 1rem 0; }
.row.versions button.unheard::after { content: " \\2022"; color: var(--moved); }
.row.answers button { flex: 1 1 9rem; padding: .7rem 0; }
kbd {
  font: .8rem/1 ui-monospace, monospace; border: 1px solid var(--rule); border-radius: .25rem;
  padding: .1rem .35rem; color: var(--soft); background: var(--ground);
}
button kbd { margin-left: .45rem; }
.key { white-space: nowrap; }
progress, input[type="range"] { width: 100%; accent-color: var(--moved); }
progress {
  appearance: none; border: 0; border-radius: .25rem; height: .4rem; margin-bottom: 1rem;
  display: block; overflow: hidden; background: var(--rule);
}
progress::-webkit-progress-bar { background: var(--rule); }
progress::-webkit-progress-value { background: var(--moved); }
progress::-moz-progress-bar { background: var(--moved); }
input[type="range"] { margin: 0 0 .35rem; }
#problem:not([hidden]) { padding: .7rem 1rem; border-radius: .4rem; }
[hidden] { display: none !important; }
"""

_KEYS = (
    (("Space",), "play or pause"),
    (("\N{LEFTWARDS ARROW}", "\N{RIGHTWARDS ARROW}"), "2 s back or on"),
    (("I",), "repeat from here"),
    (("O",), "repeat up to here"),
    (("P",), "repeat all of it"),
)


def listening_page(test: ListeningTest) -> str:
    """Return the page of a test as HTML."""
    title = "Blind listening test"
    return document_of(
        title,
        f'<main data-rate="{test.versions.sample_rate}">',
        f"<header><h1>{title}</h1>{paragraph(_what(test), 'soft')}</header>",
        '<p id="problem" class="bad" role="alert" hidden></p>',
        f'<div id="start">{_start(test)}</div>',
        f'<div id="trial" hidden>{_trial(test)}</div>',
        f'<div id="end" hidden>{paragraph("All trials are answered.")}</div>',
        "</main>\n",
        "<noscript><p>This page takes JavaScript, which is switched off.</p></noscript>",
        style=_STYLE,
        script=SCRIPT,
    )


def _what(test: ListeningTest) -> str:
    plan = test.plan
    kind = "ABX" if plan.mode == ABX else "Preference"
    return f"{kind}, {plan.length} trials, {duration(test.versions.length_s)} of music"


def _start(test: ListeningTest) -> str:
    return (
        section("What you do", *(paragraph(each) for each in _task(test)))
        + section("What was fixed before the start", listing(map(prose, _fixed(test)), "notes"))
        + section("What you hear", listing(map(prose, _heard(test)), "notes"))
        + '<p class="row"><button id="begin" class="main">Start<kbd>Enter</kbd></button></p>'
    )


def _task(test: ListeningTest) -> tuple[str, ...]:
    plan = test.plan
    if plan.mode == ABX:
        question = (
            "In every trial X is either A or B, by the toss of a coin. A and B stay the same "
            "throughout. Switch between the three as often as you like, and say which of A and B "
            "X is."
        )
    else:
        question = (
            "In every trial two versions are called A and B, by the toss of a coin. Switch between "
            "them as often as you like, and say which you prefer."
        )
    return (
        question,
        "Where you hear no difference, answer all the same: guessing is reckoned with. You will "
        "not be told how you are doing before all trials are answered.",
        "Set the volume now and leave it. Take breaks; the test waits, and goes on after the page "
        "is closed or the program ended.",
    )


def _fixed(test: ListeningTest) -> tuple[str, ...]:
    plan = test.plan
    critical = critical_count(plan.trials, plan.pair_level)
    able = power(plan.trials, AUDIBLE_SHARE, plan.pair_level)
    if plan.mode == ABX:
        return (
            f"{plan.trials} trials; {critical} right answers are needed to tell hearing from "
            "guessing (at most 5 % of tests by guessing).",
            f"A listener who is right in {percent(AUDIBLE_SHARE)} of trials gets there in "
            f"{percent(able)} of tests.",
        )
    pairs = len(plan.pairs)
    each = f"{plan.trials} trials" + f" of each of {pairs} pairs" * (pairs > 1)
    corrected = ", corrected for the number of pairs" if pairs > 1 else ""
    return (
        f"{each}; one version must be preferred {critical} times for the preference to be told "
        f"from chance (at most 5 % of tests by chance{corrected}).",
        f"A listener who prefers one in {percent(AUDIBLE_SHARE)} of trials gets there in "
        f"{percent(able)} of tests.",
    )


def _heard(test: ListeningTest) -> tuple[str, ...]:
    matched = test.matched
    turned = ", ".join(measure(gain_db, "dB") for gain_db in sorted(matched.gains_db.values()))
    rate = test.versions.sample_rate
    return (
        f"All versions have {measure(matched.loudness_lufs, 'LUFS')} in this passage, within "
        f"{spread_text(matched.spread_lu)}; they were turned by {turned}, in no "
        "order that tells which.",
        f"Everything is played at {rate} Hz. Where your converter runs at another rate the browser "
        "resamples all versions alike; set it to this rate for a test of finest differences.",
        *(finding.message for finding in test.versions.findings),
    )


def _trial(test: ListeningTest) -> str:
    plan = test.plan
    versions = "".join(
        f'<button data-version="{label}" aria-pressed="false">{label}</button>'
        for label in plan.labels
    )
    words = "X is {}" if plan.mode == ABX else "I prefer {}"
    answers = "".join(
        f'<button data-answer="{label}" aria-pressed="false" disabled>'
        f"{words.format(label)}<kbd>{key}</kbd></button>"
        for key, label in enumerate(CHOICES, 1)
    )
    keys = "".join(
        f'<span class="key">{"".join(f"<kbd>{key}</kbd> " for key in pressed)}{text}</span> '
        for pressed, text in ((plan.labels, "hear it"), *_KEYS)
    )
    return (
        '<section><h2 id="number" aria-live="polite">Trial</h2><progress id="progress"></progress>'
        f'<div class="row versions" role="group" aria-label="Versions">{versions}</div>'
        '<input type="range" id="position" min="0" max="1" step="any" value="0" '
        'aria-label="Position">'
        '<p class="soft" id="time"></p>'
        '<div class="row"><button data-action="play" id="play">Play</button>'
        '<button data-action="back">\N{MINUS SIGN}2 s</button>'
        '<button data-action="on">+2 s</button>'
        '<button data-action="from">Repeat from here</button>'
        '<button data-action="to">Repeat up to here</button>'
        '<button data-action="whole">All</button></div>'
        f'<div class="row answers" role="group" aria-label="Answers">{answers}</div>'
        '<p class="soft" id="hint">Hear each of them before you answer.</p>'
        '<div class="row"><button id="confirm" class="main" disabled>Answer'
        "<kbd>Enter</kbd></button></div>"
        f'<p class="soft">{keys}</p></section>'
    )
