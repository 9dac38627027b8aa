"""The equalizer with its derivative, one example at a time."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.biquads import equalize, equalize_adjoint
from ..kernels.adjoint.frames import CHUNK
from ..kernels.biquads import SECTIONS

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]
Memory: TypeAlias = npt.NDArray[np.complex128]


class EqualizerProcessor:
    """Runs the equalizer's eight sections over one example, forward and in reverse.

    The parameter is ``b0 b1 b2 a1 a2`` a section, shape ``(8, 5)``, as `ResolvedEqualizer` gives
    it. Between the passes, the sections' states at the start of each chunk are kept.
    """

    def forward(self, x: Audio, y: Audio, sections: Array) -> Memory:
        """Render ``x`` into ``y``, both of shape ``(2, time)``."""
        states = np.empty((-(-x.shape[1] // CHUNK), 2, SECTIONS), np.complex128)
        equalize(x, sections, states, y)
        return states

    def backward(
        self, x: Audio, memory: Memory, gy: Audio, gx: Audio, sections: Array
    ) -> tuple[Array]:
        """Write the gradient of ``x`` into ``gx``; return that of the parameter.

        Args:
            x: As `forward` took it, shape ``(2, time)``.
            memory: As `forward` returned it.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Gradient of the input, shape ``(2, time)``; written.
            sections: As `forward` took them.

        """
        return (equalize_adjoint(x, sections, memory, gy, gx),)
