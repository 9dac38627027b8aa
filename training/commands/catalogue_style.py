"""``glassmaster catalogue style``: what a studio does otherwise than the base model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ...inference.commands.engines import TWO, add_engine_arguments, engine_asked_for
from ...inference.commands.files import run_files
from ...inference.commands.progress import Progress
from ...inference.commands.targets import prepare_reports

if TYPE_CHECKING:
    from ...inference.commands.answer import Entry


FEWEST = 3
"""With fewer songs there is no spread to speak of."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.description = (
        "Tell what this studio does otherwise than the base model, in tone, density, width and "
        "loudness, how much its songs differ in it, and how it moves over the years. Pairs that "
        "were studied before are not studied again."
    )
    parser.add_argument("catalogue", metavar="CATALOGUE", type=Path)
    parser.add_argument(
        "--base", metavar="MODEL", help="what it is held against (default: what ships)"
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        help="where what is known of pairs is kept (default: beside the catalogue)",
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write an HTML report")
    parser.add_argument("--force", action="store_true", help="replace existing files")
    add_engine_arguments(parser, TWO)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    from ...data.catalogue.store import open_catalogue
    from ...data.files.names import display_name
    from ...inference.commands.targets import check_targets
    from ...inference.documents import write_text
    from ...inference.report.document import file_entry, plain
    from ...inference.warming import ensure_warm
    from ..learning.composing import compose_command
    from ..studio.base import base_model
    from ..studio.catalogued.collecting import (
        check_enough,
        collect,
        explained_only,
        prints_of,
        study_catalogue,
    )
    from ..studio.catalogued.excerpts import ExcerptRules
    from ..studio.catalogued.storing import cache_folder
    from ..studio.styling.drift import dates_of, drift_of
    from ..studio.styling.style import house_style
    from ..studio.styling.telling import style_document, style_lines, style_page

    engine = engine_asked_for(arguments)
    rules = ExcerptRules(**compose_command("finetune", []).excerpts)  # what is kept can be used
    prepare_reports(arguments.report)

    def work(path: Path) -> tuple[Entry, str]:
        page = None if arguments.report is None else arguments.report / f"{path.stem}-style.html"
        check_targets({"--report": page}, [path], force=arguments.force)
        base = base_model(arguments.base)
        with open_catalogue(path) as catalogue, Progress(path) as progress:
            cache = cache_folder(path, arguments.cache)
            known = study_catalogue(catalogue, rules, cache, engine, progress, FEWEST)
            known = explained_only(known)
            check_enough(path, known, FEWEST)
            collected = collect(known, prints_of(catalogue, known.hashes()), base)
        style = house_style(collected)
        drift = drift_of(style, *dates_of(collected.known))
        lines = style_lines(style, drift)
        entry = {**file_entry(path, ()), "style": style_document(style, drift), "page": None}
        if page is not None:
            write_text(page, style_page(style, drift, path.stem), force=arguments.force)
            lines.append(f"Report  {display_name(page)}")
            entry["page"] = plain(page)
        return entry, "\n".join(lines)

    ensure_warm()
    return run_files([arguments.catalogue], work, arguments.answer, debug=arguments.debug)
