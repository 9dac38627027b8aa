"""``glassmaster warm``: compile the kernels once, so that the first master does not wait."""

from __future__ import annotations

import argparse

from .files import say

NAME = "warm"
HELP = "compile and cache the kernels (set-up does this)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..warming import warm

    seconds, directory = warm()
    say(f"kernels are ready after {seconds:.1f} s, kept in {directory}")
    arguments.answer.give()
    return 0
