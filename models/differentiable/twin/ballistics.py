"""Gains that fall and rise at different rates, over cells of time and side by side in a batch.

A branching one-pole is the smaller of two straight lines of its state, and so is everything here:
``s_(n+1) = min_j (a_j s_n + b_nj)``. Offsets ``b`` follow from the inputs and are known for all
cells beforehand; what has to be done cell by cell is one multiplication and a minimum. The reverse
pass follows the line taken and is linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def smooth_parts(
    targets: Sequence[Tensor], shares: Sequence[float], attack: Tensor, release: Tensor
) -> Tensor:
    """Smooth a gain whose target takes several values within every cell.

    The values alternate faster than the gain moves, so it drifts to all of them at once:
    ``ds/dt = Σ_q w_q k_q (x_q - s)``, where ``k_q`` is the rate of attack if ``x_q < s`` and that
    of release otherwise. While the same parts fall, this is one exponential. Of all ways to divide
    falling parts from rising ones the right one gives the smallest drift if attack is the faster
    rate, and the largest if not; so the end of a cell is that of the smallest or largest solution.

    Args:
        targets: Gain in dB, one tensor of shape ``(batch, cell)`` a part, from large to small.
        shares: Of time, one a part; they add up to 1.
        attack: Rate of a falling gain, per cell, shape ``(batch,)``.
        release: Rate of a rising gain, per cell, shape ``(batch,)``.

    Returns:
        Mean gain in dB over each cell, shape ``(batch, cell)``; it starts from 0.

    """
    rising = [[part < count for part in range(len(shares))] for count in range(len(shares) + 1)]
    rises = attack.new_tensor(rising)[..., None]
    pulls = attack.new_tensor(shares)[:, None] * torch.where(rises > 0.0, release, attack)
    totals = pulls.sum(1)
    kept = torch.exp(-totals)
    moved = (1.0 - kept) / totals
    sign = torch.where(attack >= release, 1.0, -1.0)
    states = sign[:, None] * least_line(targets, (sign * moved)[:, None] * pulls, kept, 0.0)
    before, after = states[:, :-1], states[:, 1:]
    # an exponential is nearer to its end than to its start, most of all a fast one
    at_attack, *_, at_release = ((1.0 - moved) / (1.0 - kept))[..., None].unbind(0)
    reached = torch.addcmul(at_release, (after < before).to(after), at_attack - at_release)
    return torch.lerp(before, after, reached)


def release_gain(demand: Tensor, fast: Tensor, down: Tensor, up: Tensor) -> Tensor:
    """Release the limiter's gain in its two stages; see `models.processors.limiter`.

    Args:
        demand: The gain that each cell demands, at most 1, shape ``(batch, cell)``.
        fast: Coefficient of the fast stage a cell, shape ``(batch,)``.
        down: Coefficient of the slow stage while it falls.
        up: Coefficient of the slow stage while it rises; at least ``down``.

    Returns:
        The smaller gain of both stages, same shape.

    """
    slopes = torch.stack((torch.zeros_like(fast), fast))
    quick = least_line([demand], 1.0 - slopes[:, None], slopes, 1.0)[:, 1:]
    slopes = torch.stack((down, up))
    slow = least_line([quick], 1.0 - slopes[:, None], slopes, 1.0)[:, 1:]
    return torch.minimum(quick, slow)


def least_line(inputs: Sequence[Tensor], gains: Tensor, slopes: Tensor, start: float) -> Tensor:
    """Run ``s_(n+1) = min_j (a_j s_n + Σ_q c_jq x_nq)``.

    Args:
        inputs: ``x``, each of shape ``(batch, cell)``.
        gains: ``c``, shape ``(line, input, batch)``.
        slopes: ``a``, shape ``(line, batch)``.
        start: First state.

    Returns:
        The states, the first included, shape ``(batch, cell + 1)``.

    """
    states: Tensor = _LeastLine.apply(gains, slopes, start, *inputs)  # type: ignore[no-untyped-call]
    return states


class _LeastLine(torch.autograd.Function):
    """Works on ``(cell, line, batch)``, so that a step is a row; mixed layouts would be slow."""

    @staticmethod
    def forward(ctx: Any, gains: Tensor, slopes: Tensor, start: float, *inputs: Tensor) -> Tensor:
        tracks = [track.T.contiguous() for track in inputs]
        offsets = gains[:, 0] * tracks[0][:, None]
        for index in range(1, len(tracks)):
            offsets.addcmul_(gains[:, index], tracks[index][:, None])
        states = offsets.new_full((len(offsets) + 1, slopes.shape[1]), start)
        candidates = torch.empty_like(slopes)
        rows = candidates.unbind(0)
        steps = zip(offsets.unbind(0), pairwise(states.unbind(0)), strict=True)
        for offset, (state, after) in steps:
            torch.addcmul(offset, slopes, state, out=candidates)
            if len(rows) == 2:
                torch.minimum(rows[0], rows[1], out=after)
            else:  # a reduction costs more than a minimum of two
                torch.amin(candidates, 0, out=after)
        if any(ctx.needs_input_grad):
            taken = _smallest(offsets.addcmul_(slopes, states[:-1, None]))
            ctx.save_for_backward(gains, slopes, states, taken, *tracks)
        return states.T.contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gains, slopes, states, taken, *tracks = ctx.saved_tensors
        total = gradient.T.clone(memory_format=torch.contiguous_format)
        rows, factors = total.unbind(0), slopes.gather(0, taken).unbind(0)
        for n in range(len(taken) - 1, -1, -1):
            rows[n].addcmul_(factors[n], rows[n + 1])
        arriving = total[1:]
        chosen = [gains[:, index].gather(0, taken) for index in range(len(tracks))]
        g_inputs = [(arriving * gain).T.contiguous() for gain in chosen]

        def gathered(track: Tensor) -> Tensor:
            return torch.zeros_like(slopes).scatter_add_(0, taken, arriving * track)

        g_gains = torch.stack([gathered(track) for track in tracks], 1)
        return g_gains, gathered(states[:-1]), None, *g_inputs


def _smallest(candidates: Tensor) -> Tensor:
    """Return which line is the smallest, shape ``(cell, batch)``; of equal ones the first."""
    least, second, *others = candidates.unbind(1)
    taken = (second < least).long()
    for line, candidate in enumerate(others, 2):
        least = torch.minimum(least, second)
        second = candidate
        taken = taken + (second < least) * (line - taken)  # many times faster than `where`
    return taken
