from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from glassmaster.models.errors import ParameterError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    BYPASSES,
    HIGHEST,
    IN_LEVEL,
    INTENTS,
    LOWEST,
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
)
from glassmaster.models.network.moves import held_moves
from glassmaster.models.network.network import MoveNetwork, NetworkOutput

COUNT = len(STATISTICS)


def network(**shape: int) -> MoveNetwork:
    torch.manual_seed(3)
    made = MoveNetwork(**{"width": 32, "depth": 2, "heads": 2, **shape}).eval()
    made.standardize(np.random.default_rng(1).normal(5.0, 3.0, (50, COUNT)))
    return made


def trained() -> MoveNetwork:
    made = network()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return made


def inputs(references: int = 3) -> tuple[Tensor, ...]:
    drawn = torch.Generator().manual_seed(7)
    return (
        5.0 + 3.0 * torch.randn(4, COUNT, generator=drawn),
        5.0 + 3.0 * torch.randn(4, references, COUNT, generator=drawn),
        torch.ones(4, references),
        torch.zeros(4, len(INTENTS)),
        torch.zeros(4, dtype=torch.int64),
    )


def test_it_starts_by_doing_nothing() -> None:
    with torch.no_grad():
        output = network()(*inputs())
    torch.testing.assert_close(output.moves, torch.tensor(NEUTRAL).float().expand(4, -1))
    assert output.quantities.shape == (4, len(QUANTITIES))
    assert float(output.quantities.abs().max()) < 0.1
    assert output.bypass.shape == (4, len(BYPASSES))


def test_it_starts_at_the_linear_estimates_with_and_without_references() -> None:
    made, rng = network(), np.random.default_rng(2)
    alone, referred = (
        rng.normal(0.0, 0.05, (len(MOVES), COUNT)),
        rng.normal(0.0, 0.05, (len(MOVES), 2 * COUNT)),
    )
    made.set_linear(alone, NEUTRAL, referred=False)
    made.set_linear(referred, NEUTRAL, referred=True)
    mean, scale = (values.double().numpy() for values in (made.mean, made.scale))
    for references in (0, 2):
        given = inputs(references)
        z = (given[0].double().numpy() - mean) / scale
        wanted = NEUTRAL + z @ alone.T
        if references:
            others = ((given[1].double().numpy() - mean) / scale).mean(1)
            wanted = NEUTRAL + np.hstack((z, others)) @ referred.T
        found = made(*given).moves.detach()
        torch.testing.assert_close(
            found, held_moves(torch.from_numpy(wanted).float()), atol=1e-3, rtol=0.0
        )
        assert float((found.detach() - torch.tensor(NEUTRAL)).abs().max()) > 0.1


def test_a_linear_estimate_of_another_shape_is_refused() -> None:
    with pytest.raises(ParameterError):
        network().set_linear(np.zeros((len(MOVES), COUNT)), NEUTRAL, referred=True)


def test_the_order_of_references_does_not_matter_and_each_of_them_does() -> None:
    made, given = trained(), list(inputs())
    one = made(*given).moves.detach()
    given[1] = given[1][:, [2, 0, 1]]
    torch.testing.assert_close(made(*given).moves.detach(), one, atol=1e-5, rtol=0.0)
    given[2] = torch.tensor([[1.0, 1.0, 0.0]]).expand(4, -1)
    assert float((made(*given).moves.detach() - one).abs().max()) > 1e-4


def test_an_absent_reference_is_none_at_all() -> None:
    made, given = trained(), list(inputs())
    given[2] = torch.zeros(4, 3)
    found = made(*given).moves.detach()
    torch.testing.assert_close(found, made(*inputs(0)).moves.detach(), atol=1e-5, rtol=0.0)


def test_examples_of_a_batch_do_not_see_each_other() -> None:
    made, given = trained(), inputs()
    alone = made(*(tensor[1:2] for tensor in given))
    torch.testing.assert_close(
        made(*given).moves[1:2].detach(), alone.moves.detach(), atol=1e-5, rtol=0.0
    )


def test_moves_stay_within_the_chain() -> None:
    made = trained()
    with torch.no_grad():
        made.moves.bias.mul_(300.0)
    moves = made(*inputs()).moves.detach().double()
    assert torch.all(moves >= torch.tensor(LOWEST) - 1e-5)
    assert torch.all(moves <= torch.tensor(HIGHEST) + 1e-5)
    level = moves[:, RESPONSE][:, torch.from_numpy(IN_LEVEL)].mean(1)
    assert float(level.abs().max()) < 4.0  # clipping may move it, by far less than the moves


def test_gradients_reach_every_part() -> None:
    made = trained().train()
    given = list(inputs())
    given[3] = torch.rand(4, len(INTENTS))
    given[4] = torch.arange(4)
    output: NetworkOutput = made(*given)
    parts = (output.moves, output.quantities, output.log_sigma, output.factor, output.bypass)
    torch.stack([part.square().sum() for part in parts]).sum().backward()
    still = [n for n, p in made.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert still == []


def test_a_move_beyond_its_range_finds_its_way_back() -> None:
    free = torch.full((1, len(MOVES)), 99.0, requires_grad=True)
    held = held_moves(free)
    held[:, RESPONSE.stop :].sum().backward()
    assert free.grad is not None
    assert bool((free.grad[:, RESPONSE.stop :] == 1.0).all())
    assert float(held[0, RESPONSE.stop].detach()) == pytest.approx(HIGHEST[RESPONSE.stop])


def test_what_it_sees_can_be_reduced() -> None:
    made = MoveNetwork(inputs=5, width=32, heads=2).eval()
    matrix = np.zeros((5, COUNT))
    matrix[np.arange(5), np.arange(5)] = 1.0
    made.standardize(np.random.default_rng(1).normal(5.0, 3.0, (50, COUNT)), matrix)
    with torch.no_grad():
        made.moves.weight.normal_()
    given = list(inputs())
    one = made(*given).moves.detach()
    given[0] = torch.cat((given[0][:, :5], 9.0 - given[0][:, 5:]), 1)
    torch.testing.assert_close(made(*given).moves.detach(), one)
    with pytest.raises(ParameterError, match="do not suit"):
        made.standardize(np.ones((3, COUNT)))


def test_the_default_is_small() -> None:
    assert sum(p.numel() for p in MoveNetwork().parameters()) < 3_000_000
