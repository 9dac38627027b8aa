"""The de-esser with its derivative, one example at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..kernels.adjoint.deessing import deess_signal, deess_signal_adjoint
from ..kernels.adjoint.frames import CHUNK
from ..rates import hop_samples

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class DeesserMemory:
    """What the reverse pass needs besides the input.

    Attributes:
        states: The filters' states at the start of each chunk, shape ``(chunk, 2, 4)``.
        reduction_db: The smoothed gain of each hop, 0 or negative, shape ``(time // hop,)``.

    """

    states: Array
    reduction_db: Array


class DeesserProcessor:
    """Runs the de-esser over one example, forward and in reverse.

    Parameters are ``b0 b1 b2 a1 a2`` of the band that is turned down and of the one whose level is
    measured, shape ``(2, 5)``, and ``threshold_dbfs slope knee_db attack release most_db``, shape
    ``(6,)``, as `ResolvedDeesser` gives them.

    Args:
        sample_rate: In Hz; audio is a whole number of hops, see `hop_samples`.

    """

    def __init__(self, sample_rate: int) -> None:
        self._hop = hop_samples(sample_rate)

    def forward(self, x: Audio, y: Audio, sections: Array, control: Array) -> DeesserMemory:
        """Render ``x`` into ``y``, both of shape ``(2, time)``."""
        time = x.shape[1]
        memory = DeesserMemory(np.empty((-(-time // CHUNK), 2, 4)), np.empty(time // self._hop))
        deess_signal(x, sections, control, self._hop, CHUNK, memory.states, memory.reduction_db, y)
        return memory

    def backward(
        self,
        x: Audio,
        memory: DeesserMemory,
        gy: Audio,
        gx: Audio,
        sections: Array,
        control: Array,
    ) -> tuple[Array, Array]:
        """Write the gradient of ``x`` into ``gx``; return those of the parameters.

        Args:
            x: As `forward` took it, shape ``(2, time)``.
            memory: As `forward` returned it.
            gy: Gradient of the output, shape ``(2, time)``.
            gx: Gradient of the input, shape ``(2, time)``; written.
            sections: As `forward` took them.
            control: As `forward` took it.

        """
        gradients = np.zeros_like(sections), np.zeros_like(control)
        deess_signal_adjoint(
            x,
            sections,
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
