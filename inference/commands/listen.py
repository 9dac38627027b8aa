"""``glassmaster listen``: a blind listening test in the browser."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UsageError
from .answer import Entry
from .files import run_files, say
from .progress import Progress

if TYPE_CHECKING:
    from ..listening.running import Order

NAME = "listen"
HELP = "compare versions blind in the browser: ABX or preference, equally loud"

TRIALS = 16
FOLDER = Path("listening")

_PORTS = range(65_536)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from ..listening.plan import MODES

    parser.add_argument("versions", metavar="FILE", nargs="+", type=Path, help="two or more")
    parser.add_argument(
        "-o",
        dest="folder",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help=f"of the log and the result; a test that was ended goes on (default: {FOLDER})",
    )
    parser.add_argument(
        "--mode", choices=MODES, help="abx for two files, preference for more, unless given"
    )
    parser.add_argument(
        "--trials",
        type=int,
        default=TRIALS,
        metavar="N",
        help=f"of each pair, fixed before the start (default: {TRIALS})",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of what is drawn; else drawn itself")
    parser.add_argument(
        "--start", type=float, metavar="S", help="in the first file; else where it is loudest"
    )
    parser.add_argument("--duration", type=float, metavar="S", help="in s; 30 unless given")
    parser.add_argument(
        "--unaligned",
        action="store_true",
        help="compare files from their starts, without laying them over each other",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="else any that is free")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument(
        "--force", action="store_true", help="replace the log of a finished or another test"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..listening.log import LOG
    from ..warming import ensure_warm

    order = _order(arguments)
    ensure_warm()

    def work(log: Path) -> tuple[Entry, str]:
        from ..listening.log import held
        from ..listening.running import go_on, prepare, run_test, write_result
        from ..report.document import file_entry

        with Progress("listen") as progress:
            test = prepare(order, progress)
        with held(order.folder):
            test = go_on(order, test)
            test, result = run_test(order, test, _told(test.plan.length - len(test.answers)))
            text = write_result(order.folder, test, result, log)
        document = test.document(result)
        found = document.keys() - {"schema", "version", "status", "warnings"}
        own = {name: document[name] for name in document if name in found}
        return {**file_entry(log, test.versions.findings), **own}, text

    return run_files([order.folder / LOG], work, arguments.answer, debug=arguments.debug)


def _order(arguments: argparse.Namespace) -> Order:
    from ..listening.plan import ABX, PREFERENCE
    from ..listening.running import Order
    from ..listening.versions import Part

    paths: list[Path] = arguments.versions
    if len({path.absolute() for path in paths}) < len(paths):
        raise UsageError("a file is named twice; name each version once", code="usage")
    if arguments.port not in _PORTS:
        raise UsageError(f"--port is {arguments.port}; it lies in 0..65535", code="usage")
    return Order(
        paths=tuple(paths),
        mode=arguments.mode or (ABX if len(paths) == 2 else PREFERENCE),
        trials=arguments.trials,
        part=Part(arguments.start, arguments.duration, arguments.unaligned),
        seed=arguments.seed,
        folder=arguments.folder,
        force=arguments.force,
        port=arguments.port,
        opens_browser=not arguments.no_browser,
    )


def _told(left: int) -> Callable[[str], None]:
    def tell(url: str) -> None:
        say(f"{left} trials to answer at {url}")
        say("Ctrl-C ends; answers are kept, and the same command goes on")

    return tell
