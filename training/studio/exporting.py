"""From what was learned of a studio to a file that masters: the base model, and the studio's part.

The base's arrays stay as they are, to the bit. Intervals are conformal over albums that were left
out, and say how far the studio's own masters were from what its model expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from ...data.files.replacing import replace_file
from ...data.files.tensors import in_order
from ...inference.learned.model_file import ModelFile
from ...inference.learned.studio import LOUDNESS, PREFIX, StudioTaste
from ...models.errors import ModelError
from ...models.moves import WIDTH
from ..conformal import conformal_scale, prior_widths, storable
from .adapting import AdaptedModel
from .base import BaseModel
from .content import REACH_DB, directions
from .groups import BASE_INPUTS
from .pairs import StudioPairs
from .validating import STUDIO, HeldOut

Array: TypeAlias = npt.NDArray[np.float64]

AGREEMENT = 1e-9
"""Largest difference allowed between what was learned and what masters."""

_LEAST_WIDTH_DB = 0.2  # of the studio's own variety: less than this nobody hears
_GRAPH = ("onnx", "onnx_sha256")  # of the base alone


def export_adapted(
    path: Path,
    base: BaseModel,
    model: AdaptedModel,
    pairs: StudioPairs,
    held_out: HeldOut,
    facts: Mapping[str, str],
) -> Path:
    """Write a studio's model.

    Args:
        path: Ending in ``.safetensors``; replaced where it exists.
        base: What the studio started from.
        model: What was learned of all pairs.
        pairs: All of them.
        held_out: Of the same pairs, for intervals.
        facts: What else a person should know.

    Returns:
        The file.

    Raises:
        ModelError: What masters does not agree with what was learned; nothing is written.
        OutputError: The file cannot be written.

    """
    arrays = taste_arrays(model) | interval_arrays(pairs, held_out)
    taste = StudioTaste(ModelFile(path, "", base.file.kind, {}, arrays))
    found = np.array(
        [taste.moves(*both) for both in zip(pairs.base, pairs.statistics, strict=True)]
    )
    difference = float(np.abs(found - model.moves(pairs.base, pairs.statistics)).max())
    if not difference <= AGREEMENT:
        raise ModelError(
            f"{path.name}: weights and what was learned differ by {difference:.1e}; it is not to "
            "be used",
            code="export_differs",
            path=path,
        )
    loudness_lufs = float(np.median(pairs.loudness_lufs))
    described = (
        base.file.metadata.get("describe") or f"Settings by a learned {base.file.kind} model."
    )
    told = {
        **{key: value for key, value in base.file.metadata.items() if key not in _GRAPH},
        **facts,
        "describe": f"{described} Then what a studio does otherwise, learned from {len(pairs)} of "
        f"its pairs; its masters have {loudness_lufs:.1f} LUFS, which is asked for with --lufs.",
        "base_sha256": base.file.sha256,
        "studio_pairs": str(len(pairs)),
        LOUDNESS: f"{loudness_lufs:.2f}",
    }
    kept = load_file(base.file.path)
    kept |= {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, in_order(save(kept, told)))
    return path


def taste_arrays(model: AdaptedModel) -> dict[str, Array]:
    """Return the arrays that `StudioTaste` reads."""
    heard = directions()
    arrays = {
        "offset": model.mapping[:, 0],
        "of_base": model.mapping[:, BASE_INPUTS],
        "content": model.mapping[:, BASE_INPUTS.stop :],
        "directions": heard,
        "center": model.center,
        "reach": np.full(len(heard), REACH_DB),
    }
    return {f"{PREFIX}{name}": values for name, values in arrays.items()}


def interval_arrays(pairs: StudioPairs, held_out: HeldOut) -> dict[str, Array]:
    """Return half the widths of intervals, and the widths of what the studio does at large.

    Args:
        pairs: All of the studio's.
        held_out: Of the same pairs.

    """
    part = slice(0, WIDTH.stop)
    errors = np.abs(pairs.moves[:, part] - held_out.moves[STUDIO][:, part])
    _, units = np.unique(held_out.units, return_inverse=True)
    half = np.array([conformal_scale(column, units) for column in errors.T])
    least = np.full(WIDTH.stop, _LEAST_WIDTH_DB)
    return {
        f"{PREFIX}half_width": storable(half),
        f"{PREFIX}prior_width": prior_widths(pairs.moves[:, part], least),
    }
