from __future__ import annotations

import numpy as np
import pytest

from glassmaster.models.moves import (
    BLOCK_MOVES,
    BYPASSES,
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    SLOPE,
    WIDTH,
    active_quantities,
    shrunk,
)


def test_every_move_belongs_to_one_block() -> None:
    counts = np.zeros(len(MOVES), int)
    for part in BLOCK_MOVES.values():
        counts[part] += 1
    np.testing.assert_array_equal(counts, 1)
    assert tuple(BLOCK_MOVES)[: len(BYPASSES)] == BYPASSES


@pytest.mark.parametrize("block", range(4))
def test_a_factor_moves_its_block_toward_doing_nothing(block: int) -> None:
    moves = NEUTRAL + 1.0
    factors = np.ones(4)
    factors[block] = 0.25
    wanted = np.ones(len(MOVES))
    wanted[list(BLOCK_MOVES.values())[block]] = 0.25
    np.testing.assert_allclose(shrunk(moves, factors) - NEUTRAL, wanted)
    np.testing.assert_array_equal(moves, NEUTRAL + 1.0)


def test_each_row_may_have_factors_of_its_own() -> None:
    moves = np.tile(NEUTRAL + 1.0, (2, 1))
    found = shrunk(moves, np.array([[0.0] * 4, [1.0] * 4]))
    np.testing.assert_allclose(found - NEUTRAL, [[0.0] * len(MOVES), [1.0] * len(MOVES)])


def test_what_moves_act_on_is_active() -> None:
    limiter_alone = np.zeros(len(QUANTITIES), bool)
    limiter_alone[-1] = True
    np.testing.assert_array_equal(active_quantities(NEUTRAL), limiter_alone)
    moves = np.tile(NEUTRAL, (3, 1))
    moves[0, RESPONSE] = 0.6
    moves[1, WIDTH.start] = -0.6
    moves[2, SLOPE.start + 1] = 0.1
    named = [
        {name for name, on in zip(QUANTITIES, row, strict=True) if on} - {"limiter_p95_db"}
        for row in active_quantities(moves)
    ]
    assert named[0] == {*QUANTITIES[RESPONSE]}
    assert named[1] == {*QUANTITIES[WIDTH]}
    assert named[2] == {"reduction_p50_db@low_mid", "reduction_p95_db@low_mid"}
