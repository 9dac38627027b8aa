from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from glassmaster.models.differentiable.frames import SpectralFrames
from glassmaster.models.differentiable.resolving import SpectrumBatch
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ
from glassmaster.training.recovery.explaining import MasteredFrames
from glassmaster.training.studio.deciding import Verdict, decide
from glassmaster.training.studio.proving.comparing import spectrum_matches
from glassmaster.training.studio.proving.proof import verdict_sentence
from glassmaster.training.studio.validating import (
    BASE,
    MEAN_SETTINGS,
    STUDIO,
    UNCHANGED,
    HeldOut,
)

SONGS = 16


def held_out(gains_db: np.ndarray, *, units: int = 8, unchanged_db: float = 2.0) -> HeldOut:
    """Songs of albums, whose base errors are the studio's and a gain."""
    count = len(gains_db)
    errors = {
        STUDIO: np.full(count, 0.5),
        BASE: 0.5 + gains_db,
        UNCHANGED: np.full(count, unchanged_db),
        MEAN_SETTINGS: np.full(count, 0.6),
    }
    return HeldOut(
        tuple(f"song {i:02d}" for i in range(count)),
        tuple(f"album {i % units}" for i in range(count)),
        units < 5,
        errors,
        {name: np.tile(NEUTRAL, (count, 1)) for name in errors},
    )


def test_what_helps_everywhere_is_accepted() -> None:
    decision = decide(held_out(np.linspace(0.2, 0.6, SONGS)))
    assert decision.verdict is Verdict.ACCEPTED
    told = verdict_sentence(decision)
    assert told.startswith("Accepted: the studio's model takes the place of the base model.")
    assert "0.40 dB nearer to the studio's masters" in told
    assert "better on 100% of 16 songs" in told


def test_few_albums_promise_at_most() -> None:
    decision = decide(held_out(np.linspace(0.2, 0.6, SONGS), units=5))
    assert decision.verdict is Verdict.PROMISING
    told = verdict_sentence(decision)
    assert "5 albums are too few to be sure" in told
    assert "The base model stays in use." in told


def test_an_interval_that_holds_zero_is_no_improvement() -> None:
    gains = np.random.default_rng(4).normal(0.0, 0.5, SONGS)
    decision = decide(held_out(gains - gains.mean() + 0.02))
    assert decision.verdict is Verdict.NO_IMPROVEMENT
    told = verdict_sentence(decision)
    assert "the interval of the difference from the base model holds 0" in told
    assert "The base model stays in use." in told


def test_chance_alone_does_not_accept_where_the_interval_holds_zero() -> None:
    # albums that all gain a little, but one song of each that loses: signs say yes
    gains = np.tile([0.9, -0.7], 8)
    found = held_out(gains)
    paired = HeldOut(
        found.names,
        tuple(f"album {i // 2}" for i in range(SONGS)),
        False,
        found.errors_db,
        found.moves,
    )
    decision = decide(paired)
    comparison = decision.comparisons[BASE]
    assert comparison.p == 1.0 / 2**8
    assert comparison.change_db.high > 0.0
    assert decision.verdict is Verdict.NO_IMPROVEMENT


def test_better_than_the_base_alone_is_not_enough() -> None:
    decision = decide(held_out(np.linspace(0.2, 0.6, SONGS), unchanged_db=0.4))
    assert decision.verdict is Verdict.NO_IMPROVEMENT
    assert "it is worse than the unchanged mix" in verdict_sentence(decision)


@pytest.fixture(scope="module")
def frames() -> MasteredFrames:
    """Mixes of flat noise, each with a tilt of its own, and masters that have one spectrum."""
    rng = np.random.default_rng(2)
    octaves = np.log2(mel_edges_hz()[1:-1] / 1000.0)
    mixes, masters = [], []
    for song in range(6):
        noise = rng.exponential(1.0, (80, 400)) * 1e-3
        mixes.append(noise * 10.0 ** (0.1 * (song - 2.5) * octaves)[:, None])
        masters.append(noise * 10.0 ** (0.1 * -1.0 * octaves)[:, None])

    def batch(powers: list[np.ndarray]) -> SpectralFrames:
        mid = torch.from_numpy(np.stack(powers).astype(np.float32))
        return SpectralFrames(mid, 0.1 * mid, torch.ones(6, 1600))

    flat = torch.ones(6, 124, dtype=torch.float64)
    return MasteredFrames(batch(mixes), SpectrumBatch(flat, flat), batch(masters), 44_100)


def test_matching_gives_the_spectrum_of_other_masters(frames: MasteredFrames) -> None:
    found: Any = held_out(np.zeros(6), units=6)
    moves = spectrum_matches(found, frames)
    assert moves.shape == (6, len(MOVES))
    assert np.array_equal(moves[:, RESPONSE.stop :], np.tile(NEUTRAL[RESPONSE.stop :], (6, 1)))
    inside = (RESPONSE_HZ > 150.0) & (RESPONSE_HZ < 6000.0)  # at both ends bands are wide
    octaves = np.log2(RESPONSE_HZ[inside])
    for song in (1, 2, 3):  # where no move is held at its range
        slope = np.polyfit(octaves, moves[song, RESPONSE][inside], 1)[0]
        assert slope == pytest.approx(-1.0 - (song - 2.5), abs=0.15)


def test_matching_does_not_know_the_master_at_hand(frames: MasteredFrames) -> None:
    found: Any = held_out(np.zeros(6), units=6)
    before = spectrum_matches(found, frames)
    louder = frames.master.mid.clone()
    louder[2, 40:] *= 10.0
    other = MasteredFrames(
        frames.mix,
        frames.spectra,
        SpectralFrames(louder, frames.master.side, frames.master.peak),
        44_100,
    )
    after = spectrum_matches(found, other)
    assert np.array_equal(before[2], after[2])
    assert np.abs(before[3] - after[3]).max() > 0.1
