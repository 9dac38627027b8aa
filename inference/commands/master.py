"""``glassmaster master``: a compliant master of every mix, in one go."""

from __future__ import annotations

import argparse
from os.path import isdir
from pathlib import Path

from ...data.files.names import display_name
from ...models.errors import UsageError
from .engines import add_engine_arguments, engine_asked_for
from .files import run_files
from .mixes import CONTAINERS, Mastering, add_guidance_arguments, delivery_of
from .targets import add_output_arguments, check_apart, prepare_reports

NAME = "master"
HELP = "master mixes"

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
        "--amount",
        metavar="0..1|STAGE=0..1,…",
        help="how much of the settings, of all stages or of each",
    )
    parser.add_argument(
        "--lock",
        action="append",
        default=[],
        metavar="STAGE=FILE",
        help="keep a stage as it is in a recipe or in settings by hand; may be repeated",
    )
    add_guidance_arguments(parser)
    parser.add_argument(
        "--finished",
        action="store_true",
        help="mixes are finished masters already: mend nothing, and bring to them only the "
        "settings that the references went through; without references, only loudness and limiter",
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
    add_engine_arguments(parser)
    add_output_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...models.parameters import complete
    from ...models.processors import limiter
    from ..learned.loading import choose_predictor
    from ..warming import ensure_warm

    delivery_of(arguments, NOMINAL_RATE)  # what is wrong with it belongs to no mix
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
    engine = engine_asked_for(arguments)
    prepare_reports(arguments.report)
    mastering = Mastering(arguments, *choose_predictor(arguments.model))
    ensure_warm()
    return run_files(
        mixes,
        mastering,
        arguments.answer,
        debug=arguments.debug,
        engine=engine,
        together=mastering.place,
    )
