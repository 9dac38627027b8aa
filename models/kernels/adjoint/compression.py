"""The multiband compressor over a whole signal, chunk by chunk, and its reverse pass.

Forward keeps the crossover's states at the start of each chunk and the gain of each hop. The
reverse pass splits each chunk again from there, so what it needs besides stays in the cache.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..crossover import split_four
from ..dynamics import compress_bands
from ..jit import kernel
from .crossover import INNER, record_four, split_four_adjoint
from .dynamics import DECIBEL, correlate, gain_adjoint, scale
from .frames import read_frames, write_frames

Array: TypeAlias = npt.NDArray[np.float64]
Audio: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Pairs: TypeAlias = npt.NDArray[np.complex128]


@kernel
def compress_signal(
    x: Audio,
    corners: Array,
    control: Array,
    hop: int,
    chunk: int,
    states: Pairs,
    trace: Array,
    y: Audio,
) -> None:
    """Split a signal into four bands, compress them, and add them up.

    Args:
        x: Input, shape ``(2, time)``, ``time`` a multiple of ``hop``.
        corners: Coefficients of the three corners, shape ``(3, 3)``.
        control: As `compress_bands` takes it, shape ``(4, 6)``.
        hop: Samples a hop, a multiple of 4.
        chunk: Samples a chunk, a multiple of ``hop``.
        states: The crossover's states at the start of each chunk, shape ``(chunks, 8, 2)``;
            written.
        trace: The smoothed static gain of each hop, shape ``(4, time // hop)``; written.
        y: Output, shape ``(2, time)``.

    """
    time = x.shape[1]
    state, reduction, gain = np.zeros((8, 2), np.complex128), np.zeros(4), np.empty(4)
    for b in range(4):
        gain[b] = 10.0 ** (control[b, 5] / 20.0)
    bands, gains = np.empty((4, 2, chunk)), np.empty((4, chunk // hop))
    part, out = np.empty((2, chunk)), np.empty((2, chunk))
    for k in range(states.shape[0]):
        start = k * chunk
        frames = min(chunk, time - start)
        if frames < chunk:
            bands, gains = np.empty((4, 2, frames)), np.empty((4, frames // hop))
            part, out = np.empty((2, frames)), np.empty((2, frames))
        for i in range(8):
            states[k, i, 0], states[k, i, 1] = state[i, 0], state[i, 1]
        read_frames(x, start, part)
        split_four(part, corners, state, bands)
        compress_bands(bands, control, hop, reduction, gain, gains, out)
        write_frames(out, y, start)
        for b in range(4):
            for h in range(frames // hop):
                trace[b, start // hop + h] = gains[b, h]


@kernel
def band_gains_adjoint(
    sums: Array,
    lane: int,
    control: Array,
    hop: int,
    trace: Array,
    last: int,
    carry: Array,
    gcontrol: Array,
    ramps: Array,
) -> None:
    """Propagate gradients through the gains of one band, over one chunk's hops.

    Args:
        sums: As `correlate` leaves them.
        lane: Which of the four signals there is the band's left channel.
        control: ``threshold_dbfs slope knee_db attack release makeup_db``, shape ``(6,)``.
        hop: Samples a hop.
        trace: Smoothed static gain of each hop of the whole signal, shape ``(time // hop,)``.
        last: The chunk's last hop.
        carry: Gradient of the band's linear gain and of its gain in dB at the chunk's end, as far
            as what follows depends on them, shape ``(2,)``; updated.
        gcontrol: Gradient of ``control``; added to.
        ramps: As `scale` takes them; the band's part is written.

    """
    hops = sums.shape[0]
    makeup_db = control[5]
    after = math.exp(DECIBEL * (trace[last] + makeup_db))
    g_gain, g_trace, per_hop = carry[0], carry[1], 1.0 / hop
    for i in range(hops - 1, -1, -1):
        h = last + 1 - hops + i
        weighted = (sums[i, lane + 4] + sums[i, lane + 5]) * per_hop
        power = 0.5 * (sums[i, lane + 8] + sums[i, lane + 9]) * per_hop
        before_db = trace[h - 1] if h > 0 else 0.0
        before = math.exp(DECIBEL * (before_db + makeup_db))
        g_db = DECIBEL * after * (weighted + g_gain)
        gcontrol[5] += g_db
        g_trace, g_power, _ = gain_adjoint(
            power, before_db, np.inf, g_db + g_trace, control, gcontrol
        )
        g_gain = sums[i, lane] + sums[i, lane + 1] - weighted
        for channel in range(2):
            ramps[i, lane + channel] = before
            ramps[i, lane + channel + 4] = (after - before) * per_hop
            ramps[i, lane + channel + 8] = g_power * per_hop
        after = before
    carry[0], carry[1] = g_gain, g_trace
    if last + 1 == hops:  # the gain that the signal starts with follows from the make-up
        gcontrol[5] += DECIBEL * after * g_gain


@kernel
def compress_bands_adjoint(
    bands: Array,
    gy: Audio,
    start: int,
    frames: int,
    control: Array,
    hop: int,
    trace: Array,
    carry: Array,
    gcontrol: Array,
) -> None:
    """Propagate gradients through `compress_bands`, over one chunk, from its end to its start.

    Args:
        bands: Left and right of the bands 0, 2, 1, 3 of each frame, shape ``(frames, 8)`` or
            longer; replaced by their gradient.
        gy: Gradient of the output, shape ``(2, time)``.
        start: First frame of the chunk, a multiple of ``hop``.
        frames: How many there are, a multiple of ``hop``.
        control: ``threshold_dbfs slope knee_db attack release makeup_db`` a band, ``(4, 6)``.
        hop: Samples a hop.
        trace: Smoothed static gain of each hop of the whole signal, shape ``(4, time // hop)``.
        carry: As `band_gains_adjoint` takes it; zero at the signal's end; updated.
        gcontrol: Gradient of ``control``, shape ``(4, 6)``; added to.

    """
    hops = frames // hop
    sums, ramps = np.empty((hops, 12)), np.empty((hops, 12))
    last = start // hop + hops - 1
    for half in range(2):
        correlate(bands, 4 * half, gy, start, hop, sums)
        for lane in range(0, 4, 2):
            b = lane + half
            band_gains_adjoint(
                sums, lane, control[b], hop, trace[b], last, carry[b], gcontrol[b], ramps
            )
        scale(bands, 4 * half, gy, start, hop, ramps, bands)


@kernel
def compress_signal_adjoint(
    x: Audio,
    corners: Array,
    control: Array,
    hop: int,
    chunk: int,
    states: Pairs,
    trace: Array,
    gy: Audio,
    gcorners: Array,
    gcontrol: Array,
    gx: Audio,
) -> None:
    """Propagate gradients through `compress_signal`.

    Args:
        x: As forward took it.
        corners: As forward took them.
        control: As forward took it.
        hop: As forward took it.
        chunk: As forward took it.
        states: As forward left them.
        trace: As forward left it.
        gy: Gradient of the output, shape ``(2, time)``.
        gcorners: Gradient of ``corners``; added to.
        gcontrol: Gradient of ``control``; added to.
        gx: Gradient of the input, shape ``(2, time)``; written.

    """
    bands, inner = np.empty((chunk, 8)), np.empty((chunk, INNER))
    band_carry, split_carry = np.zeros((4, 2)), np.zeros((8, 4))
    for k in range(states.shape[0] - 1, -1, -1):
        start = k * chunk
        frames = min(chunk, x.shape[1] - start)
        record_four(x, start, frames, corners, states[k], bands, inner)
        compress_bands_adjoint(bands, gy, start, frames, control, hop, trace, band_carry, gcontrol)
        split_four_adjoint(bands, inner, start, frames, corners, split_carry, gcorners, gx)
