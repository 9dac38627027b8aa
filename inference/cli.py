"""The command line: parses, runs a command, and turns what happened into an exit status.

Exit status: 0 done, 1 failure of ours, 2 does not comply, 3 cannot be met, 64 wrong usage, 65 bad
input, 74 cannot write, 130 and 143 interrupted. With several files all are tried, and the status is
the first that occurs of 1, 74, 65, 3, 2.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn, TypeAlias

from ..data.files.names import display_name
from ..data.files.partial import abandon_partials
from ..models.errors import GlassmasterError, UsageError
from .commands import COMMANDS, TRAINING_COMMANDS
from .commands.answer import Answer
from .commands.files import internal_error, say
from .commands.training import TrainingCommand
from .interruption import Kind, Terminated, answered, catch_no_more

_ENDINGS: dict[Kind, tuple[str, int]] = {
    KeyboardInterrupt: ("interrupted", 130),
    Terminated: ("terminated", 143),
}


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
    names = _commands()
    answer = Answer(next((word for word in given if word in names), ""), "--json" in given)
    answer.prepare()

    def leave(kind: Kind) -> NoReturn:
        os._exit(_abandon(answer, kind))

    try:
        with answered(leave):
            return _run(given, answer)
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return _abandon(answer, KeyboardInterrupt)
    except Terminated:
        return _abandon(answer, Terminated)
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
    """Return the parser, with the arguments of the command that is given alone.

    Those of some commands are slow to find, and those of others are not needed.
    """
    parser = _Parser(
        prog="glassmaster",
        description="Automatic mastering: loudness and true peak are checked, not hoped for.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (text, command) in _commands().items():
        own = _add(parsers, name, text)
        if name == given:
            command.add_arguments(own)
            own.set_defaults(run=command.run)
    return parser


def _commands() -> dict[str, tuple[str, ModuleType | TrainingCommand]]:
    """Return help and command by name, in the order of the help."""
    own = {command.NAME: (command.HELP, command) for command in COMMANDS}
    return {**own, **{extra.name: (extra.help, extra) for extra in TRAINING_COMMANDS}}


def _add(parsers: _Parsers, name: str, text: str) -> argparse.ArgumentParser:
    own = parsers.add_parser(name, help=text, description=text)
    own.add_argument("--debug", action="store_true", help="show tracebacks")
    return own


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"glassmaster {version('glassmaster')}")
        parser.exit()


def _abandon(answer: Answer, kind: Kind) -> int:
    how, status = _ENDINGS[kind]
    abandon_partials()
    message = f"{how}; nothing half-written is left behind"
    _tell(answer, GlassmasterError(message, code=how))
    return status


def _fail(answer: Answer, error: GlassmasterError) -> int:
    _tell(answer, error)
    return error.exit_code


def _tell(answer: Answer, error: GlassmasterError) -> None:
    catch_no_more()  # whoever is told may not be reading, and there is nothing left to clean up
    say(f"glassmaster: {display_name(error.message)}")  # it may quote what a file holds
    with contextlib.suppress(OSError):  # stdout may be what failed
        answer.give(error)
