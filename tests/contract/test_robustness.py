from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, HIGH, LOW, RATES, Case, chain_of, render
from signals import Array, seconds

FRAMES = 3000


def nasty(name: str, sample_rate: int) -> Array:
    t = seconds(FRAMES / sample_rate, sample_rate)
    tone = np.sin(2.0 * np.pi * 997.0 * t)
    alternating = np.where(np.arange(FRAMES) % 2 == 0, 1.0, -1.0)
    return {
        "silence": np.zeros((2, FRAMES)),
        "full scale": np.stack((np.sign(tone + 0.5), alternating)),
        "one sample": np.ones((2, 1)),
        "one step": np.pad(np.full((2, 1), 2.0**-23), ((0, 0), (0, FRAMES))),
        "dc": np.ones((2, FRAMES)),
        "far too loud": 10.0 * np.stack((tone, alternating)),
        "denormal": np.full((2, FRAMES), 1e-310),
        "loud, then denormal": np.concatenate((np.ones((2, 500)), np.full((2, 2500), 1e-310)), 1),
        "one channel": np.stack((tone, np.zeros(FRAMES))),
    }[name]


NASTY = (
    "silence",
    "full scale",
    "one sample",
    "one step",
    "dc",
    "far too loud",
    "denormal",
    "loud, then denormal",
    "one channel",
)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", [8000, 11_025, 22_050, *RATES, 192_000, 384_000])
def test_anything_finite_in_gives_finite_out(case: Case, sample_rate: int) -> None:
    for name in NASTY:
        x = nasty(name, sample_rate)
        for seed in (LOW, HIGH, 0):
            y = render(chain_of(case, seed), x, sample_rate)
            assert np.isfinite(y).all(), name
            assert y.shape == x.shape, name


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", [8000, 44_100])
def test_silence_stays_silent(case: Case, sample_rate: int) -> None:
    for seed in (LOW, HIGH, 0):
        y = render(chain_of(case, seed), nasty("silence", sample_rate), sample_rate)
        np.testing.assert_array_equal(y, 0.0)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_loudness_falls_back_after_a_shock(case: Case) -> None:
    # nothing rings on or stays turned down after a burst at +40 dBFS
    sample_rate = 44_100
    quiet = np.full((2, 6 * sample_rate), 1e-3) * np.sin(0.1 * np.arange(6 * sample_rate))
    shocked = quiet.copy()
    shocked[:, 1000:2000] += 100.0
    chain = chain_of(case, 0)
    end = slice(-sample_rate // 2, None)
    calm = render(chain, quiet, sample_rate)[:, end]
    np.testing.assert_allclose(
        render(chain, shocked, sample_rate)[:, end], calm, atol=2e-4 * np.abs(calm).max()
    )
