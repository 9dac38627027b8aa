"""Kernels of the meters: K-weighting, sliding windows, bands of a spectrum, faults.

They are fed a stream block by block and leave their state in arrays. Sums are formed sample by
sample from absolute positions, so that no result depends on how the stream was cut.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]
Counts: TypeAlias = npt.NDArray[np.int64]

INAUDIBLE = 1.5 / 32_768.0
"""One and a half steps of 16 bits: what rises no further is taken for silence."""

_NEGLIGIBLE = 1e-120  # a decaying filter state below this becomes zero before it can be denormal
_FULL_SCALE = 1.0 - 1e-4
_RUN = 3
_SHARP = 1e-3


@kernel
def k_weight(
    left: Array,
    right: Array,
    weights: Array,
    coefficients: Array,
    state: Array,
    ends: Counts,
    energies: Array,
) -> None:
    """Filter two channels with both K-weighting stages and sum their squares a bin.

    Args:
        left: Shape ``(time,)``.
        right: Same shape; the other channel of the pair.
        weights: Shape ``(2,)``: factor of each channel's squares.
        coefficients: Shape ``(2, 5)``: b0, b1, b2, a1, a2 of the shelf and of the high-pass.
        state: Updated, shape ``(9,)``: two values a stage and channel, and the sum so far of the
            bin that is under way.
        ends: Where bins end in this block, shape ``(bin,)``, increasing.
        energies: Increased by each ended bin's weighted sum of squares, shape ``(bin,)``.

    """
    b0, b1, b2, a1, a2 = coefficients[0]
    c0, c1, c2, d1, d2 = coefficients[1]
    p1, p2, q1, q2, r1, r2, s1, s2, energy = state
    left_weight, right_weight = weights
    start = 0
    for part in range(len(ends) + 1):
        end = ends[part] if part < len(ends) else len(left)
        for i in range(start, end):
            x = left[i]
            u = right[i]
            y = b0 * x + p1
            v = b0 * u + r1
            p1 = b1 * x + p2 - a1 * y
            r1 = b1 * u + r2 - a1 * v
            p2 = b2 * x - a2 * y
            r2 = b2 * u - a2 * v
            z = c0 * y + q1
            w = c0 * v + s1
            q1 = c1 * y + q2 - d1 * z
            s1 = c1 * v + s2 - d1 * w
            q2 = c2 * y - d2 * z
            s2 = c2 * v - d2 * w
            energy += left_weight * z * z + right_weight * w * w
        if part < len(ends):
            energies[part] += energy
            energy = 0.0
            if abs(p1) + abs(p2) + abs(q1) + abs(q2) < _NEGLIGIBLE:
                p1 = p2 = q1 = q2 = 0.0
            if abs(r1) + abs(r2) + abs(s1) + abs(s2) < _NEGLIGIBLE:
                r1 = r2 = s1 = s2 = 0.0
        start = end
    # assigning the tuple to a slice would take the compiler two seconds
    for i, value in enumerate((p1, p2, q1, q2, r1, r2, s1, s2, energy)):
        state[i] = value


@kernel
def slide(
    history: Array, edges: Counts, reach: int, first_bin: int, levels: Array, hops: Array
) -> None:
    """Evaluate the sliding windows that end with each new bin of 10 ms.

    Args:
        history: Energies of bins, shape ``(bin,)``: ``reach`` known before, then new ones.
        edges: First sample of each of these bins and of the next one, shape ``(bin + 1,)``.
        reach: 299 or more; bins before the start of the stream are zero.
        first_bin: Index of the first new bin in the stream.
        levels: Updated, shape ``(4,)``: mean square of the momentary window now, its maximum, and
            the same of the short-term window.
        hops: Overwritten with the mean square of each completed hop of ten bins.

    """
    hop = 0
    for new in range(len(history) - reach):
        index = first_bin + new
        end = reach + new + 1
        if (index + 1) % 10 == 0:
            energy = 0.0
            for i in range(end - 10, end):
                energy += history[i]
            hops[hop] = energy / (edges[end] - edges[end - 10])
            hop += 1
        for kind, width in ((0, 40), (2, 300)):
            if index + 1 < width:
                continue
            energy = 0.0
            for i in range(end - width, end):
                energy += history[i]
            levels[kind] = energy / (edges[end] - edges[end - width])
            levels[kind + 1] = max(levels[kind + 1], levels[kind])


@kernel
def sum_bands(powers: Array, transform: Points, edges: Array) -> None:
    """Sum the powers of two real signals into bands, sharing the bins that an edge divides.

    Bin ``k`` covers ``k - 0.5`` to ``k + 0.5``.

    Args:
        powers: Overwritten, shape ``(3, band)``: squares of either signal, and their product.
        transform: Fourier transform of ``mid + 1j * side``, shape ``(2, length)``.
        edges: Edges of the bands in bins, shape ``(band + 1,)``, increasing, the first above 0.5.

    """
    length = transform.shape[1]
    top = 0.5 * length - 0.5
    for band in range(len(edges) - 1):
        low, high = edges[band], min(edges[band + 1], top)
        mid = side = cross = 0.0
        for k in range(int(low + 0.5), int(high + 0.5) + 1):
            share = 0.25 * (min(high, k + 0.5) - max(low, k - 0.5))
            if share <= 0.0:
                continue
            a, b = float(transform[0, k]), float(transform[1, k])
            c, d = float(transform[0, length - k]), float(transform[1, length - k])
            mid += share * ((a + c) ** 2 + (b - d) ** 2)
            side += share * ((b + d) ** 2 + (a - c) ** 2)
            cross += share * ((a + c) * (b + d) - (b - d) * (a - c))
        powers[0, band], powers[1, band], powers[2, band] = mid, side, cross


@kernel
def scan(block: Array, sums: Array, counts: Counts, product: Array) -> None:
    """Add a block to the sums and counts that faults are found by.

    A run is three or more equal-signed samples in a row: at full scale, or exactly at the largest
    value so far, entered by a step that no rounded wave takes. What is not finite is counted and
    otherwise left out.

    Args:
        block: Shape ``(channel, time)``.
        sums: Updated, shape ``(channel, 4)``: sum, sum of squares, largest absolute value, and the
            sample before.
        counts: Updated, shape ``(channel, 6)``: not finite, audible, runs at full scale, runs at
            the largest value, and the lengths so far of a run of either kind.
        product: Updated, shape ``(1,)``: sum of the products of the first and the last channel.

    """
    for channel in range(block.shape[0]):
        row = block[channel]
        total, squares, peak, before = sums[channel]
        broken, audible, full_runs, flat_runs, full, flat = counts[channel]
        for i in range(len(row)):
            x = row[i]
            size = abs(x)
            if size < peak and size < _FULL_SCALE:
                full = flat = 0
            elif size < np.inf:
                if size > peak:
                    peak = size
                    flat = flat_runs = 0
                near = size < 2.0 - _FULL_SCALE and size >= _FULL_SCALE
                full = (full + 1 if x * before > 0.0 else 1) if near else 0
                full_runs += full == _RUN
                if size < peak:
                    flat = 0
                elif x == before:
                    flat += flat > 0
                else:
                    flat = 1 if abs(x - before) > _SHARP * size else 0
                flat_runs += flat == _RUN
            else:
                broken += 1
                full = flat = 0
                x = 0.0
            total += x
            squares += x * x
            audible += size > INAUDIBLE
            before = x
        for i, value in enumerate((total, squares, peak, before)):
            sums[channel, i] = value
        for i, count in enumerate((broken, audible, full_runs, flat_runs, full, flat)):
            counts[channel, i] = count
    both = product[0]
    left, right = block[0], block[block.shape[0] - 1]
    for i in range(len(left)):
        x = left[i] * right[i]
        both += x if abs(x) < np.inf else 0.0
    product[0] = both
