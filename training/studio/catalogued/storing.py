"""What was studied, on disk: one file a pair, named by all that it depends on."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ....data.alignment.alignment import as_document
from ....data.files.replacing import replace_file
from ...recovery import store as recovered
from ...recovery.twin_moves import STEPS
from .studying import NAMES, VERSION, PairItem, Studied


def cache_folder(catalogue: Path, given: str | None) -> Path:
    """Return where what is known of a catalogue's pairs is kept: beside it, unless told else."""
    return catalogue.with_name(f"{catalogue.name}.pairs") if given is None else Path(given)


def item_key(item: PairItem) -> str:
    """Return the SHA-256 of all that the study of a pair depends on, in hexadecimal."""
    parts = [
        *(VERSION, recovered.VERSION, STEPS),
        *(item.mix_sha256, item.master_sha256),
        *(as_document(item.alignment), asdict(item.rules)),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def stored_path(folder: Path, item: PairItem) -> Path:
    """Return the file in which the study of a pair is kept."""
    return folder / f"{item_key(item)}.npz"


def save_studied(path: Path, studied: Studied) -> None:
    """Keep what was studied, whole or not at all.

    Raises:
        OutputError: It cannot be written.

    """
    content = io.BytesIO()
    np.savez(content, **{name: getattr(studied, name) for name in NAMES})
    replace_file(path, content.getvalue())


def load_studied(path: Path) -> Studied | None:
    """Return what was kept; None where there is nothing, or it is damaged."""
    try:
        content = io.BytesIO(path.read_bytes())
        with np.load(content, allow_pickle=False) as archive:
            return Studied(**{name: archive[name] for name in NAMES})
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
