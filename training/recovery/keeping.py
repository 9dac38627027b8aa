"""What was recovered of a pair, in a file beside its recipe: so that it is not recovered again.

It is written before the recipe, without what was recovered, and again at the end: a recipe that a
killed run has left is known for its own by its hash, and is replaced; what a person has made of one
is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...data.catalogue.measuring import file_sha256
from ...inference.documents import write_text
from ...inference.json_text import dump_json

FORM = 1
"""Of the file; one of another form is not ours."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a pair.

    Attributes:
        program: Version of the program, see `execution.release`.
        mix_sha256: Of the mix's file.
        master_sha256: Of the master's file.
        written: SHA-256 of what was written beside it, before and now, in hexadecimal.
        recovery: The object of ``glassmaster recover`` in its document; None until all is written.

    """

    program: str
    mix_sha256: str
    master_sha256: str
    written: tuple[str, ...]
    recovery: dict[str, Any] | None

    def own(self, path: Path) -> str | None:
        """Return the SHA-256 of a file that is as it was written; None of any other."""
        try:
            found = file_sha256(path)
        except OSError:
            return None
        return found if found in self.written else None


def load_kept(path: Path) -> Kept | None:
    """Return what is kept; None where there is nothing of ours."""
    try:
        document = json.loads(path.read_bytes())
        if document.pop("form") != FORM:
            return None
        return Kept(**{**document, "written": tuple(document["written"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save_kept(path: Path, kept: Kept) -> None:
    """Keep it, in place of what was kept before.

    Raises:
        OutputError: It cannot be written.

    """
    write_text(path, dump_json({"form": FORM, **asdict(kept)}) + "\n", force=True)


def hashes_of(texts: Iterable[str]) -> set[str]:
    """Return the SHA-256 of files that hold these texts."""
    return {hashlib.sha256(text.encode()).hexdigest() for text in texts}
