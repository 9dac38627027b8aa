"""Making a mix of a finished master, with what is known of how."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ....data.audio import Samples
from ....models.decibel import decibel_to_amplitude
from ....models.errors import ParameterError
from ....models.moves import RESPONSE_HZ, level_free
from ..seeds import stream
from .expansion import expand
from .family import Family, deg_v1
from .peaks import restore_peaks
from .spectral import filter_zero_phase

Array: TypeAlias = npt.NDArray[np.float64]

DEGRADATION: tuple[str, ...] = (
    *(f"node_db@{index}" for index in range(1, 10)),
    "tilt_db",
    "bias",
    *(f"expansion@{band}" for band in ("low", "middle", "high")),
    "restoration_db",
    "side_gain_db",
    "peak_dbfs",
)
"""Names of the vector of a degradation."""

_RESPONSE = 11


@dataclass(frozen=True, slots=True)
class Degradation:
    """What is done to one master.

    Values beyond those that are ever drawn are allowed: what is left after an estimate was taken
    off is such a degradation too, with exponents and restorations of either sign.

    Attributes:
        nodes_db: Of the random response.
        tilt_db: At the highest node.
        bias: Share of the typical difference of mixes from masters.
        expansion: Exponents of the three bands, low to high.
        restoration_db: Rise of the peaks.
        side_gain_db: Gain of side.
        peak_dbfs: Largest sample of the result.

    """

    nodes_db: tuple[float, ...]
    tilt_db: float
    bias: float
    expansion: tuple[float, float, float]
    restoration_db: float
    side_gain_db: float
    peak_dbfs: float

    def vector(self) -> Array:
        """Return all values in the order of `DEGRADATION`."""
        nodes, tilt, bias, expansion, restoration, side, peak = astuple(self)
        return np.array([*nodes, tilt, bias, *expansion, restoration, side, peak])

    def response_db(self, frequency_hz: Array, family: Family | None = None) -> Array:
        """Return the change of the response in dB, shape ``(frequency,)``."""
        family = deg_v1() if family is None else family
        response: Array = family.response_basis(frequency_hz) @ self.vector()[:_RESPONSE]
        return response

    @property
    def correction_db(self) -> Array:
        """What an equalizer has to do at `RESPONSE_HZ` to undo it, level-free, shape ``(27,)``."""
        return level_free(-self.response_db(RESPONSE_HZ))


def from_vector(vector: Array) -> Degradation:
    """Return the degradation with these values, the inverse of `Degradation.vector`.

    Raises:
        ParameterError: There are too few or too many, or one is not finite.

    """
    if vector.shape != (len(DEGRADATION),) or not np.isfinite(vector).all():
        raise ParameterError(
            f"a degradation has {len(DEGRADATION)} finite values, not {vector.tolist()}",
            code="bad_degradation",
        )
    values = [float(value) for value in vector]
    low, middle, high = values[11:14]
    return Degradation(
        nodes_db=tuple(values[:9]),
        tilt_db=values[9],
        bias=values[10],
        expansion=(low, middle, high),
        restoration_db=values[14],
        side_gain_db=values[15],
        peak_dbfs=values[16],
    )


def draw(seed: int, identity: str, family: Family | None = None) -> Degradation:
    """Draw the degradation of a song.

    Args:
        seed: Of the benchmark.
        identity: Of the song.
        family: Where draws come from; the committed one by default.

    """
    family = deg_v1() if family is None else family
    rng = stream(seed, "deg_v1", identity)
    nodes = family.nodes.sd_db * rng.standard_normal(family.nodes.count)
    tilt_db = family.tilt.sd_db * rng.standard_normal()
    bias = rng.uniform(family.bias.lowest, family.bias.highest)
    low, middle, high = rng.uniform(family.expansion.lowest, family.expansion.highest, 3).tolist()
    return Degradation(
        nodes_db=tuple(nodes.tolist()),
        tilt_db=float(tilt_db),
        bias=float(bias),
        expansion=(low, middle, high),
        restoration_db=float(
            rng.uniform(family.restoration.lowest_db, family.restoration.highest_db)
        ),
        side_gain_db=float(family.side.sd_db * rng.standard_normal()),
        peak_dbfs=float(rng.uniform(family.level.lowest_dbfs, family.level.highest_dbfs)),
    )


def degrade(
    samples: Samples, sample_rate: int, degradation: Degradation, family: Family | None = None
) -> Samples:
    """Make a mix of a master; both are aligned to the sample.

    Args:
        samples: Shape ``(2, time)``, not silent.
        sample_rate: In Hz.
        degradation: What is done.
        family: What its values mean; the committed one by default.

    Returns:
        Shape ``(2, time)``, float32.

    Raises:
        ParameterError: The audio is silent.

    """
    family = deg_v1() if family is None else family
    if not samples.any():
        raise ParameterError("silence cannot be degraded; leave the song out", code="silent")
    signal = restore_peaks(
        samples.astype(np.float64), sample_rate, degradation.restoration_db, family.restoration
    )
    signal = expand(signal, sample_rate, degradation.expansion, family.expansion)
    signal = filter_zero_phase(signal, sample_rate, lambda hz: degradation.response_db(hz, family))
    mid, side = 0.5 * (signal[0] + signal[1]), 0.5 * (signal[0] - signal[1])
    side *= decibel_to_amplitude(degradation.side_gain_db)
    signal = np.stack((mid + side, mid - side))
    signal *= decibel_to_amplitude(degradation.peak_dbfs) / np.max(np.abs(signal))
    return signal.astype(np.float32)
