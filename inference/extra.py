"""What is said where something of the extra ``train`` is missing."""

from __future__ import annotations

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
