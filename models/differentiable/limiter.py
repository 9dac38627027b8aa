"""The look-ahead limiter of one example, and its reverse pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.limiter import apply_gain_adjoint, limiter_gain_adjoint
from ..kernels.adjoint.true_peak import peaks_adjoint
from ..kernels.limiter import apply_gain, limiter_gain
from ..kernels.true_peak import limiting_peaks
from ..processors.limiter import smoothing_window
from ..rates import limiter_cell_samples

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]  # float32 or float64


@dataclass(frozen=True, slots=True, eq=False)
class LimiterMemory:
    """What the reverse pass needs.

    Attributes:
        peaks: Peaks of the cells, between the silence before and after, shape
            ``(cells + 2 · len(window),)``; 0 where a peak is below the ceiling for certain.
        gain: Linear gain at the cells' starts and at the end, shape ``(cells + 1,)``.

    """

    peaks: Array
    gain: Array


class LimiterProcessor:
    """Limits one example; its gain is computed in float64.

    The parameter is ``control``, shape ``(4,)``: the ceiling, linear, and the one-pole coefficients
    of `ResolvedLimiter.release`: fast, slow down, slow up.

    Args:
        sample_rate: In Hz.

    """

    def __init__(self, sample_rate: int) -> None:
        self._cell = limiter_cell_samples(sample_rate)
        self._window = smoothing_window(sample_rate)

    def forward(self, x: Audio, y: Audio, control: Array) -> LimiterMemory:
        """Write the limited signal.

        Args:
            x: Shape ``(2, time)``, ``time`` a multiple of the limiter's cell; silent outside.
            y: Output, shape ``(2, time)``.
            control: Shape ``(4,)``.

        """
        span, ceiling = len(self._window), float(control[0])
        grid = np.empty(x.shape[1] // self._cell, np.float32)
        limiting_peaks(x, 0, self._cell, ceiling, grid)
        # the gain may have to fall before the first sample, so it begins with silent cells
        peaks = np.pad(grid.astype(np.float64), span)
        gain = np.empty(len(peaks) - span)
        history, stages = np.ones(span - 1), np.ones(2)
        limiter_gain(peaks, ceiling, self._window, control[1:], history, stages, gain)
        memory = LimiterMemory(peaks, gain[span - 1 :])
        apply_gain(x, memory.gain, self._cell, 1.0, y)
        return memory

    def backward(
        self, x: Audio, memory: LimiterMemory, gy: Audio, gx: Audio, control: Array
    ) -> tuple[Array]:
        """Write the gradient of ``x`` and return that of ``control``.

        Args:
            x: Shape ``(2, time)``.
            memory: What `forward` returned.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Written, shape ``(2, time)``.
            control: Shape ``(4,)``.

        """
        span = len(self._window)
        ggain = np.zeros(len(memory.peaks) - span)
        apply_gain_adjoint(x, memory.gain, self._cell, gy, gx, ggain[span - 1 :])
        gpeaks, gcontrol = np.empty_like(memory.peaks), np.empty(4)
        limiter_gain_adjoint(
            memory.peaks, float(control[0]), self._window, control[1:], ggain, gpeaks, gcontrol
        )
        peaks_adjoint(x, self._cell, gpeaks[span : len(gpeaks) - span], gx)
        return (gcontrol,)
