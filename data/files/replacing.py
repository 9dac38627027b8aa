"""Small files written at once: whole or not at all, and on the disk when that is told."""

from __future__ import annotations

import os
from pathlib import Path

from .partial import PartialFile, output_error


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` whole or not at all, replacing what is there.

    Raises:
        OutputError: The file cannot be written.

    """
    partial = PartialFile(path, force=True)
    try:
        with os.fdopen(os.dup(partial.descriptor), "wb") as file:  # which writes on until all is
            file.write(content)
        partial.sync()
        partial.commit()
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.abort()
