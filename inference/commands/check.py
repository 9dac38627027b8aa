"""``glassmaster check``: finished files against delivery profiles."""

from __future__ import annotations

import argparse
from pathlib import Path

from .files import Entry, run_files
from .progress import Progress

NAME = "check"
HELP = "check files against a delivery profile"

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--profile", required=True, metavar="NAME", help="a profile's name, or all")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..compliance import check_file
    from ..mastering import analyze_file
    from ..profiles import load_profile, profile_names
    from ..report.document import check_entry
    from ..report.text import check_text
    from ..warming import ensure_warm

    asked: str = arguments.profile
    names = profile_names() if asked == ALL else (asked,)
    profiles = [load_profile(name) for name in names]

    def work(path: Path) -> tuple[Entry, str]:
        progress = Progress(path.name)
        try:
            analysis, reader = analyze_file(path, progress)
        finally:
            progress.clear()
        findings = (*reader.findings(), *analysis.findings)
        reports = [
            check_file(
                analysis.loudness,
                profile,
                sample_rate=reader.sample_rate,
                bit_depth=reader.info.bit_depth,
            )
            for profile in profiles
        ]
        return (
            check_entry(path, reader.info, analysis, findings, asked, reports),
            check_text(path, analysis, findings, asked, reports),
        )

    ensure_warm()
    return run_files(NAME, arguments.files, work, json=arguments.json, debug=arguments.debug)
