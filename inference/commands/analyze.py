"""``glassmaster analyze``: every meter of every file."""

from __future__ import annotations

import argparse
from pathlib import Path

from .files import Entry, run_files
from .progress import Progress

NAME = "analyze"
HELP = "measure files with every meter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..mastering import analyze_file
    from ..report.document import analysis_entry
    from ..report.text import analysis_text
    from ..warming import ensure_warm

    def work(path: Path) -> tuple[Entry, str]:
        progress = Progress(path.name)
        try:
            analysis, reader = analyze_file(path, progress)
        finally:
            progress.clear()
        findings = (*reader.findings(), *analysis.findings)
        return (
            analysis_entry(path, reader.info, analysis, findings),
            analysis_text(path, reader.info, analysis, findings),
        )

    ensure_warm()
    return run_files(NAME, arguments.files, work, json=arguments.json, debug=arguments.debug)
