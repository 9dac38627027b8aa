"""The learned predictor: statistics, a model's estimate, and decisions that do no harm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.mel_statistics import STATISTICS
from ...models.moves import ATTACK, LIMITER_RELEASE, RELEASE, SLOPE, THRESHOLD, bounded
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import ChainSettings
from ..baseline.predictor import leave_alone, unjudged
from ..predictor import NOT_DETERMINED, Interval, Prediction, Reason
from .calibration import Calibration
from .decisions import Decisions
from .estimate import DECIDED, Estimator
from .model_file import ModelFile
from .tone import Wish

Array: TypeAlias = npt.NDArray[np.float64]


class LearnedPredictor:
    """Chooses settings by what was learned from music.

    Args:
        file: Of the weights.
        estimator: Made of it.

    Raises:
        ModelError: The file's calibration is damaged.

    """

    def __init__(self, file: ModelFile, estimator: Estimator) -> None:
        self.name = file.kind
        self.model = file.sha256
        self.describe = file.metadata.get("describe") or f"Settings by a learned {file.kind} model."
        self._estimator = estimator
        self._calibration = Calibration(file)
        self._decisions = Decisions()

    def predict(self, analysis: Analysis, references: Sequence[Analysis] = ()) -> Prediction:
        """Choose settings for the mix that was analyzed; equal analyses give equal settings.

        Args:
            analysis: Of the mix.
            references: Of songs that it is to be like; those without statistics do not count.

        """
        text = unjudged(analysis)
        if text is None and not analysis.statistics.any():
            text = "Too little of the mix can be heard to judge it, so it is left alone."
        if text is not None:
            return leave_alone(analysis, text)
        held = self._calibration.held
        rows = [held(each.statistics) for each in references if each.statistics.any()]
        others = np.array(rows).reshape(-1, len(STATISTICS))
        estimate = self._estimator.estimate(held(analysis.statistics), others)
        amount = self._calibration.amount(analysis.loudness.plr_db)
        moves = bounded(self._calibration.shrunk(bounded(estimate.moves), amount))
        out = frozenset(
            name for name, odds in zip(DECIDED, estimate.bypass, strict=True) if odds > 0.0
        )
        intervals = self._calibration.quantity_intervals(estimate)
        settings, reasons = self._decisions.decide(analysis, Wish(moves, out, intervals))
        if amount < 1.0:
            reasons = (_nearly_finished(analysis, amount), *reasons)
        return Prediction(settings, {**intervals, **self._knobs(settings, moves)}, reasons)

    def _knobs(self, settings: ChainSettings, moves: Array) -> Mapping[str, Interval]:
        """Return the intervals of knobs that are in use, in their units."""
        compressor = settings["multiband_compressor"]
        intervals: dict[str, Interval] = {}
        for band, name in enumerate(BANDS):
            if compressor.bypass or compressor.values[f"{name}_ratio"] == 1.0:
                continue
            for part, key in (
                (SLOPE, "ratio"),
                (THRESHOLD, "threshold_db"),
                (ATTACK, "attack_ms"),
                (RELEASE, "release_ms"),
            ):
                found = self._calibration.knob_interval(part.start + band, moves)
                intervals[f"multiband_compressor.{name}_{key}"] = _physical(found, key)
        found = self._calibration.knob_interval(LIMITER_RELEASE, moves)
        return intervals | {"limiter.release_ms": _physical(found, "release_ms")}


def _nearly_finished(analysis: Analysis, amount: float) -> Reason:
    text = (
        f"The peak-to-loudness ratio of {analysis.loudness.plr_db:.1f} dB is that of finished "
        f"masters, which more would harm: of each move, {100 * amount:.0f} % is made."
    )
    return Reason("equalizer", text)


def _physical(interval: Interval, key: str) -> Interval:
    """Convert an interval from units of moves."""
    if interval == NOT_DETERMINED or key == "threshold_db":
        return interval
    low, high = interval
    if key == "ratio":
        return 1.0 / (1.0 - min(max(low, 0.0), 0.95)), 1.0 / (1.0 - min(max(high, 0.0), 0.95))
    return math.exp(low), math.exp(high)
