"""The figures a master is judged by, and the pair of meters that gives them."""

from __future__ import annotations

from dataclasses import dataclass

from .chunks import Block, Chunks
from .loudness import DUAL_MONO_LU, LoudnessMeter
from .true_peak import TruePeakMeter


@dataclass(frozen=True, slots=True)
class LoudnessReport:
    """Loudness and peaks of a track; None where a figure is undefined.

    Attributes:
        integrated_lufs: Gated loudness, ITU-R BS.1770-5; a mono track counts as one channel.
        short_term_max_lufs: Largest loudness of 3 s, EBU Tech 3341.
        momentary_max_lufs: Largest loudness of 400 ms, EBU Tech 3341.
        range_lu: Loudness range, EBU Tech 3342.
        true_peak_dbtp: Largest value between samples, over all channels.
        plr_db: Peak to loudness ratio: true peak over integrated loudness. For mono both ratios
            are those of two loudspeakers, so that a mix has the same in mono as in two channels.
        psr_db: Peak to short-term loudness ratio: true peak over the largest short-term loudness.
        dual_mono_lufs: Integrated loudness as two loudspeakers give it: 3.01 LU more for mono.

    """

    integrated_lufs: float | None
    short_term_max_lufs: float | None
    momentary_max_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    plr_db: float | None
    psr_db: float | None
    dual_mono_lufs: float | None


def loudness_report(
    loudness: LoudnessMeter, true_peak: TruePeakMeter, channels: int
) -> LoudnessReport:
    """Return what two meters of one stream of ``channels`` channels have found."""
    integrated_lufs = loudness.integrated_lufs
    short_term_max_lufs = loudness.short_term_max_lufs
    true_peak_dbtp = true_peak.true_peak_dbtp
    dual_mono_lu = DUAL_MONO_LU if channels == 1 else 0.0
    dual_mono_lufs = _plus(integrated_lufs, dual_mono_lu)
    return LoudnessReport(
        integrated_lufs=integrated_lufs,
        short_term_max_lufs=short_term_max_lufs,
        momentary_max_lufs=loudness.momentary_max_lufs,
        range_lu=loudness.range_lu,
        true_peak_dbtp=true_peak_dbtp,
        plr_db=_minus(true_peak_dbtp, dual_mono_lufs),
        psr_db=_minus(true_peak_dbtp, _plus(short_term_max_lufs, dual_mono_lu)),
        dual_mono_lufs=dual_mono_lufs,
    )


def _plus(level: float | None, gain: float) -> float | None:
    return None if level is None else level + gain


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


class LoudnessAndPeak:
    """Measures loudness and true peak of a stream, and nothing else.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2.

    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._channels = channels
        self._chunks = Chunks(channels)
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._true_peak = TruePeakMeter(channels)

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        for chunk in self._chunks.cut(block):
            self._loudness.feed(chunk)
            self._true_peak.feed(chunk)

    @property
    def sample_peak_dbfs(self) -> float | None:
        """Largest sample in dBFS; None for silence."""
        return self._true_peak.sample_peak_dbfs

    def finish(self) -> LoudnessReport:
        """End the stream and return its figures."""
        self._loudness.finish()
        return loudness_report(self._loudness, self._true_peak, self._channels)
