from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from signals import Array, programme

from glassmaster.models.kernels.halfband import ROW, stage_filters, stage_rows
from glassmaster.models.kernels.saturation import saturate


def saturated(x: Any, stages: int, sizes: list[int]) -> Array:
    rows, filters = stage_rows(3, stages, x.dtype), stage_filters(x.dtype)
    parts = []
    for part in np.split(x, np.cumsum(sizes), axis=1):
        block = np.ascontiguousarray(part)
        y = np.empty_like(block)
        saturate(block, block, rows, filters, 0.1, 0.8, 0, y)
        parts.append(y)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stages", [0, 1, 2, 5])
def test_pieces_are_the_whole_bit_by_bit(stages: int, dtype: Any) -> None:
    x = programme(44_100, 0.25).astype(dtype)[:, :10_000]
    whole = saturated(x, stages, [])
    assert np.abs(whole - x).max() > 0.05
    for sizes in ([2, 4, 30, 62], [2 * ROW, 2 * ROW - 2], [5000]):
        np.testing.assert_array_equal(saturated(x, stages, sizes), whole)
