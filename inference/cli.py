"""The command line: parses, runs a command, and turns what happened into an exit status.

Exit status: 0 done, 1 failure of ours, 2 does not comply, 3 cannot be met, 64 wrong usage, 65 bad
input, 74 cannot write, 130 and 143 interrupted. With several files all are tried, and the status is
the first that occurs of 1, 74, 65, 3, 2.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn, TypeAlias

from ..data.files.names import display_name
from ..models.errors import GlassmasterError, UsageError
from .commands import COMMANDS, SLOW, TRAINING_COMMANDS
from .commands.answer import Answer
from .commands.files import internal_error, say

INTERRUPTED = 130
TERMINATED = 143


class _Terminated(BaseException):
    """SIGTERM arrived; open files are cleaned up on the way out."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help", code="usage")


_Parsers: TypeAlias = "argparse._SubParsersAction[_Parser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``glassmaster`` and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    names = {command.NAME for command in COMMANDS} | {each.name for each in TRAINING_COMMANDS}
    answer = Answer(next((word for word in given if word in names), ""), "--json" in given)
    with contextlib.suppress(ValueError):  # not the main thread of a program that embeds this one
        signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(given, answer)
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return _abandon(answer, "interrupted", INTERRUPTED)
    except _Terminated:
        return _abandon(answer, "terminated", TERMINATED)
    except BrokenPipeError:
        # whoever read our output has gone; point stdout elsewhere so that exit does not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except GlassmasterError as error:
        if debug:
            raise
        return _fail(answer, error)
    except Exception as error:
        if debug:
            raise
        return _fail(answer, internal_error(error))


def entry() -> NoReturn:
    """Run ``glassmaster`` as a program.

    The interpreter's own farewell would take as long as a minute of music; everything that matters
    is closed and flushed by now.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; nothing may take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # gone, full, closed
            stream.flush()
    os._exit(status)


def _run(given: list[str], answer: Answer) -> int:
    parser = _parser(answer.command)
    arguments = parser.parse_args(given)
    if arguments.command is None:
        parser.print_help(sys.stderr)
        raise UsageError("name a command", code="usage")
    arguments.answer, answer.wanted = answer, arguments.json
    status: int = arguments.run(arguments)
    return status


def _parser(given: str) -> argparse.ArgumentParser:
    """Return the parser; of a command that is slow to load, the arguments only if it is given."""
    parser = _Parser(
        prog="glassmaster",
        description="Automatic mastering: loudness and true peak are checked, not hoped for.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        own = _add(parsers, command.NAME, command.HELP)
        if command.NAME not in SLOW or given == command.NAME:
            command.add_arguments(own)
            own.set_defaults(run=command.run)
    for extra in TRAINING_COMMANDS:
        own = _add(parsers, extra.name, extra.help)
        if extra.name == given:
            extra.add_arguments(own)
            own.set_defaults(run=extra.run)
    return parser


def _add(parsers: _Parsers, name: str, text: str) -> argparse.ArgumentParser:
    own = parsers.add_parser(name, help=text, description=text)
    own.add_argument("--debug", action="store_true", help="show tracebacks")
    return own


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"glassmaster {version('glassmaster')}")
        parser.exit()


def _abandon(answer: Answer, how: str, status: int) -> int:
    from ..data.files.partial import abandon_partials

    with contextlib.suppress(KeyboardInterrupt, _Terminated):  # once is enough
        abandon_partials()
        message = f"{how}; nothing half-written is left behind"
        _tell(answer, GlassmasterError(message, code=how))
    return status


def _fail(answer: Answer, error: GlassmasterError) -> int:
    _tell(answer, error)
    return error.exit_code


def _tell(answer: Answer, error: GlassmasterError) -> None:
    say(f"glassmaster: {display_name(error.message)}")  # it may quote what a file holds
    with contextlib.suppress(OSError):  # stdout may be what failed
        answer.give(error)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


if __name__ == "__main__":
    entry()
