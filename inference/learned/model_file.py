"""A file of weights: safetensors, whose metadata say what kind of model it is and what it is for.

Arrays are read as float64. Nothing in the file is executed, and a file that was made for other
statistics or another chain is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.files.names import display_name
from ...models.errors import ModelError
from .signature import signature

Array: TypeAlias = npt.NDArray[np.float64]

KINDS = ("linear", "network")
SUFFIX = ".safetensors"
DAMAGED = "damaged_model"


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """What a file of weights holds.

    Attributes:
        path: The file.
        sha256: Of its bytes, in hexadecimal.
        kind: ``linear`` or ``network``.
        metadata: All of its metadata.
        arrays: By name.

    """

    path: Path
    sha256: str
    kind: str
    metadata: Mapping[str, str]
    arrays: Mapping[str, Array]

    def array(self, name: str, *shape: int) -> Array:
        """Return an array of this shape.

        Raises:
            ModelError: It is missing, of another shape, or not finite.

        """
        found = self.optional(name, *shape)
        if found is None:
            raise self.error(f"lacks the array {name}")
        return found

    def optional(self, name: str, *shape: int) -> Array | None:
        """Return an array of this shape, or None where there is none; errors as in `array`."""
        array = self.arrays.get(name)
        if array is None:
            return None
        if array.shape != shape:
            raise self.error(f"its array {name} has the shape {array.shape}, not {shape}")
        if not np.all(np.isfinite(array)):
            raise self.error(f"its array {name} is not finite")
        return array

    def error(self, what: str) -> ModelError:
        """Return the error that says what is wrong with the file."""
        return model_error(self.path, f"is damaged: it {what}; install or export it again", DAMAGED)


def model_error(path: Path, what: str, code: str) -> ModelError:
    """Return an error that names a file of weights."""
    return ModelError(f"{display_name(path)}: {what}", code=code, path=path)


def read_model_file(path: Path) -> ModelFile:
    """Read a file of weights.

    Raises:
        ModelError: It cannot be read, is damaged, or was made for other statistics or another
            chain.

    """
    from safetensors import SafetensorError, safe_open

    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: _float64(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        reason = error.strerror or str(error)
        raise model_error(path, f"cannot be read: {reason}", "unreadable_model") from error
    except (SafetensorError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        what = f"is no file of weights or is damaged: {reason}; install or export it again"
        raise model_error(path, what, DAMAGED) from error
    for name, wanted in signature().items():
        if metadata.get(name) != wanted:
            of = name.removesuffix("_sha256")
            what = f"was made for another definition of the {of}; train or export it again"
            raise model_error(path, what, "other_chain")
    kind = metadata.get("kind", "")
    if kind not in KINDS:
        what = f"holds a model of the kind {kind!r}; it must be one of {', '.join(KINDS)}"
        raise model_error(path, what, DAMAGED)
    return ModelFile(path, sha256, kind, metadata, arrays)


def _float64(array: npt.NDArray[np.generic]) -> Array:
    return array.astype(np.float64)
