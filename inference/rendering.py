"""The two passes over the audio.

The first runs the chain up to the limiter, converts to the delivery rate, measures, and spools. The
second limits, rounds and writes. Chain at the source's rate; loudness, limiter and dither at the
delivery rate, because conversion after a limiter makes new peaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..data.audio import BLOCK_FRAMES, AudioReader, AudioWriter
from ..data.background import Background
from ..data.files.formats import DeliveryFormat
from ..data.metering.loudness import LoudnessMeter
from ..data.metering.true_peak import PeakGrid
from ..data.resampling import StreamResampler
from ..models.chain import ResolvedChain
from ..models.decibel import decibel_to_amplitude
from ..models.kernels.limiter import apply_gain
from ..models.kernels.quantize import quantize
from ..models.processors.dither import shaping_filter
from ..models.processors.limiter import ResolvedLimiter
from ..models.processors.multiband_compressor import BANDS
from ..models.rates import limiter_cell_samples
from .engine.chain import ChainRenderer
from .engine.limiter import LimiterGain
from .engine.timeline import Segment, Timeline
from .spool import CHUNK_FRAMES, Spool

Array = npt.NDArray[np.float64]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Reductions:
    """Gain reduction over a whole track, in dB and positive.

    Attributes:
        deesser_db: Median and 95th percentile of the de-esser's.
        bands_db: The same for each band of the compressor, by name.

    """

    deesser_db: tuple[float, float]
    bands_db: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Spooled:
    """What is known after the first pass.

    Attributes:
        spool: Audio before the drive and its peak grid, at the delivery rate.
        loudness_lufs: Loudness before the drive; None where nothing passes the gate.
        reductions: Of de-esser and compressor.
        left_out: Bands and filters that the source's rate cannot hold.

    """

    spool: Spool
    loudness_lufs: float | None
    reductions: Reductions
    left_out: tuple[str, ...]


def render_to_spool(
    reader: AudioReader,
    chain: ResolvedChain,
    spool: Spool,
    delivery_rate: int,
    *,
    frames: int,
    progress: Progress,
    block_frames: int = BLOCK_FRAMES,
) -> Spooled:
    """Run the first pass.

    Args:
        reader: The mix, from its start.
        chain: Resolved settings; its loudness gain and limiter are left to the second pass.
        spool: Empty.
        delivery_rate: In Hz.
        frames: Length of the mix, for the progress.
        progress: Told the share done.
        block_frames: How much is read at a time; the result does not depend on it.

    """
    timeline = Timeline([Segment(reader, replace(chain, gain_db=0.0, limiter=None))])
    resampler = None
    if delivery_rate != reader.sample_rate:
        resampler = StreamResampler(reader.sample_rate, delivery_rate, 2)
    meter = LoudnessMeter(delivery_rate, 2)
    grid = PeakGrid(2, limiter_cell_samples(delivery_rate))

    def measure(block: Array) -> None:
        spool.add_powers(meter.feed(block))
        spool.add_peaks(grid.feed(block))
        spool.add_audio(block)

    done = 0
    with Background(measure) as background:
        for block in timeline.render(block_frames):
            done += block.shape[1]
            background.submit(block if resampler is None else resampler.process(block))
            progress(done / max(frames, 1))
        if resampler is not None:
            background.submit(resampler.process(np.zeros((2, 0)), last=True))
    spool.add_powers(meter.finish())
    spool.add_peaks(grid.finish())
    spool.finish()
    renderer = timeline.renderer
    return Spooled(spool, meter.integrated_lufs, _reductions(renderer), renderer.left_out)


def write_master(
    spooled: Spooled,
    writer: AudioWriter,
    delivery: DeliveryFormat,
    limiter: ResolvedLimiter,
    *,
    drive_db: float,
    dither_seed: int,
    progress: Progress,
) -> None:
    """Run the second pass.

    Args:
        spooled: What the first pass left.
        writer: Open and empty.
        delivery: Form of the file.
        limiter: Ceiling and release.
        drive_db: Loudness gain before the limiter.
        dither_seed: Of the dither.
        progress: Told the share done.

    """
    spool = spooled.spool
    rate, cell = delivery.sample_rate, limiter_cell_samples(delivery.sample_rate)
    drive = decibel_to_amplitude(drive_db)
    gains = _GainPoints(spool, LimiterGain(limiter, rate), drive)
    rounding = None if delivery.is_float else _Rounding(delivery, dither_seed)
    position = 0
    with Background(writer.write) as background:
        for chunk in spool.audio():
            count = min(CHUNK_FRAMES, spool.frames - position)
            limited = np.empty((2, CHUNK_FRAMES))
            points = gains.take(CHUNK_FRAMES // cell)
            apply_gain(chunk.astype(np.float64), points, cell, drive, limited)
            limited = np.ascontiguousarray(limited[: delivery.channels, :count])
            if rounding is None:
                background.submit(limited.astype(np.float32))
            else:
                background.submit(rounding.process(limited, position))
            position += count
            progress(position / max(spool.frames, 1))


class _GainPoints:
    """Hands out the limiter's gains for chunks of the audio."""

    def __init__(self, spool: Spool, gain: LimiterGain, drive: float) -> None:
        self._peaks = spool.peaks()
        self._gain = gain
        self._drive = np.float32(drive)
        self._points: Array = np.zeros(0)

    def take(self, cells: int) -> Array:
        """Return the gains at the starts of the next ``cells`` cells and at their end."""
        parts = [self._points]
        count = len(self._points)
        while count < cells + 1:
            peaks = next(self._peaks, None)
            if peaks is None:
                parts.append(self._gain.finish())
                count += len(parts[-1])
                parts.append(np.ones(max(cells + 1 - count, 0)))  # silence after the end
                break
            parts.append(self._gain.feed(peaks * self._drive))
            count += len(parts[-1])
        points = np.concatenate(parts)
        self._points = points[cells:]
        return points[: cells + 1]


class _Rounding:
    """Rounds to whole steps, with dither and, at 16 bit, shaping."""

    def __init__(self, delivery: DeliveryFormat, seed: int) -> None:
        self._full_scale = float(2 ** (delivery.bits - 1))
        self._shaping = shaping_filter(delivery.bits, delivery.sample_rate)
        self._errors = np.zeros((2, len(self._shaping)))
        self._seed = seed

    def process(self, block: Array, position: int) -> npt.NDArray[np.int32]:
        """Round the next block, which starts at ``position``."""
        stereo = block if block.shape[0] == 2 else np.repeat(block, 2, axis=0)
        steps = np.empty(stereo.shape, np.int32)
        quantize(stereo, self._full_scale, self._seed, position, self._shaping, self._errors, steps)
        return np.ascontiguousarray(steps[: block.shape[0]])


def _reductions(renderer: ChainRenderer) -> Reductions:
    median = renderer.multiband_compressor.reductions.percentile_db(50.0)
    high = renderer.multiband_compressor.reductions.percentile_db(95.0)
    deesser = renderer.deesser.reductions
    return Reductions(
        (deesser.percentile_db(50.0)[0], deesser.percentile_db(95.0)[0]),
        {name: (median[i], high[i]) for i, name in enumerate(BANDS)},
    )
