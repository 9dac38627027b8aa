"""The saturator of one example, and its reverse pass."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.saturation import saturate_adjoint
from ..kernels.halfband import stage_filters, stage_rows
from ..kernels.saturation import saturate
from ..processors.saturator import filter_delay_samples, stage_taps

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]  # float32 or float64


class SaturatorProcessor:
    """Saturates one example, its filters' delay taken out; arithmetic is that of the audio's type.

    The parameter is ``curve``, shape ``(2,)``: the level that the curve approaches, linear and
    above 0, and the mix, 0 … 1.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        self._stages = len(stage_taps(sample_rate))
        self._delay = filter_delay_samples(sample_rate)

    def forward(self, x: Audio, y: Audio, curve: Array) -> None:
        """Write the saturated signal; nothing needs to be remembered.

        Args:
            x: Shape ``(2, time)``; silent outside.
            y: Output, shape ``(2, time)``: the part of the response that falls into this time.
            curve: Shape ``(2,)``.

        """
        rows, filters = stage_rows(3, self._stages, x.dtype), stage_filters(x.dtype)
        saturate(x, x, rows, filters, curve[0], curve[1], self._delay, y)

    def backward(self, x: Audio, memory: None, gy: Audio, gx: Audio, curve: Array) -> tuple[Array]:
        """Write the gradient of ``x`` and return that of ``curve``.

        Args:
            x: Shape ``(2, time)``.
            memory: What `forward` returned.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Written, shape ``(2, time)``.
            curve: Shape ``(2,)``.

        """
        gcurve = np.empty(2)
        rows, filters = stage_rows(4, self._stages, x.dtype), stage_filters(x.dtype)
        saturate_adjoint(x, gy, rows, filters, curve[0], curve[1], self._delay, gx, gcurve)
        return (gcurve,)
