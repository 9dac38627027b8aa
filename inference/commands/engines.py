"""Where a command's work runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ...data.execution.engine import Engine

HERE: Final = "this"
TWO: Final = "processes:2"


def add_engine_arguments(parser: argparse.ArgumentParser, default: str = HERE) -> None:
    """Declare where files are worked on.

    Args:
        parser: Of the command.
        default: The engine without an option, see `glassmaster.data.execution.choosing`.

    """
    parser.add_argument("--jobs", type=int, metavar="N", help="as many processes at once")
    parser.add_argument(
        "--engine",
        metavar="ENGINE",
        help="where the work runs: this, processes:N, ray or ray://HOST:PORT (default: "
        f"$GLASSMASTER_ENGINE, or {default})",
    )
    parser.set_defaults(default_engine=default)


def engine_asked_for(arguments: argparse.Namespace) -> Engine:
    """Return the engine that options or the environment name.

    Raises:
        UsageError: They name none that there is.

    """
    from ...data.execution.choosing import chosen_engine

    return chosen_engine(arguments.engine, arguments.jobs, arguments.default_engine)
