"""The multiband compressor with its derivative, one example at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.compression import compress_signal, compress_signal_adjoint
from ..kernels.adjoint.frames import CHUNK
from ..processors.multiband_compressor import BANDS
from ..rates import hop_samples

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class MultibandCompressorMemory:
    """What the reverse pass needs besides the input.

    Attributes:
        states: The crossover's states at the start of each chunk, shape ``(chunk, 8, 2)``.
        reduction_db: The smoothed static gain of each band and hop, 0 or negative, without
            make-up, shape ``(4, time // hop)``.

    """

    states: npt.NDArray[np.complex128]
    reduction_db: Array


class MultibandCompressorProcessor:
    """Runs crossover and compressor over one example, forward and in reverse.

    Parameters are the crossover's coefficients, shape ``(3, 3)``, and ``threshold_dbfs slope
    knee_db attack release makeup_db`` a band, shape ``(4, 6)``, as `ResolvedMultibandCompressor`
    gives them.

    Args:
        sample_rate: In Hz; audio is a whole number of hops, see `hop_samples`.

    """

    def __init__(self, sample_rate: int) -> None:
        self._hop = hop_samples(sample_rate)

    def forward(
        self, x: Audio, y: Audio, corners: Array, control: Array
    ) -> MultibandCompressorMemory:
        """Render ``x`` into ``y``, both of shape ``(2, time)``."""
        time = x.shape[1]
        memory = MultibandCompressorMemory(
            np.empty((-(-time // CHUNK), 8, 2), np.complex128),
            np.empty((len(BANDS), time // self._hop)),
        )
        compress_signal(
            x, corners, control, self._hop, CHUNK, memory.states, memory.reduction_db, y
        )
        return memory

    def backward(
        self,
        x: Audio,
        memory: MultibandCompressorMemory,
        gy: Audio,
        gx: Audio,
        corners: Array,
        control: Array,
    ) -> tuple[Array, Array]:
        """Write the gradient of ``x`` into ``gx``; return those of the parameters.

        Args:
            x: As `forward` took it, shape ``(2, time)``.
            memory: As `forward` returned it.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Gradient of the input, shape ``(2, time)``; written.
            corners: As `forward` took them.
            control: As `forward` took it.

        """
        gradients = np.zeros_like(corners), np.zeros_like(control)
        compress_signal_adjoint(
            x,
            corners,
            control,
            self._hop,
            CHUNK,
            memory.states,
            memory.reduction_db,
            gy,
            *gradients,
            gx,
        )
        return gradients
