from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from glassmaster.models.differentiable.frames import SpectralFrames
from glassmaster.models.moves import MOVES, NEUTRAL, QUANTITIES
from glassmaster.models.network.network import NetworkOutput
from glassmaster.training.losses.likelihood import gaussian_surprise
from glassmaster.training.losses.objective import (
    Known,
    Loss,
    ObjectiveWeights,
    known_parts,
    objective,
)
from glassmaster.training.losses.sound import SoundWeights, sound_distances, sound_loss

RATE = 44_100


def frames(seed: int, batch: int = 2) -> SpectralFrames:
    drawn = torch.Generator().manual_seed(seed)
    mid = 1e-3 * torch.rand(batch, 80, 40, generator=drawn)
    return SpectralFrames(mid, 0.3 * mid, 0.1 + torch.rand(batch, 160, generator=drawn))


def output(moves: Tensor, hidden: float = 0.0) -> NetworkOutput:
    size = (len(moves), len(QUANTITIES))
    return NetworkOutput(
        moves=moves,
        overshoot=torch.zeros_like(moves),
        hidden=torch.full_like(moves, hidden),
        quantities=torch.zeros(size),
        log_sigma=torch.zeros(size, requires_grad=True),
        factor=torch.zeros(*size, 2),
        bypass=torch.zeros(len(moves), 3),
    )


def known(batch: int = 2) -> Known:
    return Known(
        quantities=torch.full((batch, len(QUANTITIES)), torch.nan),
        active=torch.ones(batch, len(QUANTITIES), dtype=torch.bool),
        moves=torch.full((batch, len(MOVES)), torch.nan),
        bypass=torch.full((batch, 3), torch.nan),
    )


def loss(given: Known, moves: Tensor) -> Loss:
    one = frames(1)
    neutral = torch.tensor(NEUTRAL).float()
    return objective(
        output(moves),
        neutral,
        torch.ones_like(neutral),
        one,
        frames(2),
        given,
        ObjectiveWeights(),
        RATE,
    )


def test_surprise_is_that_of_the_full_covariance() -> None:
    drawn = torch.Generator().manual_seed(1)
    error, log_sigma = torch.randn(2, 3, 5, generator=drawn).double()
    factor = torch.randn(3, 5, 2, generator=drawn).double()
    counted = torch.tensor([[True] * 5, [True, False, True, False, True], [False] * 5])
    found = gaussian_surprise(error, log_sigma, factor, counted)
    for row in range(2):
        kept = counted[row]
        f = factor[row][kept]
        covariance = torch.diag((2.0 * log_sigma[row][kept]).exp()) + f @ f.T
        normal = torch.distributions.MultivariateNormal(torch.zeros(len(f)).double(), covariance)
        wanted = -normal.log_prob(error[row][kept]) / len(f)
        assert float(found[row]) == pytest.approx(float(wanted), abs=1e-6)
    assert float(found[2]) == 0.0


def test_what_is_not_known_costs_nothing_and_leaves_finite_gradients() -> None:
    moves = torch.tensor(NEUTRAL).float().repeat(2, 1).requires_grad_()
    found = loss(known(), moves)
    assert float(found.parts["surprise"]) == 0.0
    assert float(found.parts["moves"]) == 0.0
    assert float(found.parts["bypass"]) == 0.0
    found.total.backward()
    assert moves.grad is not None
    assert bool(moves.grad.isfinite().all())


def test_what_is_known_counts() -> None:
    moves = torch.tensor(NEUTRAL).float().repeat(2, 1)
    given = known()
    given.quantities[:, 3], given.moves[:, 0], given.bypass[:, 1] = 2.0, 1.0, 1.0
    found = loss(given, moves).parts
    weights = ObjectiveWeights()
    surprise = weights.surprise * 0.5 * (4.0 + math.log(2.0 * math.pi))
    assert float(found["surprise"]) == pytest.approx(surprise, rel=1e-5)
    assert float(found["moves"]) == pytest.approx(weights.moves)
    assert float(found["bypass"]) == pytest.approx(weights.bypass * math.log(2.0), rel=1e-5)
    given.active[:] = False
    idle = loss(given, moves).parts
    assert float(idle["surprise"]) == pytest.approx(weights.idle * surprise, rel=1e-5)


def test_moves_cost_by_their_size_and_examples_count_alike() -> None:
    still = torch.tensor(NEUTRAL).float().repeat(2, 1)
    moved = still.clone()
    moved[1] += 1.0
    weights = ObjectiveWeights()
    assert float(loss(known(), still).parts["parsimony"]) == 0.0
    half = loss(known(), moved)
    assert float(half.parts["parsimony"]) == pytest.approx(0.5 * weights.parsimony, rel=1e-4)
    both = float(half.parts["parsimony"]) + float(half.parts["sound"])
    assert float(half.total.detach()) == pytest.approx(both, rel=1e-5)


def test_a_result_that_is_its_target_is_at_no_distance() -> None:
    one = frames(1)
    distances = sound_distances(one, one, RATE)
    assert all(float(value.abs().max()) == 0.0 for value in distances.values())
    other = sound_distances(frames(2), one, RATE)
    assert all(float(value.min()) > 0.0 for value in other.values())
    weights = replace(SoundWeights(), mel=2.0)
    more = sound_loss(other, weights) - sound_loss(other, SoundWeights())
    torch.testing.assert_close(more, other["mel"])


def test_what_hidden_layers_say_costs_its_square() -> None:
    neutral = torch.tensor(NEUTRAL).float()
    moves = neutral.repeat(2, 1)
    weights = ObjectiveWeights(hidden=3.0)
    silent, loud = (
        known_parts(output(moves, hidden), neutral, torch.ones_like(neutral), known(), weights)
        for hidden in (0.0, 0.5)
    )
    assert float(silent["hidden"].sum()) == 0.0
    torch.testing.assert_close(loud["hidden"], torch.full((2,), 3.0 * 0.25))
