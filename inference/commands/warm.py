"""``glassmaster warm``: compile the kernels once, so that the first master does not wait."""

from __future__ import annotations

import argparse
import sys

NAME = "warm"
HELP = "compile and cache the kernels (set-up does this)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..documents import dump_json
    from ..report.document import document
    from ..warming import warm

    seconds, directory = warm()
    print(f"kernels are ready after {seconds:.1f} s, kept in {directory}", file=sys.stderr)
    if arguments.json:
        print(dump_json(document(NAME, [])))
    return 0
