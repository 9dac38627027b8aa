"""Where a command may write: what is wrong with a name is said before any work is done for it."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ...data.files.names import display_name
from ...models.errors import OutputError, UsageError

CONTAINER_OF_SUFFIX = {".wav": "wav", ".flac": "flac", ".aiff": "aiff", ".aif": "aiff"}


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what every command that writes audio can be told of its outputs."""
    parser.add_argument("--report", type=Path, metavar="DIR", help="write an HTML report")
    parser.add_argument("--temp-dir", type=Path, metavar="DIR", help="for intermediate audio")
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    parser.add_argument("--force", action="store_true", help="replace existing files")


def check_targets(
    targets: Mapping[str, Path | None],
    inputs: Iterable[Path],
    made: Collection[Path] = (),
    *,
    force: bool,
) -> list[Path]:
    """Check that the files of one mix may be written.

    Args:
        targets: By the option that names them; None for what is not asked for.
        inputs: Files that are read.
        made: What earlier mixes of this run have written, which even ``force`` does not replace.
        force: Whether existing files may be replaced.

    Returns:
        The files.

    Raises:
        UsageError: Two of them have one name.
        OutputError: See `glassmaster.data.files.partial.check_output`.

    """
    from ...data.files.partial import check_output

    check_apart(targets)
    wanted = [path for path in targets.values() if path is not None]
    inputs = list(inputs)
    for path in wanted:
        if path in made:
            raise OutputError(
                f"{display_name(path)}: was written for another mix of this run; give this one "
                "another folder",
                code="exists",
                path=path,
            )
        check_output(path, inputs, force)
    return wanted


def check_apart(targets: Mapping[str, Path | None]) -> None:
    """Refuse one name for two files; arguments as of `check_targets`."""
    taken: dict[Path, str] = {}
    for option, path in targets.items():
        if path is None:
            continue
        other = taken.setdefault(path.absolute(), option)
        if other != option:
            raise UsageError(
                f"{display_name(path)}: {other} and {option} name the same file; "
                "choose another name for one",
                code="usage",
            )


def check_name(output: Path, container: str) -> None:
    """Refuse an output whose name says that it is something else."""
    named = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
    if named is not None and named != container:
        raise UsageError(
            f"{display_name(output)}: its name says {named}, but {container} is to be written; "
            "choose another name",
            code="usage",
        )


def prepare_reports(directory: Path | None) -> None:
    """Make the folder of the reports.

    Raises:
        OutputError: It cannot be made or written.

    """
    from ...data.files.partial import check_output, output_error

    if directory is None:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(directory, error) from error
    check_output(directory / "report.html", (), force=True)
