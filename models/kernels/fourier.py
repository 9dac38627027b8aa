"""A complex Fourier transform in float32 whose every inner loop is contiguous.

The transform of ``rows * columns`` points is split in two (four-step algorithm; D. H. Bailey, "FFTs
in external or hierarchical memory", 1990): transforms over rows, twiddle factors, a transposition,
transforms over what were columns. Each of the two carries the other index along as a vector
(Stockham), so that a twiddle factor is a scalar and the compiler fills whole registers: several
times the speed of a general library, in what costs most of a song's analysis.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Points: TypeAlias = npt.NDArray[np.float32]

_TILE = 16


def split_length(length: int) -> tuple[int, int]:
    """Return rows and columns for a transform of ``length`` points, a power of two."""
    exponent = int(math.log2(length))
    return 2 ** (exponent - exponent // 2), 2 ** (exponent // 2)


def twiddle_table(length: int) -> Points:
    """Return real and imaginary part of ``exp(-2j * pi * k / length)``, shape ``(2, length)``."""
    angle = -2.0 * np.pi * np.arange(length) / length
    table: Points = np.stack((np.cos(angle), np.sin(angle))).astype(np.float32)
    return table


def turn_table(length: int) -> Points:
    """Return the twiddle factor of each row and column between both halves, as `twiddle_table`."""
    rows, columns = split_length(length)
    table: Points = twiddle_table(length)[:, np.outer(np.arange(rows), np.arange(columns)).ravel()]
    return np.ascontiguousarray(table)


@kernel
def transform_rows(data: Points, work: Points, rows: int, twiddles: Points) -> None:
    """Transform over the first of two indices, in place.

    Args:
        data: Real and imaginary parts, shape ``(2, length)``; item ``r * columns + c`` of each.
        work: Scratch of the same shape.
        rows: How many rows there are, a power of two.
        twiddles: `twiddle_table` of the whole length.

    """
    length = data.shape[1]
    re, im, re_out, im_out = data[0], data[1], work[0], work[1]
    run = length // rows
    half = rows // 2
    moved = False
    while half > 0:
        for p in range(half):
            turn = p * (length // (2 * half))  # the table is that of the whole length
            c, s = twiddles[0, turn], twiddles[1, turn]
            ar, ai = re[p * run : (p + 1) * run], im[p * run : (p + 1) * run]
            br = re[(p + half) * run : (p + half + 1) * run]
            bi = im[(p + half) * run : (p + half + 1) * run]
            ur = re_out[2 * p * run : (2 * p + 1) * run]
            ui = im_out[2 * p * run : (2 * p + 1) * run]
            vr = re_out[(2 * p + 1) * run : (2 * p + 2) * run]
            vi = im_out[(2 * p + 1) * run : (2 * p + 2) * run]
            for i in range(run):
                dr = ar[i] - br[i]
                di = ai[i] - bi[i]
                ur[i] = ar[i] + br[i]
                ui[i] = ai[i] + bi[i]
                vr[i] = dr * c - di * s
                vi[i] = dr * s + di * c
        re, re_out = re_out, re
        im, im_out = im_out, im
        run *= 2
        half //= 2
        moved = not moved
    if moved:
        for i in range(length):
            re_out[i] = re[i]
            im_out[i] = im[i]


@kernel
def transform(data: Points, out: Points, rows: int, twiddles: Points, turns: Points) -> None:
    """Transform complex points.

    Args:
        data: Real and imaginary parts, shape ``(2, length)``; overwritten.
        out: The transform, same shape.
        rows: First item of `split_length`.
        twiddles: `twiddle_table` of the length.
        turns: `turn_table` of the length.

    """
    length = data.shape[1]
    columns = length // rows
    transform_rows(data, out, rows, twiddles)
    re, im, c, s = data[0], data[1], turns[0], turns[1]
    for i in range(length):
        x = re[i]
        re[i] = x * c[i] - im[i] * s[i]
        im[i] = x * s[i] + im[i] * c[i]
    # transposed in tiles, whose lines stay in the nearest cache
    for part in range(2):
        for first in range(0, rows, _TILE):
            for column in range(columns):
                source = data[part, first * columns + column :]
                target = out[part, column * rows + first :]
                for row in range(_TILE):
                    target[row] = source[row * columns]
    transform_rows(out, data, columns, twiddles)
