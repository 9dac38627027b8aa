"""Figures of a delivered file whose target nobody knows."""

from __future__ import annotations

from collections.abc import Mapping

from ....data.audio import Samples
from ....models.distances.measures import spectrum_shape_distance
from ....models.errors import ParameterError
from ....models.settings import ChainSettings
from ..delivery import DeliveredAudio, deliver_audio
from ..tasks import Task
from .frames import mel_frames
from .harm import HARMS, commercial_distance, harm_counters, normal_distance
from .level import loudness_lufs
from .modulation import resting_audio

UNTARGETED: Mapping[str, str] = {
    "MAHALANOBIS": "distance from commercial masters",
    "CLOSER": "over it, that of the unchanged mix at the same loudness: change in percent",
    "FARTHER": "1 where a mix that was normal is over 5 % farther, else 0; NaN for other mixes",
    "NEARER": "1 where a mix that was not normal is nearer, else 0; NaN for other mixes",
    "LTAS-S-MOVED": "mean absolute change of the long-term spectrum, mean over bands removed, dB",
    "LUFS": "departure from the loudness of the unchanged mix, LU",
    **HARMS,
}
"""Names and meanings."""

MOST_FARTHER = 1.05


class MixMeasures:
    """Measures what methods made of one real mix, which is measured once.

    Args:
        task: Without a target.
        ceiling_dbtp: Highest true peak allowed.

    Raises:
        UnsupportedAudioError: The mix has no loudness.

    """

    def __init__(self, task: Task, *, ceiling_dbtp: float) -> None:
        self._task = task
        self._ceiling_dbtp = ceiling_dbtp
        unchanged = deliver_audio(
            task.mix, task.sample_rate, task.asked_lufs, ceiling_dbtp=ceiling_dbtp
        )
        self._unchanged = unchanged.samples
        self._distance = commercial_distance(unchanged.samples, task.sample_rate)

    def of(
        self, delivered: DeliveredAudio, settings: ChainSettings | None = None
    ) -> dict[str, float]:
        """Return the figures of a delivered file by name, see `UNTARGETED`.

        Args:
            delivered: What became of the mix.
            settings: Of the chain, where it made the master.

        Raises:
            ParameterError: It is not as long as the mix.

        """
        output, rate = delivered.samples, self._task.sample_rate
        if output.shape != self._task.mix.shape:
            raise ParameterError(
                f"{self._task.plan.key}: the output has shape {output.shape} and the mix "
                f"{self._task.mix.shape}; a master is as long as its mix",
                code="wrong_length",
            )
        distance = commercial_distance(output, rate)
        normal = self._distance <= normal_distance()
        nan = float("nan")
        values = {
            "MAHALANOBIS": distance,
            "CLOSER": 100.0 * (distance / self._distance - 1.0),
            "FARTHER": float(distance > MOST_FARTHER * self._distance) if normal else nan,
            "NEARER": nan if normal else float(distance < self._distance),
            "LTAS-S-MOVED": _moved_db(self._unchanged, output, rate),
            "LUFS": abs(loudness_lufs(output, rate) - self._task.target_lufs),
        }
        resting = None if settings is None else resting_audio(self._task.mix, rate, settings)
        harms = harm_counters(
            self._task.mix,
            delivered,
            ceiling_dbtp=self._ceiling_dbtp,
            settings=settings,
            resting=resting,
        )
        return {**values, **harms}


def _moved_db(before: Samples, after: Samples, sample_rate: int) -> float:
    old, new = mel_frames(before, sample_rate), mel_frames(after, sample_rate)
    pair = (new.mid[None], new.side[None], old.mid[None], old.side[None])
    return float(spectrum_shape_distance(*pair)[0])
