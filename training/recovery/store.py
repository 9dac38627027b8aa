"""What was recovered, on disk: one file a pair, named by all that it depends on."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from ...data.corpus.working_folder import make_folder
from ...data.files.replacing import replace_file
from .explaining import MasteredFrames
from .twin_moves import STEPS, RecoveredMoves, recover_moves

VERSION = 1
"""Raised when the same pair gives other moves; older files are then left alone."""

_NAMES = tuple(field.name for field in fields(RecoveredMoves))


def recover_stored(pairs: MasteredFrames, folder: Path, *, steps: int = STEPS) -> RecoveredMoves:
    """Find moves as `recover_moves` does, but for pairs whose moves lie in a folder.

    Args:
        pairs: Mixes and masters.
        folder: Made if it is not there; a file in it that is damaged is written anew.
        steps: Of the descent.

    Raises:
        OutputError: The folder or a file in it cannot be written.

    """
    make_folder(folder)
    paths = [folder / f"{key}.npz" for key in pair_keys(pairs, steps)]
    found = [_load(path) for path in paths]
    missing = [place for place, each in enumerate(found) if each is None]
    if missing:
        new = recover_moves(pairs.rows(missing), steps=steps)
        for row, place in enumerate(missing):
            own = RecoveredMoves(*(getattr(new, name)[row : row + 1] for name in _NAMES))
            _save(paths[place], own)
            found[place] = own
    return RecoveredMoves.joined([each for each in found if each is not None])


def pair_keys(pairs: MasteredFrames, steps: int) -> list[str]:
    """Return for each pair the SHA-256 of all that its moves depend on, in hexadecimal."""
    frames = (pairs.mix, pairs.master)
    tensors = [track for each in frames for track in (each.mid, each.side, each.peak)]
    tensors += [pairs.spectra.mid, pairs.spectra.side]
    head = f"{VERSION} {steps} {pairs.sample_rate}".encode()
    keys = []
    for row in range(len(pairs)):
        digest = hashlib.sha256(head)
        for tensor in tensors:
            digest.update(str(tuple(tensor[row].shape)).encode())
            digest.update(tensor[row].contiguous().numpy().tobytes())
        keys.append(digest.hexdigest())
    return keys


def _save(path: Path, found: RecoveredMoves) -> None:
    content = io.BytesIO()
    np.savez(content, **{name: getattr(found, name) for name in _NAMES})
    replace_file(path, content.getvalue())


def _load(path: Path) -> RecoveredMoves | None:
    try:
        content = io.BytesIO(path.read_bytes())
        with np.load(content, allow_pickle=False) as archive:
            return RecoveredMoves(*(archive[name] for name in _NAMES))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # not there, cut short, or of another form: found anew
