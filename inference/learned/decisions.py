"""From moves to the settings of the chain, each with its reason; doing nothing is an answer."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.moves import bounded
from ...models.settings import ChainSettings, default_settings
from ..baseline.prior import default_prior
from ..predictor import Reason
from .dynamics import choose_compressor, choose_limiter
from .stereo import choose_imager
from .tone import Equalizing, Wish

Array: TypeAlias = npt.NDArray[np.float64]


class Decisions:
    """Turns what is wanted of a mix into settings."""

    def __init__(self) -> None:
        self._equalizing = Equalizing(default_prior())

    def decide(self, analysis: Analysis, wish: Wish) -> tuple[ChainSettings, tuple[Reason, ...]]:
        """Return settings of every block, and at least one reason for each in signal order."""
        equalizer, why_equalizer = self._equalizing.choose(analysis, wish)
        compressor, why_compressor = choose_compressor(analysis, wish)
        imager, why_imager = choose_imager(analysis, wish)
        limiter, why_limiter = choose_limiter(analysis, wish)
        settings = default_settings().with_block("limiter", limiter)
        chosen = (
            ("equalizer", equalizer),
            ("multiband_compressor", compressor),
            ("imager", imager),
        )
        for name, values in chosen:
            if values is not None:
                settings = settings.with_block(name, values)
        return settings, (
            *why_equalizer,
            Reason("deesser", "The model does not decide on de-essing, so it is bypassed."),
            *why_compressor,
            Reason("saturator", "The model does not decide on saturation, so it is bypassed."),
            *why_imager,
            why_limiter,
        )


def settings_of_moves(moves: Array, analysis: Analysis) -> ChainSettings:
    """Return the settings that a predictor chooses for these moves, shape ``(moves,)``."""
    wish = Wish(bounded(moves), frozenset(), {})
    return Decisions().decide(analysis, wish)[0]
