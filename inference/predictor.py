"""What a predictor is: from the analysis of a mix to the settings of the chain, with reasons.

Intervals hold *effective* quantities, what the chain does and not how its knobs stand, because
different knobs can do the same: `glassmaster.models.moves.QUANTITIES`. Beside them stand knobs that
nothing else can replace, by their block and key, as in ``limiter.release_ms``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ..data.analysis import Analysis
from ..models.mel_statistics import STATISTICS
from ..models.settings import ChainSettings
from ..models.spectrum import NOMINAL_HZ, THIRD_CENTERS_HZ

Array: TypeAlias = npt.NDArray[np.float64]

NOT_DETERMINED: Final = "not determined"
"""Stands for an interval that says hardly more than what is known without hearing the mix."""

Interval: TypeAlias = tuple[float, float] | Literal["not determined"]
"""Lowest and highest value, or `NOT_DETERMINED`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one decision was taken.

    Attributes:
        block: The block it is about, a name of `glassmaster.models.settings.BLOCKS`.
        text: One sentence: what was measured, what is normal, what was done.

    """

    block: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Company:
    """Finished songs that a mix is to be like.

    Attributes:
        statistics: Of each, shape ``(song, statistics)``; see `models.mel_statistics`.
        weights: What each counts, above 0, shape ``(song,)``.
        settings_alone: Whether the mix is a finished song itself: nothing of it is to be mended,
            and of the others only the settings count that they went through.

    """

    statistics: Array
    weights: Array
    settings_alone: bool = False


NOBODY: Final = Company(np.zeros((0, len(STATISTICS))), np.zeros(0))
"""No company."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Settings for one mix, and how sure they are.

    Attributes:
        settings: Of every block; a block that has nothing to do is bypassed.
        intervals: By quantity, see the module; each is meant to hold what a finished master of this
            mix shows with a probability of 90 %. A quantity that the predictor does not speak of is
            missing.
        reasons: At least one for every block, in signal order.

    """

    settings: ChainSettings
    intervals: Mapping[str, Interval]
    reasons: tuple[Reason, ...]


class Predictor(Protocol):
    """Anything that can choose settings for a mix."""

    @property
    def name(self) -> str:
        """Short name, as a recipe stores it."""
        ...

    @property
    def describe(self) -> str:
        """One sentence for the report: what the settings are based on."""
        ...

    @property
    def model(self) -> str | None:
        """SHA-256 of the weights in hexadecimal; None where there are none."""
        ...

    @property
    def listens(self) -> bool:
        """Whether finished songs that a mix is to be like make a difference."""
        ...

    @property
    def reads_settings(self) -> bool:
        """Whether it tells what settings finished songs went through."""
        ...

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        """Choose settings for the mix that was analyzed.

        The final loudness is not part of them: it is solved afterwards against the meter.

        Args:
            analysis: Of the mix.
            company: Finished songs that it is to be like; not every predictor listens to them.

        """
        ...


def response_quantity(frequency_hz: float) -> str:
    """Name the equalizer's response in dB, level taken out, at the nearest third octave.

    >>> response_quantity(64.0)
    'response_db@63'
    """
    nearest = int(np.argmin(np.abs(np.log(THIRD_CENTERS_HZ / frequency_hz))))
    return f"response_db@{NOMINAL_HZ[nearest]}"
