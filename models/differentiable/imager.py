"""The stereo imager with its derivative, one example at a time."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.frames import CHUNK
from ..kernels.adjoint.stereo import COUPLES, image, image_adjoint

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]
Memory: TypeAlias = npt.NDArray[np.complex128]


class ImagerProcessor:
    """Runs the imager over one example, forward and in reverse.

    Parameters are the crossover's coefficients, shape ``(2, 3)``, and the width of each band, shape
    ``(3,)``, as `ResolvedImager` gives them. Between the passes, the filters' states at the start
    of each chunk are kept.
    """

    def forward(self, x: Audio, y: Audio, corners: Array, widths: Array) -> Memory:
        """Render ``x`` into ``y``, both of shape ``(2, time)``."""
        states = np.empty((-(-x.shape[1] // CHUNK), COUPLES, 2), np.complex128)
        image(x, corners, widths, states, y)
        return states

    def backward(
        self, x: Audio, memory: Memory, gy: Audio, gx: Audio, corners: Array, widths: Array
    ) -> tuple[Array, Array]:
        """Write the gradient of ``x`` into ``gx``; return those of the parameters.

        Args:
            x: As `forward` took it, shape ``(2, time)``.
            memory: As `forward` returned it.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Gradient of the input, shape ``(2, time)``; written.
            corners: As `forward` took them.
            widths: As `forward` took them.

        """
        return image_adjoint(x, corners, widths, memory, gy, gx)
