"""``glassmaster catalogue``: a studio's own mixes and masters, found and paired."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from ..extra import needs_extra, part_of_extra
from .answer import Entry
from .engines import TWO, add_engine_arguments, engine_asked_for
from .files import run_files
from .progress import Progress

NAME = "catalogue"
HELP = (
    "a studio's own mixes and masters: scan folders, list and confirm pairs; recover, style [train]"
)

DEFAULT = Path("catalogue.glassmaster")

TRAINING_GROUP = "glassmaster.catalogue"
"""Entry point ``actions``, of what only the installation for training has."""

_TRAINING = {
    "recover": "the settings that explain each master",
    "style": "what this studio does otherwise than the base model",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    scan = _action(actions, "scan", "find the mixes and masters in folders, and which belong")
    scan.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    scan.add_argument(
        "-o",
        "--catalogue",
        type=Path,
        default=DEFAULT,
        metavar="FILE",
        help=f"made, or brought up to date (default: {DEFAULT})",
    )
    add_engine_arguments(scan, TWO)
    tell = _action(actions, "list", "list pairs, and why other files are in none")
    tell.add_argument("catalogue", metavar="CATALOGUE", nargs="?", type=Path, default=DEFAULT)
    pair = _action(actions, "pair", "say that two files are mix and master, or that they are not")
    pair.add_argument("catalogue", metavar="CATALOGUE", type=Path)
    pair.add_argument("mix", metavar="MIX", type=Path)
    pair.add_argument("master", metavar="MASTER", type=Path)
    pair.add_argument("--reject", action="store_true", help="they are no pair")
    training = _training("catalogue")
    for name, text in _TRAINING.items():
        extra = actions.add_parser(name, help=f"{text} [train]", description=text)
        if training is None:
            extra.add_argument("words", nargs=argparse.REMAINDER)
            extra.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
        else:
            training.add_arguments(name, extra)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "scan": _scan,
        "list": _list,
        "pair": _pair,
    }
    return actions.get(arguments.action, _trained)(arguments)


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    return parser


def _scan(arguments: argparse.Namespace) -> int:
    from ...data.catalogue.scanning import check_folders, scan
    from ...data.catalogue.store import open_catalogue
    from ..report.catalogue import catalogue_entry, catalogue_lines, scanned_line
    from ..warming import ensure_warm

    engine = engine_asked_for(arguments)

    def work(path: Path) -> tuple[Entry, str]:
        check_folders(arguments.folders)  # before a catalogue is made for nothing
        with open_catalogue(path, create=True, alone=True) as catalogue, Progress(path) as progress:
            scanned = scan(catalogue, arguments.folders, progress, engine)
            entry = {**catalogue_entry(catalogue), "scan": asdict(scanned)}
            lines = (scanned_line(path, scanned), *catalogue_lines(catalogue))
        return entry, "\n".join(lines)

    ensure_warm()
    return run_files([arguments.catalogue], work, arguments.answer, debug=arguments.debug)


def _list(arguments: argparse.Namespace) -> int:
    from ...data.catalogue.store import open_catalogue
    from ..report.catalogue import catalogue_entry, catalogue_lines

    def work(path: Path) -> tuple[Entry, str]:
        with open_catalogue(path) as catalogue:
            return catalogue_entry(catalogue), "\n".join(catalogue_lines(catalogue))

    return run_files([arguments.catalogue], work, arguments.answer, debug=arguments.debug)


def _pair(arguments: argparse.Namespace) -> int:
    from ...data.catalogue.matching import confirm, pair, reject
    from ...data.catalogue.store import open_catalogue
    from ..report.catalogue import catalogue_entry, decided_lines
    from ..warming import ensure_warm

    def work(path: Path) -> tuple[Entry, str]:
        with open_catalogue(path, alone=True) as catalogue, Progress(path) as progress:
            decide = reject if arguments.reject else confirm
            decide(catalogue, arguments.mix, arguments.master)
            pair(catalogue, progress)
            entry = catalogue_entry(catalogue)
            return entry, "\n".join(decided_lines(catalogue, arguments.mix, arguments.master))

    ensure_warm()
    return run_files([arguments.catalogue], work, arguments.answer, debug=arguments.debug)


def _trained(arguments: argparse.Namespace) -> int:
    what = f"catalogue {arguments.action}"
    training = _training(what)
    if training is None:
        arguments.answer.wanted = "--json" in arguments.words or arguments.json
        missing = ModuleNotFoundError("its entry point is not registered")
        raise needs_extra(what, missing)
    status: int = training.run(arguments)
    return status


def _training(what: str) -> ModuleType | None:
    found: ModuleType | None = part_of_extra(TRAINING_GROUP, "actions", what)
    return found
