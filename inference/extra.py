"""What is said where something of the extra ``train`` is missing."""

from __future__ import annotations

from typing import Any

from ..models.errors import UsageError


def needs_extra(what: str, error: ModuleNotFoundError) -> UsageError:
    """Return the error that names the extra.

    Args:
        what: What needs it, as a message begins.
        error: Of the module that was not found.

    Raises:
        ModuleNotFoundError: It is ours, which no installation would bring: a fault of the program.

    """
    if error.name is not None and error.name.startswith("glassmaster"):
        raise error
    return UsageError(
        f"{what} needs the extra for training: pip install 'glassmaster[train]' ({error})",
        code="extra_missing",
    )


def part_of_extra(group: str, name: str, what: str) -> Any:
    """Return what an entry point leads to; None without the extra.

    Args:
        group: Of entry points.
        name: Of the entry point.
        what: What needs it.

    Raises:
        ModuleNotFoundError: What is missing is ours; see `needs_extra`.

    """
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group=group, name=name)), None)
    try:
        return None if found is None else found.load()
    except ModuleNotFoundError as error:
        needs_extra(what, error)  # raises what is a fault of ours
        return None
