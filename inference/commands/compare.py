"""``glassmaster compare``: the model's suggestions beside what an engineer did."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UsageError
from .answer import Entry
from .files import run_files
from .mixes import add_guidance_arguments, delivery_of, guidance_of
from .progress import Progress

if TYPE_CHECKING:
    from ..comparing.comparison import Comparison

NAME = "compare"
HELP = "the model beside an engineer's master or settings, move by move"

REPORT = "report.html"
DOCUMENT = "comparison.json"
WHOLE = "whole"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("mix", metavar="MIX", type=Path)
    parser.add_argument(
        "human",
        metavar="HUMAN",
        type=Path,
        help="a master of the mix, whose settings are recovered [train], or settings by hand",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="DIR",
        type=Path,
        help="write a report, level-matched audio and recipes",
    )
    parser.add_argument("--profile", default="default", metavar="NAME", help="delivery profile")
    parser.add_argument("--model", metavar="NAME|FILE", help="what chooses the model's settings")
    add_guidance_arguments(parser)
    parser.add_argument("--lufs", type=float, metavar="X", help="loudness of the model's master")
    parser.add_argument("--true-peak", type=float, metavar="X", help="its ceiling in dBTP")
    parser.add_argument(
        "--listen-to",
        default="30",
        metavar=f"SECONDS|{WHOLE}",
        help="how much of every version is written, where both differ most (default: 30)",
    )
    parser.set_defaults(format="wav", bit_depth=None, sample_rate=None)
    parser.add_argument("--temp-dir", type=Path, metavar="DIR", help="for intermediate audio")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...data.files.partial import check_output
    from ..learned.loading import choose_predictor
    from ..warming import ensure_warm
    from .targets import prepare_reports

    listening_s = _seconds(arguments.listen_to)
    output: Path | None = arguments.output
    inputs = (arguments.mix, arguments.human)
    if output is not None:
        prepare_reports(output)
        for name in (REPORT, DOCUMENT):
            check_output(output / name, inputs, arguments.force)
    predictor, notes = choose_predictor(arguments.model)
    guidance = guidance_of(arguments)

    def work(path: Path) -> tuple[Entry, str]:
        from ...data.files.reader import open_audio
        from ..comparing.comparing import compare
        from ..comparing.comparison import Question
        from ..results import Request

        with open_audio(path) as reader:
            delivery = delivery_of(arguments, reader.sample_rate)
        request = Request(
            output=path,
            delivery=replace(delivery, container="wav", sample_rate=reader.sample_rate),
            ceiling_dbtp=arguments.true_peak,
            nearest=True,
            temp_dir=arguments.temp_dir,
        )
        question = Question(path, arguments.human, request, predictor, guidance, notes, listening_s)
        with (
            tempfile.TemporaryDirectory(prefix="glassmaster-") as spare,
            Progress(path) as progress,
        ):
            directory = arguments.temp_dir or output or Path(spare)
            return _told(compare(question, directory, progress), arguments)

    ensure_warm()
    return run_files([arguments.mix], work, arguments.answer, debug=arguments.debug)


def _told(comparison: Comparison, arguments: argparse.Namespace) -> tuple[Entry, str]:
    """Write what is asked for, and tell it."""
    from ...data.files.names import display_name
    from ..comparing.delivering import write_tracks
    from ..corpora import shipped_corpus
    from ..documents import write_text
    from ..explaining.moves import Without, moves_of
    from ..json_text import dump_json
    from ..report.comparison.entry import comparison_entry
    from ..report.comparison.page import comparison_page
    from ..report.comparison.text import comparison_lines

    output: Path | None = arguments.output
    without = {
        each.stage: Without(each.heard, comparison.model.loudness, each.without.loudness)
        for each in comparison.counterfactuals
    }
    moves = moves_of(
        comparison.mastering, comparison.model_effects, without, shipped_corpus().production
    )
    if output is None:
        lines = comparison_lines(comparison, moves, {})
        return comparison_entry(comparison, moves, (), None), "\n".join(lines)
    page = output / REPORT
    written = write_tracks(comparison, output, force=arguments.force)
    entry = comparison_entry(comparison, moves, written, page)
    write_text(page, comparison_page(comparison, moves, written), force=arguments.force)
    write_text(output / DOCUMENT, dump_json(entry) + "\n", force=arguments.force)
    paths = {"Report": display_name(page), "Audio, recipes": display_name(output)}
    return entry, "\n".join(comparison_lines(comparison, moves, paths))


def _seconds(text: str) -> float | None:
    if text == WHOLE:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds <= 3600.0:
        raise UsageError(
            f"--listen-to is {text}; it is {WHOLE}, or seconds from 1 to 3600", code="usage"
        )
    return seconds
