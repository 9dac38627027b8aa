"""The statistics of a stream, in flat memory."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import ParameterError
from ...models.mel import MEL_BANDS, frame_hop_samples
from ...models.mel_statistics import (
    CLASSES,
    LOUDNESS,
    SLOW_STRIDE,
    STATISTICS,
    STEPS,
    TRACKS,
    GatedFrames,
    changes_db,
    frame_levels_db,
    frame_powers,
    gate_class,
    loudness_classes,
    power_levels_db,
    slow_window,
    statistics_vector,
    steps_of,
)
from .frames import CELLS_PER_FRAME, Block, FrameMeter, MelFrames

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

_CHANGING = LOUDNESS + 1
_BEFORE = CELLS_PER_FRAME // 2  # cells before a frame's center that belong to its peak


class StatisticsMeter:
    """Measures `STATISTICS` of a stream of one or two channels.

    Every frame is filed by the class of its loudness, so that the gate is chosen at the end. The
    memory does not grow with the stream.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2; mono counts as two equal channels.

    Raises:
        ParameterError: Another number of channels.

    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        if channels not in (1, 2):
            raise ParameterError(
                f"statistics are those of one or two channels, not of {channels}", code="bad_shape"
            )
        self._rate = sample_rate
        self._frames: FrameMeter | None = None  # made for audio; whoever has frames needs none
        self._window = slow_window(sample_rate, frame_hop_samples(sample_rate))
        self._counts = np.zeros(CLASSES)
        self._powers = np.zeros((CLASSES, 2 * MEL_BANDS))
        # most of these pages are never touched, and cost no memory
        self._histograms = np.zeros(CLASSES * TRACKS * STEPS)
        self._change_counts = np.zeros(CLASSES)
        self._changes = np.zeros((CLASSES, 3 * _CHANGING))
        self._slow = np.zeros(CLASSES * STEPS)
        self._last_cells = np.zeros(_BEFORE)
        self._last_levels_db = np.zeros((TRACKS, 0))
        self._last_classes = np.zeros(0, np.int64)
        self._weighted = np.zeros(0)  # what windows of the slow level still need
        self._result: Array | None = None

    def feed(self, block: Block) -> None:
        """Take the next ``block``, shape ``(channel, time)``, of any length."""
        if self._frames is None:
            self._frames = FrameMeter(self._rate)
        for frames in self._frames.feed(block):
            self.feed_frames(frames)

    def feed_frames(self, frames: MelFrames) -> None:
        """Take the next frames in place of audio, each with the cells that follow its center."""
        mid, side = frames.mid.astype(np.float64), frames.side.astype(np.float64)
        powers = frame_powers(mid, side)
        weighted = powers[LOUDNESS]
        classes = loudness_classes(weighted).astype(np.int64)
        levels_db = frame_levels_db(powers, self._peaks(frames))
        _add_rows(self._powers, self._counts, classes, np.concatenate((mid, side)))
        rows = np.arange(TRACKS)[:, None] + TRACKS * classes
        heard = classes >= 0
        _count(self._histograms, rows[:, heard], levels_db[:, heard])
        self._file_changes(classes, levels_db)
        self._file_slow(weighted)

    def result(self) -> Array:
        """End the stream and return its statistics, shape ``(statistics,)``.

        All are zero where less than a second is heard.
        """
        if self._result is None:
            for frames in () if self._frames is None else self._frames.finish():
                self.feed_frames(frames)
            self._result = self._statistics()
        return self._result

    def _peaks(self, frames: MelFrames) -> Array:
        """Return the largest sample of the four cells around each frame's center."""
        count = frames.mid.shape[1]
        cells = np.zeros(CELLS_PER_FRAME * count + _BEFORE)
        cells[:_BEFORE] = self._last_cells
        cells[_BEFORE : _BEFORE + len(frames.peak)] = frames.peak
        self._last_cells = cells[-_BEFORE:]
        peaks: Array = cells[: CELLS_PER_FRAME * count].reshape(count, -1).max(axis=1)
        return peaks

    def _file_changes(self, classes: Indices, levels_db: Array) -> None:
        """File each change of level under the quieter of both frames."""
        levels_db = np.concatenate((self._last_levels_db, levels_db), axis=1)
        classes = np.concatenate((self._last_classes, classes))
        change = changes_db(levels_db)
        rows = np.concatenate((np.maximum(change, 0.0), change, change * change))
        _add_rows(self._changes, self._change_counts, np.minimum(classes[1:], classes[:-1]), rows)
        self._last_levels_db, self._last_classes = levels_db[:, -1:], classes[-1:]

    def _file_slow(self, weighted: Array) -> None:
        history = np.concatenate((self._weighted, weighted))
        windows = max(0, (len(history) - self._window) // SLOW_STRIDE + 1)
        if windows > 0:
            total = np.lib.stride_tricks.sliding_window_view(history, self._window)
            mean = total[: windows * SLOW_STRIDE : SLOW_STRIDE].mean(axis=1)
            classes = loudness_classes(mean).astype(np.int64)
            heard = classes >= 0
            _count(self._slow, classes[heard], power_levels_db(mean[heard]))
        self._weighted = history[windows * SLOW_STRIDE :]

    def _statistics(self) -> Array:
        if not self._counts.any():
            return np.zeros(len(STATISTICS))
        total = self._powers.sum(axis=0)[:, None]
        weighted = frame_powers(total[:MEL_BANDS], total[MEL_BANDS:])[LOUDNESS]
        first = int(gate_class(weighted / self._counts.sum())[0])
        count = self._counts[first:].sum()
        powers = self._powers[first:].sum(axis=0) / count
        changes = self._changes[first:].sum(axis=0) / max(1.0, self._change_counts[first:].sum())
        histograms = self._histograms.reshape(CLASSES, TRACKS, STEPS)[first:].sum(axis=0)
        slow = self._slow.reshape(CLASSES, STEPS)[first:].sum(axis=0)
        rises, change, squares = changes.reshape(3, _CHANGING)
        gated = GatedFrames(
            count,
            powers[:MEL_BANDS],
            powers[MEL_BANDS:],
            histograms / count,
            rises,
            change,
            squares,
            slow / max(1.0, slow.sum()),
        )
        vector: Array = statistics_vector(gated)
        return vector


def _add_rows(sums: Array, counts: Array, classes: Indices, rows: Array) -> None:
    """Add what each frame has to the sums of its class.

    Args:
        sums: Updated, shape ``(class, row)``.
        counts: Updated, shape ``(class,)``.
        classes: Shape ``(frame,)``; frames below class 0 are left out.
        rows: Shape ``(row, frame)``.

    """
    for index in np.unique(classes[classes >= 0]):
        inside = classes == index
        sums[index] += rows[:, inside].sum(axis=1)
        counts[index] += np.count_nonzero(inside)


def _count(histograms: Array, rows: Indices, levels_db: Array) -> None:
    """Count levels in the histograms of their rows, each shared among two steps."""
    step, share = steps_of(levels_db)
    index = (rows * STEPS + step.astype(np.int64)).ravel()
    np.add.at(histograms, index, 1.0 - share.ravel())
    np.add.at(histograms, index + 1, share.ravel())
