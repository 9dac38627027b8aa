"""``glassmaster compare``: the model's suggestions beside what an engineer did."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UsageError
from ..extra import needs_extra, part_of_extra
from .answer import Entry
from .engines import TWO, add_engine_arguments
from .files import run_files
from .mixes import add_guidance_arguments, delivery_of, guidance_of
from .progress import Progress

if TYPE_CHECKING:
    from ...data.findings import Finding
    from ..comparing.comparison import Comparison, Question
    from ..guidance import Guidance
    from ..predictor import Predictor

NAME = "compare"
HELP = "the model beside an engineer's master or settings, move by move, or beside a catalogue"

REPORT = "report.html"
DOCUMENT = "comparison.json"
WHOLE = "whole"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("mix", metavar="MIX", type=Path, nargs="?")
    parser.add_argument(
        "human",
        metavar="HUMAN",
        type=Path,
        nargs="?",
        help="a master of the mix, whose settings are recovered [train], or settings by hand",
    )
    parser.add_argument(
        "--catalogue",
        metavar="CATALOGUE",
        type=Path,
        help="in place of MIX HUMAN: agreement over all its pairs that are sure or confirmed; what "
        "was recovered or compared before is not done again [train]",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="DIR",
        type=Path,
        help="write a report, level-matched audio and recipes; must be given with --catalogue",
    )
    parser.add_argument(
        "--recovered",
        metavar="FOLDER",
        type=Path,
        help="with --catalogue: of `glassmaster catalogue recover` (default: DIR/recovered)",
    )
    add_engine_arguments(parser, TWO)
    parser.add_argument("--profile", default="default", metavar="NAME", help="delivery profile")
    parser.add_argument("--model", metavar="NAME|FILE", help="what chooses the model's settings")
    add_guidance_arguments(parser)
    parser.add_argument("--lufs", type=float, metavar="X", help="loudness of the model's master")
    parser.add_argument("--true-peak", type=float, metavar="X", help="its ceiling in dBTP")
    parser.add_argument(
        "--listen-to",
        metavar=f"SECONDS|{WHOLE}",
        help="how much of every version is written, where both differ most (default: 30)",
    )
    parser.set_defaults(format="wav", bit_depth=None, sample_rate=None, finished=False)
    parser.add_argument("--temp-dir", type=Path, metavar="DIR", help="for intermediate audio")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...data.files.partial import check_output
    from ..comparing.delivering import earlier_tracks
    from ..learned.loading import choose_predictor
    from ..warming import ensure_warm
    from .targets import prepare_reports

    _check_usage(arguments)
    if arguments.catalogue is not None:
        return _over_catalogue(arguments)
    if arguments.listen_to is not None:
        _seconds(arguments.listen_to)  # what is wrong with it belongs to no mix
    output: Path | None = arguments.output
    inputs = (arguments.mix, arguments.human)
    if output is not None:
        prepare_reports(output)
        for path in (output / REPORT, output / DOCUMENT, *earlier_tracks(output)):
            check_output(path, inputs, arguments.force)
    predictor, notes = choose_predictor(arguments.model)
    guidance = guidance_of(arguments)

    def work(path: Path) -> tuple[Entry, str]:
        from ..comparing.comparing import compare

        question = question_of(arguments, path, arguments.human, predictor, guidance, notes)
        if arguments.listen_to is not None:
            question = replace(question, listening_s=_seconds(arguments.listen_to))
        with (
            tempfile.TemporaryDirectory(prefix="glassmaster-") as spare,
            Progress(path) as progress,
        ):
            directory = arguments.temp_dir or output or Path(spare)
            return _told(compare(question, directory, progress), arguments)

    ensure_warm()
    return run_files([arguments.mix], work, arguments.answer, debug=arguments.debug)


def question_of(
    arguments: argparse.Namespace,
    mix: Path,
    human: Path,
    predictor: Predictor,
    guidance: Guidance,
    notes: tuple[Finding, ...],
) -> Question:
    """Return what is compared of one mix, as the command's arguments ask for.

    Args:
        arguments: Of the command.
        mix: The file.
        human: A master of it, or settings by hand.
        predictor: Chooses the model's settings.
        guidance: What they are chosen by besides the mix.
        notes: What a person should know of the predictor.

    Raises:
        AudioFileError: The mix cannot be read.
        UsageError: The arguments do not go together.

    """
    from ...data.files.reader import open_audio
    from ..comparing.comparison import Question
    from ..results import Request

    with open_audio(mix) as reader:
        delivery = delivery_of(arguments, reader.sample_rate)
    request = Request(
        output=mix,
        delivery=replace(delivery, container="wav", sample_rate=reader.sample_rate),
        ceiling_dbtp=arguments.true_peak,
        nearest=True,
        temp_dir=arguments.temp_dir,
    )
    return Question(mix, human, request, predictor, guidance, notes)


def _check_usage(arguments: argparse.Namespace) -> None:
    """Refuse what belongs to one mix with a catalogue, and the reverse.

    Raises:
        UsageError: They are mixed, or something is missing.

    """
    if arguments.catalogue is None:
        if arguments.human is None:
            raise UsageError("name MIX and HUMAN, or a catalogue by --catalogue", code="usage")
        misplaced = {
            "--recovered": arguments.recovered,
            "--jobs": arguments.jobs,
            "--engine": arguments.engine,
        }
        where = "without --catalogue"
    else:
        if arguments.output is None:
            raise UsageError(
                "--catalogue keeps what it finds of each pair: name a folder by -o DIR",
                code="usage",
            )
        misplaced = {"MIX": arguments.mix, "--listen-to": arguments.listen_to}
        where = "with --catalogue"
    for option, value in misplaced.items():
        if value is not None:
            raise UsageError(f"{option} means nothing {where}; leave it out", code="usage")


def _over_catalogue(arguments: argparse.Namespace) -> int:
    from ..comparing.human import GROUP

    what = "comparing over a catalogue"
    compare_catalogue: Callable[[argparse.Namespace], int] | None = part_of_extra(
        GROUP, "catalogue", what
    )
    if compare_catalogue is None:
        raise needs_extra(what, ModuleNotFoundError("its entry point is not registered"))
    return compare_catalogue(arguments)


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
        each.stage: Without(each.heard, comparison.met.model.loudness, each.without.loudness)
        for each in comparison.counterfactuals
    }
    moves = moves_of(
        comparison.mastering, comparison.met.model_effects, without, shipped_corpus().production
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
