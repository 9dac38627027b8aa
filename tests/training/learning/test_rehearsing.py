from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassmaster.models.errors import GlassmasterError
from glassmaster.models.network.network import MoveNetwork
from glassmaster.training.degradation.prior import DegradationPrior
from glassmaster.training.learning.engine import Optimization
from glassmaster.training.learning.plans import PlanRules
from glassmaster.training.learning.pool import SongPool
from glassmaster.training.learning.rehearsing import Rehearsal, draw_rehearsed, rehearse
from glassmaster.training.losses.gaps import gap_distance
from glassmaster.training.losses.objective import ObjectiveWeights

RULES = PlanRules(segments=2, heard=1, no_intent=1.0)
SHORT = Rehearsal(one_click=6, alone=3, styled=3, steps=30, batch_size=8)


def network(pool: SongPool) -> MoveNetwork:
    torch.manual_seed(0)
    made = MoveNetwork(width=16, depth=1, heads=2, dropout=0.1, input_noise=0.1)
    made.standardize(pool.statistics.double().numpy())
    return made


def rehearsed(pool: SongPool, rehearsal: Rehearsal, rules: PlanRules = RULES) -> MoveNetwork:
    made = network(pool)
    told: list[str] = []
    free = ObjectiveWeights(hidden=0.0)  # to see what is learned, it may say what it likes
    rehearse(made, pool, rules, rehearsal, free, seed=3, report=told.append)
    assert bool(told) == (rehearsal.steps > 0)
    return made


def test_each_kind_has_the_references_it_needs(pool: SongPool) -> None:
    library = torch.ones(24, pool.statistics.shape[1])
    known = replace(pool, library=library, company=(np.arange(24),) * len(pool))
    found = draw_rehearsed(known, RULES, SHORT, seed=3)
    counts = found.present.sum(1).tolist()
    assert len(counts) == 12
    assert counts[:9] == [RULES.company] * 6 + [0.0] * 3
    assert min(counts[9:]) >= 1.0
    assert found.references.shape == (12, RULES.company, found.statistics.shape[1])
    assert not found.references[found.present == 0.0].any()
    assert not bool(found.known.moves[9:].isnan().all(1).any())


def test_rehearsing_closes_gaps_and_is_the_same_again(pool: SongPool) -> None:
    # one and the same change of every song can be learned by any network
    prior = DegradationPrior(
        none_share=0.0, biased_share=1.0, bias_factors=(1.0, 1.0), response_db=0.0, tilt_db=0.0
    )
    rules = replace(RULES, degradation=prior, variation_db=0.0)
    plan = replace(SHORT, steps=150, optimization=Optimization(learning_rate=1e-2))
    found, again = (rehearsed(pool, plan, rules) for _ in range(2))
    for name, value in found.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    examples = draw_rehearsed(pool, rules, plan, seed=3)
    rows = torch.arange(6)

    def left_db(made: MoveNetwork) -> float:
        made.eval()
        inputs = (examples.statistics, examples.references, examples.present, examples.intent)
        with torch.no_grad():
            moves = made(*(each[rows] for each in inputs), torch.zeros(6, dtype=torch.long)).moves
        return float(gap_distance(moves, examples.gaps.rows(rows), 6.0).mean())

    assert left_db(found) < 0.6 * left_db(network(pool))


def test_no_steps_leave_a_network_as_it_is(pool: SongPool) -> None:
    found = rehearsed(pool, replace(SHORT, steps=0))
    for name, value in network(pool).state_dict().items():
        assert torch.equal(value, found.state_dict()[name]), name


def test_a_rehearsal_that_diverges_says_what_to_do(pool: SongPool) -> None:
    wild = replace(SHORT, steps=60, optimization=Optimization(learning_rate=1e30))
    with pytest.raises(GlassmasterError, match="lower rehearsal"):
        rehearsed(pool, wild)
