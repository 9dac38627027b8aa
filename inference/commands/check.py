"""``glassmaster check``: finished files against delivery profiles."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .answer import Entry
from .engines import add_engine_arguments, engine_asked_for
from .files import measure, run_files

if TYPE_CHECKING:
    from ..profiles import DeliveryProfile

NAME = "check"
HELP = "check files against a delivery profile"

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--profile", required=True, metavar="NAME", help="a profile's name, or all")
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..profiles import load_profile, profile_names
    from ..warming import ensure_warm

    asked: str = arguments.profile
    names = profile_names() if asked == ALL else (asked,)
    work = partial(_check, asked, [load_profile(name) for name in names])
    engine = engine_asked_for(arguments)
    ensure_warm()
    return run_files(arguments.files, work, arguments.answer, debug=arguments.debug, engine=engine)


def _check(asked: str, profiles: Sequence[DeliveryProfile], path: Path) -> tuple[Entry, str]:
    from ..compliance import check_file
    from ..report.entries import check_entry
    from ..report.text import check_text

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
