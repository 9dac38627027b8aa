"""``glassmaster catalogue recover``: the settings that explain each master of a catalogue."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...inference.commands.engines import TWO, add_engine_arguments, engine_asked_for
from ...inference.commands.files import run_files, say
from ...inference.commands.targets import prepare_reports


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.description = (
        "Recover the settings that explain the master of each pair that is sure or confirmed: for "
        "each a recipe, MASTER KEY.yaml, and all that is known of it, MASTER KEY.json. The key is "
        "that of both contents. What the same version recovered before is not recovered again."
    )
    parser.add_argument("catalogue", metavar="CATALOGUE", type=Path)
    parser.add_argument(
        "-o",
        dest="folder",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="of the recipes; made if it is not there",
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write an HTML report of each")
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace files that are not this command's, or were edited since",
    )
    add_engine_arguments(parser, TWO)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    from ...data.catalogue.records import Status
    from ...data.catalogue.store import open_catalogue
    from ...data.corpus.working_folder import make_folder
    from ...inference.warming import ensure_warm
    from ..recovery.catalogued import Recovering, named, pairs_to_recover

    engine = engine_asked_for(arguments)
    with open_catalogue(arguments.catalogue) as catalogue:
        pairs = pairs_to_recover(catalogue)
        unsure = sum(pair.status is Status.UNSURE for pair in catalogue.pairs())
    prepare_reports(arguments.report)
    make_folder(arguments.folder)
    ensure_warm()
    status = run_files(
        pairs,
        Recovering(arguments.folder, arguments.report, force=arguments.force),
        arguments.answer,
        debug=arguments.debug,
        engine=engine,
        naming=named,
    )
    if unsure:
        say(f"{unsure} unsure: left out until `glassmaster catalogue pair` confirms them")
    return status
