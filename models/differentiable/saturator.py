"""The saturator of one example, and its reverse pass."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.halfband import stage_filters
from ..kernels.adjoint.saturation import saturate, saturate_adjoint
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
        filters = stage_filters(x.dtype)
        saturate(x, *filters, self._stages, self._delay, curve[0], curve[1], y)

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
        filters = stage_filters(x.dtype)
        saturate_adjoint(x, gy, *filters, self._stages, self._delay, curve[0], curve[1], gx, gcurve)
        return (gcurve,)
