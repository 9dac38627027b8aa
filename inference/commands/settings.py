"""``glassmaster settings``: settings by hand, as a template or as they are understood."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from ...models.errors import UsageError
from .answer import Entry
from .files import measure, run_files, say
from .targets import check_targets

NAME = "settings"
HELP = "show how settings by hand are understood, or a template for them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="else a template with every parameter"
    )
    parser.add_argument(
        "-o", dest="output", metavar="OUT.yaml", type=Path, help="write them in our own form"
    )
    parser.add_argument(
        "--mix", type=Path, metavar="MIX", help="what thresholds in dBFS are fitted to"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if arguments.file is not None:
        if arguments.mix is not None:
            from ..warming import ensure_warm

            ensure_warm()
        work = partial(_read, arguments)
        return run_files([arguments.file], work, arguments.answer, debug=arguments.debug)
    if arguments.mix is not None:
        raise UsageError("--mix goes with a FILE of settings", code="usage")
    _give_template(arguments.output, force=arguments.force)
    arguments.answer.give()
    return 0


def _give_template(output: Path | None, *, force: bool) -> None:
    from ..presets.template import template

    if output is None:
        say(template().rstrip("\n"))
        return
    from ..documents import write_text

    check_targets({"-o": output}, (), force=force)
    write_text(output, template(), force=force)


def _read(arguments: argparse.Namespace, path: Path) -> tuple[Entry, str]:
    from ..documents import write_text
    from ..presets.reading import read_given_settings
    from ..presets.writing import sheet_of
    from ..report.given import given_entry, given_text

    output: Path | None = arguments.output
    mix: Path | None = arguments.mix
    inputs = [path] if mix is None else [path, mix]
    check_targets({"-o": output}, inputs, force=arguments.force)
    given = read_given_settings(path)
    fitted, settings, findings = None, given.settings, given.findings
    if mix is not None:
        _, analysis, _ = measure(mix)
        fitted = given.fitted_to(analysis)
        settings, findings = fitted.settings, (*findings, *fitted.findings)
    if output is not None:
        write_text(output, sheet_of(given, fitted), force=arguments.force)
    told = (given, settings, findings, mix, output)
    return given_entry(*told), given_text(*told)
