from __future__ import annotations

import numpy as np
import pytest

from glassmaster.models.kernels.fourier import (
    split_length,
    transform,
    turn_table,
    twiddle_table,
)


@pytest.mark.parametrize("exponent", range(8, 18))
def test_agrees_with_a_double_precision_transform(exponent: int) -> None:
    length = 2**exponent
    rng = np.random.default_rng(exponent)
    data = rng.standard_normal((2, length)).astype(np.float32)
    expected = np.fft.fft(data[0].astype(np.float64) + 1j * data[1])
    out = np.empty_like(data)
    rows = split_length(length)[0]
    transform(data, out, rows, twiddle_table(length), turn_table(length))
    error = np.abs(out[0] + 1j * out[1] - expected)
    assert error.max() < 1e-6 * np.abs(expected).max()
