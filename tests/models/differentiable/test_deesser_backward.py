from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from cases import CASES, chain_of
from differences import slope, units
from signals import Array

from glassmaster.inference.engine.dynamics import DeesserStage
from glassmaster.models.differentiable import deesser
from glassmaster.models.differentiable.deesser import DeesserProcessor
from glassmaster.models.kernels.adjoint.frames import CHUNK
from glassmaster.models.processors.deesser import ResolvedDeesser
from glassmaster.models.rates import hop_samples

RATES = (44_100, 96_000)
TOLERANCE = 1e-5
ACTIVE = {
    "frequency_hz": 6300.0,
    "q": 1.0,
    "ratio": 3.0,
    "attack_ms": 2.0,
    "release_ms": 30.0,
}
BELOW_BOUND_DB, AT_BOUND_DB = 12.0, 2.0
"""Thresholds above the anchor."""


def audio(sample_rate: int, frames: int) -> Array:
    """Noise whose level swings by 20 dB in about 20 ms."""
    swing = 1.0 + 0.82 * np.cos(2.0 * np.pi * 45.0 * np.arange(frames) / sample_rate)
    return 0.3 * np.random.default_rng(1).standard_normal((2, frames)) * swing


def active_parameters(
    sample_rate: int, threshold_db: float = BELOW_BOUND_DB
) -> tuple[Array, Array]:
    resolved = ResolvedDeesser({**ACTIVE, "threshold_db": threshold_db}, -34.0)
    return resolved.sections(sample_rate), resolved.control(sample_rate)


def render(x: Array, sample_rate: int, sections: Array, control: Array) -> Array:
    y = np.empty_like(x)
    DeesserProcessor(sample_rate).forward(x, y, sections, control)
    return y


def reduction_db(x: Array, sample_rate: int, sections: Array, control: Array) -> Array:
    memory = DeesserProcessor(sample_rate).forward(x, np.empty_like(x), sections, control)
    return memory.reduction_db


def gradients(
    x: Array, weights: Array, sample_rate: int, sections: Array, control: Array
) -> tuple[Array, Array, Array]:
    """Of the sum of output times weights: by audio, sections and control."""
    processor = DeesserProcessor(sample_rate)
    y, gx = np.empty_like(x), np.empty_like(x)
    memory = processor.forward(x, y, sections, control)
    return gx, *processor.backward(x, memory, weights, gx, sections, control)


def check(
    sample_rate: int, threshold_db: float, frames: int, place: int, directions: list[Array]
) -> None:
    rng = np.random.default_rng(3)
    arguments = (audio(sample_rate, frames), *active_parameters(sample_rate, threshold_db))
    weights = rng.standard_normal((2, frames))
    exact = gradients(arguments[0], weights, sample_rate, *arguments[1:])[place]

    def loss(direction: Array, shift: float) -> float:
        moved = list(arguments)
        moved[place] = arguments[place] + shift * direction
        x, sections, control = moved
        return float((weights * render(x, sample_rate, sections, control)).sum())

    for direction in directions:
        found = slope(partial(loss, direction), 1e-6)
        largest = float(np.abs(exact).max())
        expected = pytest.approx(found, rel=TOLERANCE, abs=1e-7 * largest)
        assert float((exact * direction).sum()) == expected, np.flatnonzero(direction)


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_active_points_are_active(sample_rate: int) -> None:
    x = audio(sample_rate, 4 * CHUNK)
    below = reduction_db(x, sample_rate, *active_parameters(sample_rate))
    assert -9.0 < below.min() < -5.0
    assert np.abs(np.diff(below)).max() > 0.5
    sections, control = active_parameters(sample_rate, AT_BOUND_DB)
    assert reduction_db(x, sample_rate, sections, control).min() < -9.9
    _, _, by_control = gradients(x, x, sample_rate, sections, control)
    assert abs(by_control[5]) > 1e-3


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("threshold_db", [BELOW_BOUND_DB, AT_BOUND_DB])
@pytest.mark.parametrize("hops", [1, 3, 32, 33, 100])
def test_every_parameter(sample_rate: int, threshold_db: float, hops: int) -> None:
    frames = hops * hop_samples(sample_rate)
    check(sample_rate, threshold_db, frames, 1, units((2, 5)))
    check(sample_rate, threshold_db, frames, 2, units((6,)))


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("hops", [1, 33, 100])
def test_audio(sample_rate: int, hops: int) -> None:
    frames = hops * hop_samples(sample_rate)
    rng = np.random.default_rng(4)
    directions = [rng.standard_normal((2, frames)) / np.sqrt(frames) for _ in range(4)]
    for channel, n in ((0, 0), (1, frames // 2), (0, frames - 1)):
        directions.append(np.zeros((2, frames)))
        directions[-1][channel, n] = 1.0
    check(sample_rate, BELOW_BOUND_DB, frames, 0, directions)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [-2, -1, 0, 1])
def test_forward_is_the_engine(sample_rate: int, seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "deesser"), seed)
    resolved = chain.deesser
    assert resolved is not None
    x = audio(sample_rate, 3 * CHUNK + 7 * hop_samples(sample_rate))
    stage = DeesserStage(sample_rate)
    stage.configure(chain)
    y = render(x, sample_rate, resolved.sections(sample_rate), resolved.control(sample_rate))
    assert (y == stage.process(x)).all()


def test_a_band_that_the_rate_cannot_hold() -> None:
    x = audio(8000, 2 * CHUNK)
    sections, control = active_parameters(8000)
    assert (render(x, 8000, sections, control) == x).all()
    gx, _, by_control = gradients(x, x, 8000, sections, control)
    assert (gx == x).all()
    assert (by_control == 0.0).all()


def test_the_cut_into_chunks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = 3 * CHUNK + 64
    x = audio(44_100, frames)
    weights = np.random.default_rng(6).standard_normal((2, frames))
    whole = gradients(x, weights, 44_100, *active_parameters(44_100))
    monkeypatch.setattr(deesser, "CHUNK", 96)
    pieces = gradients(x, weights, 44_100, *active_parameters(44_100))
    for one, other in zip(whole, pieces, strict=True):
        assert np.abs(one - other).max() <= 1e-10 * np.abs(one).max()


def test_single_precision() -> None:
    frames = 2 * CHUNK
    x = audio(44_100, frames).astype(np.float32)
    weights = np.random.default_rng(7).standard_normal((2, frames)).astype(np.float32)
    double = gradients(x.astype(float), weights.astype(float), 44_100, *active_parameters(44_100))
    single = gradients(x, weights, 44_100, *active_parameters(44_100))
    assert single[0].dtype == np.float32
    for one, other in zip(single, double, strict=True):
        assert np.abs(one - other).max() <= 1e-5 * np.abs(other).max()


def test_no_audio_and_silence() -> None:
    for frames in (0, 2 * CHUNK):
        silence = np.zeros((2, frames))
        for gradient in gradients(
            silence, np.ones_like(silence), 44_100, *active_parameters(44_100)
        ):
            assert np.isfinite(gradient).all()
        assert (render(silence, 44_100, *active_parameters(44_100)) == 0.0).all()


def test_memory_is_less_than_the_audio() -> None:
    x = audio(44_100, 16 * CHUNK).astype(np.float32)
    memory = DeesserProcessor(44_100).forward(x, np.empty_like(x), *active_parameters(44_100))
    assert memory.states.nbytes + memory.reduction_db.nbytes < 0.1 * x.nbytes
