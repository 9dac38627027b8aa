"""``glassmaster check``: finished files against delivery profiles."""

from __future__ import annotations

import argparse
from pathlib import Path

from .answer import Entry
from .files import measure, run_files

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
    from ..profiles import load_profile, profile_names
    from ..report.entries import check_entry
    from ..report.text import check_text
    from ..warming import ensure_warm

    asked: str = arguments.profile
    names = profile_names() if asked == ALL else (asked,)
    profiles = [load_profile(name) for name in names]

    def work(path: Path) -> tuple[Entry, str]:
        info, analysis, findings = measure(path)
        reports = [
            check_file(
                analysis.loudness,
                profile,
                sample_rate=info.sample_rate,
                bit_depth=info.bit_depth,
            )
            for profile in profiles
        ]
        return (
            check_entry(path, info, analysis, findings, asked, reports),
            check_text(path, analysis, findings, asked, reports),
        )

    ensure_warm()
    return run_files(arguments.files, work, arguments.answer, debug=arguments.debug)
