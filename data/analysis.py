"""Everything that is measured of a track before it is mastered, in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..models.decibel import amplitude_to_decibel, power_to_decibel
from ..models.errors import UnsupportedAudioError
from ..models.k_weighting import RELATIVE_GATE_LU
from ..models.spectrum import PowerSpectrum, levels_db, third_octaves
from .audio import AudioReader, blocks
from .background import Background
from .features.content import ContentMeter
from .features.frames import FrameMeter, MelFrames
from .features.statistics import StatisticsMeter
from .findings import Finding
from .metering.chunks import CHUNK_FRAMES, Block, Chunks
from .metering.faults import ABSURD_DBFS, FaultMeter
from .metering.loudness import LOWEST_RATE, LoudnessMeter
from .metering.report import LoudnessReport, loudness_report
from .metering.spectrum import LevelSpread, SpectrumMeter
from .metering.true_peak import TruePeakMeter

Array: TypeAlias = npt.NDArray[np.float64]
Progress: TypeAlias = Callable[[int], None]

COMMON_RATES = frozenset(
    (
        *(8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000),
        *(88_200, 96_000, 176_400, 192_000, 352_800, 384_000),
    )
)
"""Sample rates in Hz that a finished mix is expected to have."""

VERY_QUIET_LUFS = -40.0
"""Below this loudness, as two loudspeakers give it, noise is too near to judge the music."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What every meter found in a track.

    Attributes:
        sample_rate: In Hz.
        channels: 1 or 2.
        frames: Length in samples a channel.
        loudness: Loudness and true peak.
        sample_peak_dbfs: Largest sample.
        crest_db: Crest factor: largest sample over root mean square of all channels.
        spectrum: Long-term spectrum over the frames at or above the relative gate.
        correlation: Of left and right, in [-1, 1]; 1 for mono, None where a channel is silent.
        band_levels: Spread of the levels in each band of `LEVEL_EDGES_HZ`.
        dc_offset: Mean of each channel.
        clipped_runs: Places where the signal stands at its ceiling for three samples or more.
        digest: SHA-256 of the samples as little-endian float32, frame by frame, in hexadecimal.
        findings: What a person should know.
        statistics: Of the frames on the mel grid, level-free, shape ``(statistics,)``; see
            `models.mel_statistics.STATISTICS`. All are zero where less than a second is heard.
        content: What the song is, apart from how it is mixed, shape ``(content,)``; see
            `data.features.content.CONTENT`. All are zero where too little is heard.

    """

    sample_rate: int
    channels: int
    frames: int
    loudness: LoudnessReport
    sample_peak_dbfs: float
    crest_db: float
    spectrum: PowerSpectrum
    correlation: float | None
    band_levels: tuple[LevelSpread | None, ...]
    dc_offset: tuple[float, ...]
    clipped_runs: int
    digest: str
    findings: tuple[Finding, ...]
    statistics: Array
    content: Array

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    @property
    def mid_third_octaves_db(self) -> Array:
        """Mean square of mid a third octave in dB, shape ``(31,)``; -200 where there is nothing."""
        return levels_db(third_octaves(self.spectrum.mid))

    @property
    def side_third_octaves_db(self) -> Array:
        """Mean square of side a third octave in dB, shape ``(31,)``; -200 where there is none."""
        return levels_db(third_octaves(self.spectrum.side))


class Analyzer:
    """Feeds a stream to every meter.

    Its two halves share nothing, so that they may run in two threads.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2.

    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._sample_rate = sample_rate
        self._channels = channels
        self._chunks = Chunks(channels)
        self._faults = FaultMeter(channels)
        self._loudness = LoudnessMeter(sample_rate, channels)
        self._digest = hashlib.sha256()
        self._interleaved = np.empty((CHUNK_FRAMES, channels), "<f4")
        self._spectrum = SpectrumMeter(sample_rate, channels)
        self._mel_frames = FrameMeter(sample_rate)
        self._statistics = StatisticsMeter(sample_rate, channels)
        self._content = ContentMeter(sample_rate)
        self._true_peak = TruePeakMeter(channels)

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length.

        Raises:
            UnsupportedAudioError: ``non_finite`` or ``absurd_level``; the stream is of no use.

        """
        self.feed_levels(block)
        self.feed_shape(block)

    def feed_levels(self, block: Block) -> None:
        """Take ``block`` for faults, loudness and digest: one half of `feed`, and its errors."""
        for chunk in self._chunks.cut(block):
            self._faults.feed(chunk)
            self._reject_what_is_no_audio()
            self._loudness.feed(chunk)
            interleaved = self._interleaved[: chunk.shape[1]]
            interleaved[:] = chunk.T
            self._digest.update(interleaved.data)

    def feed_shape(self, block: Block) -> None:
        """Take ``block`` for spectrum, statistics and true peak: the other half of `feed`."""
        self._spectrum.feed(block)
        self._take(self._mel_frames.feed(block))
        self._true_peak.feed(block)

    def result(self) -> Analysis:
        """End the stream and return what was measured.

        Raises:
            UnsupportedAudioError: ``too_short`` or ``silent``.

        """
        frames = self._faults.frames
        if frames < 2:
            raise UnsupportedAudioError(
                "The audio is shorter than two samples; give a whole mix.", code="too_short"
            )
        if self._faults.silent:
            raise UnsupportedAudioError(
                "The audio is silent; check that the mix was exported with its tracks on.",
                code="silent",
            )
        self._loudness.finish()
        loudness = loudness_report(self._loudness, self._true_peak, self._channels)
        gate_lufs = None
        if loudness.integrated_lufs is not None:
            gate_lufs = loudness.integrated_lufs + RELATIVE_GATE_LU
        self._take(self._mel_frames.finish())
        statistics, spectrum = self._statistics.result(), self._spectrum.spectrum(gate_lufs)
        sample_peak_dbfs = amplitude_to_decibel(max(self._faults.sample_peaks))
        return Analysis(
            sample_rate=self._sample_rate,
            channels=self._channels,
            frames=frames,
            loudness=loudness,
            sample_peak_dbfs=sample_peak_dbfs,
            crest_db=sample_peak_dbfs - power_to_decibel(self._faults.mean_square),
            spectrum=spectrum,
            correlation=self._faults.correlation,
            band_levels=self._spectrum.band_levels(),
            dc_offset=self._faults.dc_offset,
            clipped_runs=self._faults.clipped_runs,
            digest=self._digest.hexdigest(),
            findings=(*self._findings(loudness), *self._faults.findings()),
            statistics=statistics,
            content=self._content.result(spectrum, statistics),
        )

    def _take(self, mel_frames: Iterable[MelFrames]) -> None:
        for each in mel_frames:  # made once, for both meters
            self._statistics.feed_frames(each)
            self._content.feed(each)

    def _reject_what_is_no_audio(self) -> None:
        if self._faults.non_finite:
            raise UnsupportedAudioError(
                "The audio holds samples that are infinite or no numbers; export the mix again.",
                code="non_finite",
            )
        if self._faults.absurd_level:
            raise UnsupportedAudioError(
                f"The audio rises above +{ABSURD_DBFS:.0f} dBFS, which no mix does on purpose; "
                "export it at a lower level.",
                code="absurd_level",
            )

    def _findings(self, loudness: LoudnessReport) -> list[Finding]:
        found = []
        if self._sample_rate < LOWEST_RATE:
            message = f"The sample rate of {self._sample_rate} Hz leaves no treble to work on."
            found.append(Finding("low_sample_rate", message))
        if self._sample_rate not in COMMON_RATES:
            message = f"The sample rate of {self._sample_rate} Hz is unusual."
            found.append(Finding("odd_sample_rate", message))
        if loudness.dual_mono_lufs is not None and loudness.dual_mono_lufs < VERY_QUIET_LUFS:
            message = (
                f"The audio is very quiet, at {loudness.dual_mono_lufs:.1f} LUFS: a master raises "
                "its noise as much as its music."
            )
            found.append(Finding("very_quiet", message))
        if loudness.integrated_lufs is None:
            message = "The audio is too short or too quiet for its loudness to be defined."
            found.append(Finding("loudness_undefined", message))
        return found


def analyze(reader: AudioReader, progress: Progress | None = None) -> Analysis:
    """Measure all that is left of ``reader``, half of the work in a second thread.

    Args:
        reader: The track.
        progress: Told the number of samples a channel read so far.

    Raises:
        UnsupportedAudioError: ``non_finite``, ``absurd_level``, ``silent`` or ``too_short``; the
            caller knows the path.

    """
    analyzer = Analyzer(reader.sample_rate, reader.channels)
    frames = 0
    with Background(analyzer.feed_shape) as background:
        for block in blocks(reader):
            analyzer.feed_levels(block)  # first: it refuses what is no audio
            background.submit(block)
            frames += block.shape[1]
            if progress is not None:
                progress(frames)
    return analyzer.result()
