"""``glassmaster master``: a compliant master of every mix, in one go."""

from __future__ import annotations

import argparse
from os.path import isdir
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.files.names import display_name, output_name
from ...models.errors import UsageError
from .answer import Entry
from .corpus import add_corpus_arguments
from .files import run_files
from .progress import Progress
from .targets import (
    CONTAINER_OF_SUFFIX,
    add_output_arguments,
    check_apart,
    check_name,
    check_targets,
    prepare_reports,
)

if TYPE_CHECKING:
    from ..recipe import Delivery
    from ..results import Request

NAME = "master"
HELP = "master mixes"

CONTAINERS = ("wav", "flac", "aiff")
BIT_DEPTHS = ("16", "24", "32f")
NOMINAL_RATE = 44_100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("mixes", metavar="MIX", nargs="+", type=Path)
    parser.add_argument("-o", dest="output", metavar="OUT", type=Path, help="file, or a folder")
    parser.add_argument("--profile", default="default", metavar="NAME", help="delivery profile")
    parser.add_argument(
        "--model",
        metavar="NAME|FILE",
        help="what chooses the settings: baseline, linear, network, a file of weights, or "
        "models:/NAME@ALIAS of the registry; else the best that ships",
    )
    parser.add_argument(
        "--amount", type=float, default=1.0, metavar="0..1", help="how much of the settings"
    )
    add_corpus_arguments(parser)
    parser.add_argument(
        "--reference",
        action="append",
        default=[],
        metavar="FILE[:WEIGHT]",
        help="a finished track to go by, and its share, 0 to 1; may be repeated",
    )
    parser.add_argument(
        "--reference-parts",
        metavar="PART=WEIGHT,…",
        help="what of references counts, 0 to 1: tone, dynamics and width (1 each unless given) "
        "and loudness (0)",
    )
    parser.add_argument("--lufs", type=float, metavar="X", help="integrated loudness to reach")
    parser.add_argument("--true-peak", type=float, metavar="X", help="ceiling in dBTP")
    parser.add_argument(
        "--nearest", action="store_true", help="take the nearest safe loudness to --lufs"
    )
    parser.add_argument("--format", choices=CONTAINERS, help="container; else by OUT, else wav")
    parser.add_argument("--bit-depth", choices=BIT_DEPTHS, help="else the profile's, usually 24")
    parser.add_argument("--sample-rate", type=int, metavar="HZ", help="else the mix's")
    parser.add_argument("--recipe", type=Path, metavar="OUT.yaml", help="save the recipe")
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...models.parameters import complete
    from ...models.processors import limiter
    from ..corpora import named_corpora
    from ..guidance import Guidance, named_parts, named_references
    from ..learned.loading import choose_predictor
    from ..mastering import master
    from ..recipe import save_recipe
    from ..reference import check_excluded
    from ..report.entries import master_entry
    from ..report.page import page_path, write_page
    from ..report.text import master_text
    from ..warming import ensure_warm

    _delivery(arguments, NOMINAL_RATE)  # what is wrong with it belongs to no mix
    if arguments.true_peak is not None:
        complete("limiter", limiter.SPECS, {"ceiling_dbtp": arguments.true_peak})
    check_apart({"-o": arguments.output, "--recipe": arguments.recipe})
    mixes: list[Path] = arguments.mixes
    if len(mixes) > 1 and arguments.output is not None and not isdir(arguments.output):
        raise UsageError(
            f"{display_name(arguments.output)}: with several mixes -o must name an existing "
            "folder; make it, or leave -o out",
            code="usage",
        )
    if len(mixes) > 1 and arguments.recipe is not None:
        raise UsageError("--recipe takes one mix at a time", code="usage")
    if not 0.0 <= arguments.amount <= 1.0:
        raise UsageError(f"--amount is {arguments.amount}; it lies in 0..1", code="usage")
    prepare_reports(arguments.report)
    predictor, notes = choose_predictor(arguments.model)
    corpora = named_corpora(arguments.corpus)
    check_excluded(corpora, arguments.exclude)
    guidance = Guidance(
        corpora,
        tuple(arguments.exclude),
        named_references(arguments.reference),
        named_parts(arguments.reference_parts),
        heeded=bool(arguments.corpus),
    )
    made: list[Path] = []

    def work(path: Path) -> tuple[Entry, str]:
        request = _request(arguments, path)
        page = None if arguments.report is None else page_path(request.output, arguments.report)
        targets = {"-o": request.output, "--recipe": arguments.recipe, "--report": page}
        wanted = check_targets(targets, mixes, made, force=request.force)
        with Progress(path) as progress:
            result = master(
                path,
                request,
                predictor,
                amount=arguments.amount,
                notes=notes,
                guidance=guidance,
                step=progress,
            )
        made.extend(wanted)
        if arguments.recipe is not None:
            save_recipe(result.recipe, arguments.recipe, force=request.force)
        if arguments.report is not None:
            write_page(result, arguments.report, force=request.force)
        return master_entry(result, arguments.recipe, page), master_text(
            result, arguments.recipe, page
        )

    ensure_warm()
    return run_files(mixes, work, arguments.answer, debug=arguments.debug)


def _request(arguments: argparse.Namespace, mix: Path) -> Request:
    from ...data.files.reader import open_audio
    from ..results import Request

    with open_audio(mix) as reader:
        delivery = _delivery(arguments, reader.sample_rate)
    output: Path | None = arguments.output
    if output is None or isdir(output):
        folder = mix.parent if output is None else output
        output = folder / output_name(mix, f"-master.{delivery.container}")
    return Request(
        output=output,
        delivery=delivery,
        ceiling_dbtp=arguments.true_peak,
        force=arguments.force,
        nearest=arguments.nearest,
        temp_dir=arguments.temp_dir,
    )


def _delivery(arguments: argparse.Namespace, mix_rate: int) -> Delivery:
    from ..profiles import load_profile
    from ..recipe import Delivery

    profile = load_profile(arguments.profile)
    container = _container(arguments.output, arguments.format)
    sample_rate = arguments.sample_rate
    if sample_rate is None:
        sample_rate = profile.sample_rate or mix_rate
    return Delivery(
        profile=profile.name,
        container=container,
        bit_depth=arguments.bit_depth or profile.bit_depth,
        sample_rate=sample_rate,
        target_lufs=arguments.lufs,
    )


def _container(output: Path | None, asked: str | None) -> str:
    """Return the container that is asked for, by name or by the output's name."""
    if output is None or isdir(output):
        return asked or CONTAINERS[0]
    named = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
    if named is None and asked is None:
        message = f"{display_name(output)}: name it .wav, .flac or .aiff, or give --format"
        raise UsageError(message, code="usage")
    container = asked or named or CONTAINERS[0]
    check_name(output, container)
    return container
