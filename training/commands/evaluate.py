"""``glassmaster evaluate``: run the benchmark, and publish its table, document and page."""

from __future__ import annotations

import argparse
import shlex
import sys
import time

NAME = "evaluate"

SHORTEST_S = 0.5
RARELY_S = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        help="what differs from the configuration, as in split=validation 'suites=[DEG]'",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...inference.warming import ensure_warm
    from ..benchmark.composing import compose_evaluation
    from ..benchmark.evaluation import evaluate
    from ..benchmark.publishing import answer_entry, publish
    from ..benchmark.report.table import text_table

    command = shlex.join(["glassmaster", NAME, *arguments.overrides])
    request = compose_evaluation(arguments.overrides, command)
    ensure_warm()
    with _Line() as line:
        evaluated = evaluate(request, line)
    paths = publish(evaluated, request.output)
    print(text_table(evaluated.document), end="", file=sys.stderr)
    for path in paths:
        print(path, file=sys.stderr)
    arguments.answer.entries.append(answer_entry(evaluated.document, paths))
    arguments.answer.give()
    return 0


class _Line:
    """Shows the task under way where stderr is a terminal; else a line every half minute."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._begun_s = self._last_s = time.monotonic()
        self._first: tuple[str, int] | None = None

    def __call__(self, what: str, done: int, count: int) -> None:
        now = time.monotonic()
        if self._first is None or done <= self._first[1]:
            self._begun_s, self._first = now, (what, done)
        left = ""
        if done > self._first[1]:
            left_s = (now - self._begun_s) / (done - self._first[1]) * (count - done)
            left = f", {left_s / 60.0:.1f} min left"
        text = f"{done} of {count}{left}: {what}"
        if self._terminal and now - self._last_s >= SHORTEST_S:
            self._last_s = now
            print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
        elif not self._terminal and now - self._last_s >= RARELY_S:
            self._last_s = now
            print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
