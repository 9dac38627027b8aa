from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassmaster.models.moves import IN_LEVEL, MOVES, NEUTRAL, RESPONSE, SLOPE, THRESHOLD, WIDTH
from glassmaster.training.recovery.explaining import Explanation, MasteredFrames
from glassmaster.training.recovery.twin_moves import RecoveredMoves, recover_moves
from glassmaster.training.recovery.usual import response_covariance, usual_moves


@pytest.fixture(scope="module")
def found(mastered: MasteredFrames) -> RecoveredMoves:
    return recover_moves(mastered)


def test_known_moves_are_found_whatever_the_loudness(
    found: RecoveredMoves, wanted: np.ndarray
) -> None:
    error = found.moves - wanted
    assert np.abs(error[:, RESPONSE][:, IN_LEVEL]).mean() < 0.25
    assert np.abs(error[:, WIDTH]).mean() < 0.5
    assert np.abs(error[:, SLOPE]).mean() < 0.1
    assert found.residual_db.max() < 0.2
    assert (found.residual_db[1:] < 0.1 * found.unchanged_db[1:]).all()


def test_nothing_is_explained_by_nothing(found: RecoveredMoves) -> None:
    assert found.unchanged_db[0] < 1e-3
    assert found.residual_db[0] <= found.unchanged_db[0]
    assert np.abs(found.moves[0] - NEUTRAL)[RESPONSE].max() < 0.1


def test_of_two_explanations_the_smaller_wins(found: RecoveredMoves) -> None:
    # where nothing is compressed, thresholds and times say nothing and stay where they are
    idle = found.moves[2]
    assert idle[SLOPE].max() < 0.1
    assert np.abs(idle[THRESHOLD] - NEUTRAL[THRESHOLD]).max() < 2.0


def test_what_the_data_do_not_tell_is_as_wide_as_the_prior(found: RecoveredMoves) -> None:
    usual = np.sqrt((usual_moves() ** 2).sum(axis=1))
    assert (found.sigma > 0.0).all()
    assert (found.sigma < 1.01 * usual).all()
    assert (found.sigma[0, THRESHOLD] > 0.9 * usual[THRESHOLD]).all()
    assert (found.sigma[1, SLOPE] < 0.8 * usual[SLOPE]).all()
    assert np.median(found.sigma[:, RESPONSE]) < 0.3 * usual[0]


def test_more_is_left_where_less_is_sure(mastered: MasteredFrames, wanted: np.ndarray) -> None:
    moves = torch.from_numpy(wanted).float()
    exact = Explanation(mastered).sigma(moves)
    rng = np.random.default_rng(1)
    rough = 10.0 ** (0.1 * torch.from_numpy(rng.normal(0.0, 3.0, mastered.master.mid.shape)))
    noisy = type(mastered.master)(
        mastered.master.mid * rough.float(), mastered.master.side, mastered.master.peak
    )
    wider = Explanation(replace(mastered, master=noisy)).sigma(moves)
    assert bool((wider[:, RESPONSE] > exact[:, RESPONSE]).all())


def test_a_pair_is_found_alike_in_any_company(mastered: MasteredFrames) -> None:
    whole = recover_moves(mastered, steps=5)
    alone = recover_moves(mastered.rows([2, 1]), steps=5)
    assert np.abs(alone.moves - whole.moves[[2, 1]]).max() < 1e-3
    assert np.abs(alone.residual_db - whole.residual_db[[2, 1]]).max() < 1e-4
    again = recover_moves(mastered.rows([2, 1]), steps=5)
    assert np.array_equal(alone.moves, again.moves)
    assert np.array_equal(alone.sigma, again.sigma)


def test_an_explanation_is_never_worse_than_none(mastered: MasteredFrames) -> None:
    noise = np.random.default_rng(2).normal(0.0, 10.0, mastered.mix.mid.shape)
    odd = mastered.mix.mid * 10.0 ** (0.1 * torch.from_numpy(noise).float())
    master = type(mastered.mix)(odd, mastered.mix.side, mastered.mix.peak)
    found = recover_moves(replace(mastered, master=master), steps=2)
    assert (found.residual_db <= found.unchanged_db).all()
    assert found.residual_db.min() > 3.0


def test_usual_responses_are_smooth() -> None:
    covariance = response_covariance(3.0, 1.0, 0.5)
    assert np.allclose(np.diag(covariance), 9.25)
    # three third octaves are an octave: exp(-1/2) of the smooth part
    assert covariance[4, 7] == pytest.approx(9.0 * np.exp(-0.5))
    assert usual_moves().shape == (len(MOVES), len(MOVES))
