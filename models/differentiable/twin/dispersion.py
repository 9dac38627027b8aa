"""Delays of crossovers: what comes late, and how tracks are read between their points.

The bands of a Linkwitz-Riley crossover add up to an all-pass of second order at each corner. It
leaves powers alone and delays them, by up to 8 ms in the bass: in frames 23 ms apart that is most
of what a crossover changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...rates import NYQUIST_MARGIN

Array: TypeAlias = npt.NDArray[np.float64]

OFFSETS = (-4, -3, -2, -1, 0, 1)
"""Cells, counted from a point of a track, from which a delayed value is interpolated."""

MOST_CELLS = 3.0


def warp(frequency_hz: Array, sample_rate: int) -> Array:
    """Return the analog frequency that a trapezoidal filter has in place of a digital one."""
    held_hz = np.minimum(frequency_hz, NYQUIST_MARGIN * sample_rate)
    warped: Array = np.tan(math.pi * held_hz / sample_rate)
    return warped


def warped_corners(
    values: Mapping[str, Tensor], keys: tuple[str, ...], sample_rate: int
) -> dict[str, Tensor]:
    """Return corners as `warp` does frequencies, under the same keys."""
    limit_hz = NYQUIST_MARGIN * sample_rate
    return {
        key: torch.tan((math.pi / sample_rate) * values[key].clamp(max=limit_hz)) for key in keys
    }


def crossover_delay(
    values: Mapping[str, Tensor], keys: tuple[str, ...], frequency_hz: Array, sample_rate: int
) -> Tensor:
    """Return the group delay of a crossover in samples, shape ``(batch, frequency)``.

    With the warped frequency ``u``, that of a corner ``v`` and ``r = u / v`` an all-pass delays by
    ``√2 (1 + u²) (1 + r²) / ((1 + r⁴) v)``.

    Args:
        values: Corners in Hz, shape ``(batch,)``.
        keys: Which of the values are corners.
        frequency_hz: Shape ``(frequency,)``.
        sample_rate: In Hz.

    """
    corners = torch.stack([*warped_corners(values, keys, sample_rate).values()], -1)[..., None]
    u = corners.new_tensor(warp(frequency_hz, sample_rate))
    squared = (u / corners).square()
    slope = math.sqrt(2.0) * (1.0 + u * u) * (1.0 + squared) / (1.0 + squared.square())
    return (slope / corners).sum(-2)


def section_response(
    sections: Tensor, frequency_hz: Array, sample_rate: int
) -> tuple[Tensor, Tensor]:
    """Return squared magnitude and group delay in samples of a cascade of biquads.

    A polynomial ``c0 + c1 z^-1 + c2 z^-2`` delays by the real part of
    ``(c1 z^-1 + 2 c2 z^-2) / (c0 + c1 z^-1 + c2 z^-2)``, and the denominator's delay is taken away.
    Multiplied with the conjugate of the polynomial, both parts of the ratio are quadratic in
    ``sin²(ω/2)``, which keeps digits in the bass that cosines would lose.

    Args:
        sections: ``b0 b1 b2 a1 a2`` of each, shape ``(batch, section, 5)``, float64.
        frequency_hz: Shape ``(frequency,)``; what the rate cannot hold counts as its highest.
        sample_rate: In Hz.

    Returns:
        Both of shape ``(batch, frequency)``.

    """
    held_hz = np.minimum(frequency_hz, NYQUIST_MARGIN * sample_rate)
    squared_sine = np.sin(math.pi * held_hz / sample_rate) ** 2
    powers = sections.new_tensor(np.stack([squared_sine**n for n in range(3)]))
    leading = torch.ones_like(sections[..., :1])
    polynomials = torch.stack((sections[..., :3], torch.cat((leading, sections[..., 3:]), -1)))
    c0, c1, c2 = polynomials.unbind(-1)
    total, outer = c0 + c1 + c2, c0 * c2
    inner = c1 * (c0 + c2)
    squared = torch.stack((total * total, -4.0 * (inner + 4.0 * outer), 16.0 * outer), -1)
    late = torch.stack(
        (total * (c1 + 2.0 * c2), -2.0 * (inner + 2.0 * c1 * c2 + 8.0 * outer), 16.0 * outer), -1
    )
    magnitude = squared @ powers
    delay = (late @ powers) / magnitude
    above, below = magnitude.prod(2).unbind(0)
    return above / below, (delay[0] - delay[1]).sum(1)


def interpolation_weights(delay_cells: Tensor) -> Tensor:
    """Return the weights of the points at `OFFSETS` for a delayed reading, in a new last axis.

    The cubic of E. Catmull, R. Rom, "A class of local interpolating splines" (1974).

    Args:
        delay_cells: Any shape; held from 0 to `MOST_CELLS`.

    """
    held = delay_cells.clamp(0.0, MOST_CELLS)[..., None]
    x = (held + held.new_tensor(OFFSETS)).abs()
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    return torch.where(x < 1.0, near, torch.where(x < 2.0, far, 0.0))


def delayed(track: Tensor, delay_cells: Tensor) -> Tensor:
    """Delay tracks of points a cell apart; ends are held.

    Args:
        track: Shape ``(…, cell)``.
        delay_cells: Shape ``(…)``.

    """
    points, weights = track[..., None, :], interpolation_weights(delay_cells)
    late: Tensor = _Delayed.apply(points, weights)  # type: ignore[no-untyped-call]
    return late


def delayed_frames(low: Tensor, delay_cells: Tensor) -> Tensor:
    """Read frames late.

    Args:
        low: Logarithms of powers at every cell, shape ``(batch, 2, band, 4, frame)``; see
            `SubframeDetail`.
        delay_cells: Shape ``(batch, band)``.

    Returns:
        Powers, shape ``(batch, 2, band, frame)``.

    """
    weights = interpolation_weights(delay_cells)[:, None].expand(-1, 2, -1, -1)
    late: Tensor = _Delayed.apply(low, weights)  # type: ignore[no-untyped-call]
    return late.exp()


class _Delayed(torch.autograd.Function):
    """Interpolates rows of points, shape ``(…, step, frame)``, at one point a frame.

    Point ``n`` of a row stands at step ``n % steps`` of frame ``n // steps``.
    """

    @staticmethod
    def forward(ctx: Any, track: Tensor, weights: Tensor) -> Tensor:
        steps, _ = track.shape[-2:]
        before, after = _margins(steps)
        first, last = track[..., :1, :1], track[..., -1:, -1:]
        shape = track.shape[:-1]
        padded = torch.cat((first.expand(*shape, before), track, last.expand(*shape, after)), -1)
        ctx.save_for_backward(padded, weights)
        points = _points(padded)
        total = points[0] * weights[..., :1]
        for index in range(1, len(points)):
            total.addcmul_(points[index], weights[..., index : index + 1])
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor]:
        padded, weights = ctx.saved_tensors
        points = _points(padded)
        product = torch.empty_like(gradient)  # one for all: fresh memory costs more than the sums
        g_weights = torch.stack(
            [torch.mul(gradient, point, out=product).sum(-1) for point in points], -1
        )
        if not ctx.needs_input_grad[0]:
            return None, g_weights
        g_padded = torch.zeros_like(padded)
        for index, g_point in enumerate(_points(g_padded)):
            g_point.addcmul_(gradient, weights[..., index : index + 1])
        before, after = -(OFFSETS[0] // padded.shape[-2]), OFFSETS[-1] // padded.shape[-2]
        g_track = g_padded[..., before : padded.shape[-1] - after].contiguous()
        g_track[..., :1, :1] += g_padded[..., :before].sum((-2, -1), keepdim=True)
        g_track[..., -1:, -1:] += g_padded[..., padded.shape[-1] - after :].sum(
            (-2, -1), keepdim=True
        )
        return g_track, g_weights


def _margins(steps: int) -> tuple[int, int]:
    """Return how many frames `OFFSETS` reach beyond either end of a track."""
    return -(OFFSETS[0] // steps), OFFSETS[-1] // steps


def _points(padded: Tensor) -> list[Tensor]:
    """Return the view of a padded track at each of `OFFSETS` from every frame."""
    steps = padded.shape[-2]
    before, after = _margins(steps)
    frames = padded.shape[-1] - before - after
    places = [divmod(offset, steps) for offset in OFFSETS]
    return [padded[..., step, :].narrow(-1, before + frame, frames) for frame, step in places]
