"""The learned predictor: statistics, a model's estimate, and decisions that do no harm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...models.mel_statistics import STATISTICS
from ...models.moves import (
    ATTACK,
    LIMITER_RELEASE,
    RELEASE,
    SLOPE,
    THRESHOLD,
    bounded,
)
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import ChainSettings
from ..baseline.predictor import leave_alone, leave_as_it_is, unjudged
from ..predictor import NOBODY, NOT_DETERMINED, Company, Interval, Prediction, Reason
from .calibration import PEAK, Calibration
from .decisions import Decisions
from .estimate import Estimator
from .model_file import ModelFile
from .shown import shown_settings
from .studio import studio_taste
from .tone import Wish

Array: TypeAlias = npt.NDArray[np.float64]

_NOTHING_SHOWN = "The song is finished, and nothing shows what else is wanted: it is left as it is."


class LearnedPredictor:
    """Chooses settings by what was learned from music.

    Args:
        file: Of the weights.
        estimator: Made of it.

    Raises:
        ModelError: The file's calibration, or its studio's part, is damaged.

    """

    def __init__(self, file: ModelFile, estimator: Estimator) -> None:
        self.name = file.kind
        self.model = file.sha256
        self.describe = file.metadata.get("describe") or f"Settings by a learned {file.kind} model."
        self.listens = "referred_weights" in file.arrays or "referred_weight" in file.arrays
        self._estimator = estimator
        self._calibration = Calibration(file)
        self._taste = studio_taste(file)
        self._shown = shown_settings(file)
        self.reads_settings = self._shown is not None
        self._decisions = Decisions()

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        """Choose settings for the mix that was analyzed; equal arguments give equal settings.

        Args:
            analysis: Of the mix.
            company: Finished songs that it is to be like.

        """
        text = unjudged(analysis)
        if text is None and not analysis.statistics.any():
            text = "Too little of the mix can be heard to judge it, so it is left alone."
        shown = NOBODY if company is None else company
        if text is not None:
            leave = leave_as_it_is if shown.settings_alone else leave_alone
            return leave(analysis, text)
        held = self._calibration.held
        rows = np.array([held(row) for row in shown.statistics]).reshape(-1, len(STATISTICS))
        if shown.settings_alone:
            return self._as_shown(analysis, Company(rows, shown.weights))
        mix = held(analysis.statistics)
        estimate = self._estimator.estimate(mix, Company(rows, shown.weights))
        amount = self._calibration.amount(mix)
        moves = self._calibration.moves(estimate, amount)
        if self._taste is not None:
            moves = self._taste.moves(moves, mix)
            intervals = self._taste.intervals(moves)
            settings, reasons = self._decisions.decide(
                analysis, Wish(moves, frozenset(), intervals)
            )
            return Prediction(settings, intervals, reasons)
        intervals = self._calibration.quantity_intervals(estimate, referred=len(rows) > 0)
        wish = Wish(moves, estimate.left_out, intervals)
        settings, reasons = self._decisions.decide(analysis, wish)
        if amount < 1.0:
            reasons = (_nearly_finished(float(mix[PEAK]), amount), *reasons)
        knobs = self._knobs(settings, estimate.moves, referred=len(rows) > 0)
        return Prediction(settings, {**intervals, **knobs}, reasons)

    def _as_shown(self, analysis: Analysis, company: Company) -> Prediction:
        """Return what songs show of settings, for a finished song that needs nothing else."""
        count = len(company.weights)
        if self._shown is None or not count:
            return leave_as_it_is(analysis, _NOTHING_SHOWN)
        wish = Wish(bounded(self._shown.moves(company)), frozenset(), {}, is_finished=True)
        settings, reasons = self._decisions.decide(analysis, wish)
        return Prediction(settings, {}, _of_the_songs(count, reasons, settings))

    def _knobs(
        self, settings: ChainSettings, moves: Array, *, referred: bool
    ) -> Mapping[str, Interval]:
        """Return the intervals of knobs that are in use, around estimated moves, in their units."""
        interval = partial(self._calibration.knob_interval, referred=referred)
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
                found = interval(part.start + band, moves)
                intervals[f"multiband_compressor.{name}_{key}"] = _physical(found, key)
        found = interval(LIMITER_RELEASE, moves)
        return intervals | {"limiter.release_ms": _physical(found, "release_ms")}


def _of_the_songs(
    count: int, reasons: tuple[Reason, ...], settings: ChainSettings
) -> tuple[Reason, ...]:
    """Say beside the reasons of moves what they were told from."""
    songs = "one song shows" if count == 1 else f"{count} songs show"
    text = (
        f"The song is finished, so nothing of it is mended: the moves are what {songs} of the "
        "settings behind, as far as it is more than songs differ by themselves; where nothing is "
        "shown, a move is what is usual."
    )
    told = [Reason("equalizer", text), *reasons]
    compressed = "multiband_compressor"
    if not settings[compressed].bypass:
        text = "How far the songs were compressed cannot be told: this is what is usual."
        last = max(place for place, each in enumerate(told) if each.block == compressed)
        told.insert(last + 1, Reason(compressed, text))
    return tuple(told)


def _nearly_finished(peak_db: float, amount: float) -> Reason:
    text = (
        f"Peaks stand {peak_db:.1f} dB above the loudness, as those of finished masters do, which "
        f"more would harm: of each move, {100 * amount:.0f} % is made."
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
