"""What settings finished songs went through, told by how they differ from finished songs at large.

A closed form. Songs that went through the same settings show them through a mean: its spectrum and
widths are those of songs, whose spread over songs is divided by their number, shifted by what the
settings do. In coordinates in which songs have a spread of one and settings a spread of ``λ``, the
expected shift is ``n λ / (n λ + 1)`` of what is seen of ``n`` songs (S. M. Kay, "Fundamentals of
Statistical Signal Processing", vol. 1, 1993, theorem 10.3). One song shows little, and little is
moved; many show nearly all of it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.mel_statistics import STATISTICS
from ...models.moves import MOVES, NEUTRAL
from ..predictor import Company
from .model_file import ModelFile

Array: TypeAlias = npt.NDArray[np.float64]

PREFIX = "shown."
"""Of its arrays in a file of weights."""

AXES = f"{PREFIX}axes"
"""The array that says what is looked at."""


class ShownSettings:
    """Tells settings that songs went through.

    Args:
        file: Holds the arrays ``shown.…``; see `glassmaster.training.linear.shown`.

    Raises:
        ModelError: An array is missing, of another shape, or not finite.

    """

    def __init__(self, file: ModelFile) -> None:
        self._mean = file.array(f"{PREFIX}mean", len(STATISTICS))
        axes = len(file.arrays.get(f"{PREFIX}spread", ()))
        self._spread = file.array(f"{PREFIX}spread", axes)
        self._axes = file.array(AXES, axes, len(STATISTICS))
        self._weights = file.array(f"{PREFIX}weights", len(MOVES), axes)
        self._bias = file.array(f"{PREFIX}bias", len(MOVES))
        if not np.all(self._spread >= 0.0):
            raise file.error("has settings with a spread below zero")

    def moves(self, company: Company) -> Array:
        """Return the expected moves, shape ``(moves,)``; those that do nothing without songs.

        Args:
            company: The songs; uneven weights count as fewer songs.

        """
        if not len(company.weights):
            return NEUTRAL.copy()
        count = company.weights.sum() ** 2 / np.square(company.weights).sum()
        mean = np.average(company.statistics, axis=0, weights=company.weights)
        told = count * self._spread / (count * self._spread + 1.0)
        shift = self._axes @ (mean - self._mean)
        moves: Array = self._bias + self._weights @ (told * shift)
        return moves


def shown_settings(file: ModelFile) -> ShownSettings | None:
    """Return what a file of weights tells settings with; None where it has nothing of it.

    Raises:
        ModelError: It has, and an array is damaged.

    """
    return ShownSettings(file) if f"{PREFIX}mean" in file.arrays else None
