"""The base model as users get it: from statistics of a mix to the moves that are made."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...inference.learned.calibration import Calibration
from ...inference.learned.loading import REGISTRY_SCHEME, load_estimator, shipped
from ...inference.learned.model_file import ModelFile, read_model_file
from ...inference.learned.studio import studio_taste
from ...inference.predictor import NOBODY
from ...models.errors import UsageError
from ...models.mel_statistics import STATISTICS
from ..registry import locate_model

Array: TypeAlias = npt.NDArray[np.float64]


def base_model(name: str | None) -> BaseModel:
    """Return what a studio starts from.

    Args:
        name: Of a model that ships, the path of a file of weights, or ``models:/name@alias``; None
            for what is used where no model is asked for.

    Raises:
        UsageError: It is no model, or has a studio's part already.
        ModelError: It cannot be read, is damaged, or was made for another chain.

    """
    known = shipped()
    name = known.default if name is None else name
    if name.startswith(REGISTRY_SCHEME):
        path = locate_model(name)
    else:
        path = known.models.get(name, Path(name))
    model = BaseModel(path)
    if studio_taste(model.file) is not None:
        raise UsageError(
            f"{name} is a studio's model already; name what it was made from", code="not_a_base"
        )
    return model


class BaseModel:
    """A model that a studio starts from.

    Args:
        path: Its file of weights, of either kind.

    Attributes:
        file: What it holds.
        center: Statistics of a usual song, shape ``(statistics,)``.

    Raises:
        ModelError: It cannot be read, is damaged, or was made for another chain.

    """

    file: ModelFile
    center: Array

    def __init__(self, path: Path) -> None:
        self.file = read_model_file(path)
        self.center = self.file.array("mean", len(STATISTICS))
        self._estimator = load_estimator(self.file)
        self._calibration = Calibration(self.file)

    def moves(self, statistics: Array) -> Array:
        """Return the moves that are made of mixes without company, shape ``(mix, moves)``.

        Args:
            statistics: As `held` returns them, shape ``(mix, statistics)``.

        """
        return np.array([self._moves(row) for row in statistics])

    def held(self, statistics: Array) -> Array:
        """Return statistics as the model sees them, shape ``(mix, statistics)``.

        Args:
            statistics: As measured, same shape.

        """
        return np.array([self._calibration.held(row) for row in statistics])

    def _moves(self, statistics: Array) -> Array:
        estimate = self._estimator.estimate(statistics, NOBODY)
        return self._calibration.moves(estimate, self._calibration.amount(statistics))
