"""Dither: what makes the rounding of the last step inaudible and independent of the music.

Triangular noise of two steps peak to peak leaves an error of constant power, -96.33 dBFS at 16 bit.
At 16 bit and 44.1 or 48 kHz the error is also shaped, by the modified E-weighted filter of
S. Lipshitz, J. Vanderkooy, R. Wannamaker, "Minimally Audible Noise Shaping" (JAES 39, 1991), which
lowers it by 17 dB where the ear is most sensitive, 2 … 5 kHz. Dither cannot null by nature.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MODIFIED_E_WEIGHTED = (
    1.662, -1.263, 0.4827, -0.2913, 0.1268, -0.1124, 0.03252, -0.01265, -0.03524,
)  # fmt: skip
SHAPED_RATES_HZ = (44_100, 48_000)


def shaping_filter(bit_depth: int, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the error filter's weights, newest error first; empty for plain dither."""
    if bit_depth <= 16 and sample_rate in SHAPED_RATES_HZ:
        return np.array(MODIFIED_E_WEIGHTED)
    return np.zeros(0)
