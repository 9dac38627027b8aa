"""``glassmaster recover``: the settings of the chain that explain a master."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ...inference.commands.files import run_files
from ...inference.commands.progress import Progress
from ...inference.commands.targets import check_targets, prepare_reports

if TYPE_CHECKING:
    from ...inference.commands.answer import Entry

NAME = "recover"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("mix", metavar="MIX", type=Path)
    parser.add_argument("master", metavar="MASTER", type=Path, help="made of the mix by anyone")
    parser.add_argument(
        "-o",
        dest="recipe",
        metavar="RECIPE.yaml",
        type=Path,
        required=True,
        help="`glassmaster render` makes of the mix what was recovered",
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write an HTML report")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...data.files.names import display_name
    from ...inference.documents import write_text
    from ...inference.recipe import save_recipe
    from ...inference.warming import ensure_warm
    from ..recovery.explanation import explain
    from ..recovery.recording import recipe_of
    from ..recovery.report.entry import recovery_entry
    from ..recovery.report.page import page_name, recovery_page
    from ..recovery.report.text import explanation_lines

    page = None if arguments.report is None else arguments.report / page_name(arguments.mix)
    targets = {"-o": arguments.recipe, "--report": page}
    prepare_reports(arguments.report)

    def work(path: Path) -> tuple[Entry, str]:
        check_targets(targets, [path, arguments.master], force=arguments.force)
        with Progress(path) as progress:
            told = explain(path, arguments.master, progress)
        save_recipe(recipe_of(told), arguments.recipe, force=arguments.force)
        paths = {"Recipe": display_name(arguments.recipe)}
        if page is not None:
            write_text(page, recovery_page(told), force=arguments.force)
            paths["Report"] = display_name(page)
        entry = recovery_entry(told, arguments.recipe, page)
        return entry, "\n".join(explanation_lines(told, paths))

    ensure_warm()
    return run_files([arguments.mix], work, arguments.answer, debug=arguments.debug)
