"""Gains that fall and rise at different rates, over cells of time and side by side in a batch.

A branching one-pole is the smaller of two straight lines of its state, and so is everything here:
``s_(n+1) = min_j (a_j s_n + b_nj)``. Offsets ``b`` follow from the inputs and are known for all
cells beforehand; what has to be done cell by cell is one multiplication and a minimum. The reverse
pass follows the line taken and is linear, so blocks of cells run side by side and are joined after.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_BLOCK = 32
"""Cells that run one after the other; as many blocks run side by side in 6 s."""


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
    states = sign[:, None] * least_line(targets, (sign * moved)[:, None] * pulls, kept)
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
    gain: Tensor = _Release.apply(demand, fast, down, up)  # type: ignore[no-untyped-call]
    return gain


def least_line(inputs: Sequence[Tensor], gains: Tensor, slopes: Tensor) -> Tensor:
    """Run ``s_(n+1) = min_j (a_j s_n + Σ_q c_jq x_nq)`` from 0.

    Args:
        inputs: ``x``, each of shape ``(batch, cell)``.
        gains: ``c``, shape ``(line, input, batch)``.
        slopes: ``a``, shape ``(line, batch)``.

    Returns:
        The states, the first included, shape ``(batch, cell + 1)``.

    """
    states: Tensor = _LeastLine.apply(gains, slopes, *inputs)  # type: ignore[no-untyped-call]
    return states


class _LeastLine(torch.autograd.Function):
    """Works on ``(cell, line, batch)``, so that a step is a row; mixed layouts would be slow."""

    @staticmethod
    def forward(ctx: Any, gains: Tensor, slopes: Tensor, *inputs: Tensor) -> Tensor:
        tracks = [track.T.contiguous() for track in inputs]
        offsets = gains[:, 0] * tracks[0][:, None]
        for index in range(1, len(tracks)):
            offsets.addcmul_(gains[:, index], tracks[index][:, None])
        states = offsets.new_zeros(len(offsets) + 1, slopes.shape[1])
        candidates = torch.empty_like(slopes)
        steps = zip(offsets.unbind(0), pairwise(states.unbind(0)), strict=True)
        for offset, (state, after) in steps:
            torch.addcmul(offset, slopes, state, out=candidates)
            torch.amin(candidates, 0, out=after)
        if any(ctx.needs_input_grad):
            taken = _smallest(offsets.addcmul_(slopes, states[:-1, None]))
            ctx.save_for_backward(gains, slopes, states, taken, *tracks)
        return states.T.contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gains, slopes, states, taken, *tracks = ctx.saved_tensors
        arriving = _arriving(gradient.T[1:], slopes.gather(0, taken))
        chosen = [gains[:, index].gather(0, taken) for index in range(len(tracks))]
        g_inputs = [(arriving * gain).T.contiguous() for gain in chosen]

        def gathered(track: Tensor) -> Tensor:
            return torch.zeros_like(slopes).scatter_add_(0, taken, arriving * track)

        g_gains = torch.stack([gathered(track) for track in tracks], 1)
        return g_gains, gathered(states[:-1]), *g_inputs


class _Release(torch.autograd.Function):
    """Works on ``(cell, batch)``; both stages start from 1."""

    @staticmethod
    def forward(ctx: Any, demand: Tensor, fast: Tensor, down: Tensor, up: Tensor) -> Tensor:
        goals = _in_blocks(demand.T, 1.0)
        quick = _quick_release(goals, fast)[-demand.shape[1] :]
        slow = quick.new_ones(len(quick) + 1, quick.shape[1])
        slopes = torch.stack((down, up))
        candidates = torch.empty_like(slopes)
        falling, rising = candidates.unbind(0)
        for goal, (state, after) in zip(quick.unbind(0), pairwise(slow.unbind(0)), strict=True):
            torch.lerp(goal, state, slopes, out=candidates)
            torch.minimum(falling, rising, out=after)
        ctx.save_for_backward(goals.flatten(0, 1)[-len(quick) :], quick, slow, fast, slopes)
        return torch.minimum(quick, slow[1:]).T.contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        goals, quick, slow, fast, (down, up) = ctx.saved_tensors
        leading = (quick <= slow[1:]).to(quick)
        g_least = gradient.T.contiguous()
        g_quick = g_least * leading
        falls = (quick < slow[:-1]).to(quick)
        kept = torch.addcmul(up, falls, down - up)
        arriving = _arriving(g_least - g_quick, kept)
        g_kept = arriving * (slow[:-1] - quick)
        g_down, g_up = (g_kept * falls).sum(0), (g_kept * (1.0 - falls)).sum(0)
        g_quick.addcmul_(arriving, 1.0 - kept)
        lag = torch.cat((torch.ones_like(quick[:1]), quick[:-1])) - goals
        kept = (lag < 0.0).to(quick) * fast
        arriving = _arriving(g_quick, kept)
        g_fast = (arriving * lag.clamp(max=0.0)).sum(0)
        g_goals = arriving - arriving * kept
        return g_goals.T.contiguous(), g_fast, g_down, g_up


def _quick_release(goals: Tensor, kept: Tensor) -> Tensor:
    """Run ``s_(n+1) = min(x_n, x_n + a (s_n - x_n))`` from 1.

    Such steps, one after the other, are again of the form ``min(u, v + a^k s)``; so blocks are
    reduced to one such step each before any state is known.

    Args:
        goals: ``x``, shape ``(block, step, batch)``.
        kept: ``a``, shape ``(batch,)``.

    Returns:
        The states after each step, shape ``(cell, batch)``.

    """
    bounds, lines = goals.clone(), goals * (1.0 - kept)
    candidate = torch.empty_like(bounds[:, 0])
    steps = zip(pairwise(bounds.unbind(1)), pairwise(lines.unbind(1)), strict=True)
    for (bound, next_bound), (line, next_line) in steps:
        torch.addcmul(next_line, kept, bound, out=candidate)
        torch.minimum(next_bound, candidate, out=next_bound)
        next_line.addcmul_(kept, line)
    powers = kept ** torch.arange(1, _BLOCK + 1).to(kept)[:, None]
    states = [torch.ones_like(kept)]
    for bound, line in zip(bounds[:-1, -1].unbind(0), lines[:-1, -1].unbind(0), strict=True):
        states.append(torch.minimum(bound, torch.addcmul(line, powers[-1], states[-1])))
    lines.addcmul_(powers, torch.stack(states)[:, None])
    return torch.minimum(bounds, lines, out=bounds).flatten(0, 1)


def _arriving(gradient: Tensor, factors: Tensor) -> Tensor:
    """Return ``t_n = g_n + a_(n+1) t_(n+1)``: what reaches the state after each step.

    Args:
        gradient: ``g``, of the states after each step, shape ``(cell, batch)``.
        factors: ``a``, what each step makes of the state before it, same shape.

    """
    cells = len(gradient)
    totals = _in_blocks(gradient, 0.0)
    products = torch.zeros_like(totals)
    products.flatten(0, 1)[-cells:-1] = factors[1:]
    rows, reaches = totals.unbind(1), products.unbind(1)
    for n in range(_BLOCK - 2, -1, -1):
        rows[n].addcmul_(reaches[n], rows[n + 1])
        reaches[n].mul_(reaches[n + 1])
    late = [torch.zeros_like(rows[0][0])]
    for row, reach in zip(rows[0].flip(0)[:-1], reaches[0].flip(0)[:-1], strict=True):
        late.append(torch.addcmul(row, reach, late[-1]))
    totals.addcmul_(products, torch.stack(late[::-1])[:, None])
    return totals.flatten(0, 1)[-cells:]


def _in_blocks(track: Tensor, leading: float) -> Tensor:
    """Copy ``(cell, batch)`` to ``(block, step, batch)``, filled up at the start."""
    cells, batch = track.shape
    blocks = -(-cells // _BLOCK)
    whole = track.new_full((blocks * _BLOCK, batch), leading)
    whole[blocks * _BLOCK - cells :] = track
    return whole.view(blocks, _BLOCK, batch)


def _smallest(candidates: Tensor) -> Tensor:
    """Return which line is the smallest, shape ``(cell, batch)``; of equal ones the first."""
    least, second, *others = candidates.unbind(1)
    taken = (second < least).long()
    for line, candidate in enumerate(others, 2):
        least = torch.minimum(least, second)
        second = candidate
        taken = taken + (second < least) * (line - taken)  # many times faster than `where`
    return taken
