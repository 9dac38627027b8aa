"""``glassmaster analyze``: every meter of every file."""

from __future__ import annotations

import argparse
from pathlib import Path

from .answer import Entry
from .engines import add_engine_arguments, engine_asked_for
from .files import measure, run_files

NAME = "analyze"
HELP = "measure files with every meter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..warming import ensure_warm

    engine = engine_asked_for(arguments)
    ensure_warm()
    return run_files(
        arguments.files, _analyze, arguments.answer, debug=arguments.debug, engine=engine
    )


def _analyze(path: Path) -> tuple[Entry, str]:
    from ..report.entries import analysis_entry
    from ..report.text import analysis_text

    measured = measure(path)
    return analysis_entry(path, *measured), analysis_text(path, *measured)
