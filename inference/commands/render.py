"""``glassmaster render``: a recipe again, to the same bytes."""

from __future__ import annotations

import argparse
from pathlib import Path

from .answer import Entry
from .files import run_files
from .progress import Progress
from .targets import add_output_arguments, check_apart, check_name, check_targets, prepare_reports

NAME = "render"
HELP = "render a recipe again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("recipe", metavar="RECIPE", type=Path)
    parser.add_argument("mix", metavar="MIX", type=Path)
    parser.add_argument("-o", dest="output", metavar="OUT", type=Path, required=True)
    parser.add_argument(
        "--resolve", action="store_true", help="fit the settings to another mix than the recipe's"
    )
    parser.add_argument("--nearest", action="store_true", help="take the nearest safe loudness")
    parser.add_argument("--save", type=Path, metavar="OUT.yaml", help="save the recipe as used")
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..mastering import render
    from ..recipe import load_recipe, save_recipe
    from ..report.entries import master_entry
    from ..report.page import page_path, write_page
    from ..report.text import master_text
    from ..results import Request
    from ..warming import ensure_warm

    page = None if arguments.report is None else page_path(arguments.output, arguments.report)
    targets = {"-o": arguments.output, "--save": arguments.save, "--report": page}
    check_apart(targets)
    recipe = load_recipe(arguments.recipe)
    check_name(arguments.output, recipe.delivery.container)
    prepare_reports(arguments.report)
    request = Request(
        output=arguments.output,
        delivery=recipe.delivery,
        force=arguments.force,
        nearest=arguments.nearest,
        temp_dir=arguments.temp_dir,
    )

    def work(path: Path) -> tuple[Entry, str]:
        check_targets(targets, [path, arguments.recipe], force=request.force)
        with Progress(path) as progress:
            result = render(
                path, request, recipe, allow_other_input=arguments.resolve, step=progress
            )
        if arguments.save is not None:
            save_recipe(result.recipe, arguments.save, force=request.force)
        if arguments.report is not None:
            write_page(result, arguments.report, force=request.force)
        return master_entry(result, arguments.save, page), master_text(result, arguments.save, page)

    ensure_warm()
    return run_files([arguments.mix], work, arguments.answer, debug=arguments.debug)
