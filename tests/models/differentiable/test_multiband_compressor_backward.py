from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from cases import CASES, chain_of
from differences import slope, units
from signals import Array, programme

from glassmaster.inference.engine.dynamics import MultibandCompressorStage
from glassmaster.models.differentiable import multiband_compressor
from glassmaster.models.differentiable.multiband_compressor import (
    MultibandCompressorProcessor,
)
from glassmaster.models.kernels.adjoint.frames import CHUNK
from glassmaster.models.processors.multiband_compressor import ResolvedMultibandCompressor
from glassmaster.models.rates import hop_samples

RATES = (44_100, 96_000)
TOLERANCE = 1e-5
ACTIVE = {
    "low_corner_hz": 150.0,
    "middle_corner_hz": 1100.0,
    "high_corner_hz": 5000.0,
    "knee_db": 6.0,
} | {
    f"{band}_{key}": value
    for band in ("low", "low_mid", "high_mid", "high")
    for key, value in (
        ("threshold_db", -2.0),
        ("ratio", 4.0),
        ("attack_ms", 3.0),
        ("release_ms", 60.0),
        ("trim_db", 1.0),
    )
}


def audio(sample_rate: int, frames: int) -> Array:
    """Noise in all bands, whose level swings by 20 dB in about 20 ms."""
    rng = np.random.default_rng(1)
    swing = 1.0 + 0.82 * np.cos(2.0 * np.pi * 45.0 * np.arange(frames) / sample_rate)
    dull = programme(sample_rate, 0.6)[:, 6000 : 6000 + frames]
    return (dull + 0.15 * rng.standard_normal((2, frames))) * swing


def active_parameters(sample_rate: int) -> tuple[Array, Array]:
    resolved = ResolvedMultibandCompressor(ACTIVE, (-28.0, -32.0, -32.0, -20.0))
    return resolved.corners(sample_rate), resolved.control(sample_rate)


def render(x: Array, sample_rate: int, corners: Array, control: Array) -> Array:
    y = np.empty_like(x)
    MultibandCompressorProcessor(sample_rate).forward(x, y, corners, control)
    return y


def gradients(
    x: Array, weights: Array, sample_rate: int, corners: Array, control: Array
) -> tuple[Array, Array, Array]:
    """Of the sum of output times weights: by audio, corners and control."""
    processor = MultibandCompressorProcessor(sample_rate)
    y, gx = np.empty_like(x), np.empty_like(x)
    memory = processor.forward(x, y, corners, control)
    return gx, *processor.backward(x, memory, weights, gx, corners, control)


def check(sample_rate: int, frames: int, place: int, directions: list[Array], step: float) -> None:
    rng = np.random.default_rng(3)
    arguments = (audio(sample_rate, frames), *active_parameters(sample_rate))
    weights = rng.standard_normal((2, frames))
    exact = gradients(arguments[0], weights, sample_rate, *arguments[1:])[place]

    def loss(direction: Array, shift: float) -> float:
        moved = list(arguments)
        moved[place] = arguments[place] + shift * direction
        x, corners, control = moved
        return float((weights * render(x, sample_rate, corners, control)).sum())

    for direction in directions:
        found = slope(partial(loss, direction), step)
        largest = float(np.abs(exact).max())
        expected = pytest.approx(found, rel=TOLERANCE, abs=1e-7 * largest)
        assert float((exact * direction).sum()) == expected, np.flatnonzero(direction)


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_active_point_is_active(sample_rate: int) -> None:
    x = audio(sample_rate, 4 * CHUNK)
    memory = MultibandCompressorProcessor(sample_rate).forward(
        x, np.empty_like(x), *active_parameters(sample_rate)
    )
    assert (memory.reduction_db.min(axis=1) < -5.0).all()
    assert np.abs(memory.reduction_db[:, 1:] - memory.reduction_db[:, :-1]).max() > 0.1


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("hops", [1, 3, 32, 33, 100])
def test_every_parameter(sample_rate: int, hops: int) -> None:
    frames = hops * hop_samples(sample_rate)
    check(sample_rate, frames, 1, units((3, 3)), 1e-7)
    check(sample_rate, frames, 2, units((4, 6)), 1e-6)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("hops", [1, 33, 100])
def test_audio(sample_rate: int, hops: int) -> None:
    frames = hops * hop_samples(sample_rate)
    rng = np.random.default_rng(4)
    directions = [rng.standard_normal((2, frames)) / np.sqrt(frames) for _ in range(4)]
    for channel, n in ((0, 0), (1, frames // 2), (0, frames - 1)):
        directions.append(np.zeros((2, frames)))
        directions[-1][channel, n] = 1.0
    check(sample_rate, frames, 0, directions, 1e-6)


def test_adjoint_of_the_linear_part() -> None:
    rng = np.random.default_rng(5)
    frames = 3 * CHUNK + 5 * hop_samples(44_100)
    x, weights = rng.standard_normal((2, 2, frames))
    corners, control = active_parameters(44_100)
    control[:, 1] = 0.0
    gx, _, _ = gradients(x, weights, 44_100, corners, control)
    y = render(x, 44_100, corners, control)
    assert float((gx * x).sum()) == pytest.approx(float((weights * y).sum()), rel=1e-10)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [-2, -1, 0, 1])
def test_forward_is_the_engine(sample_rate: int, seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "multiband_compressor"), seed)
    compressor = chain.multiband_compressor
    assert compressor is not None
    x = audio(sample_rate, 3 * CHUNK + 7 * hop_samples(sample_rate))
    stage = MultibandCompressorStage(sample_rate)
    stage.configure(chain)
    y = render(x, sample_rate, compressor.corners(sample_rate), compressor.control(sample_rate))
    assert np.abs(y - stage.process(x)).max() <= 1e-12


def test_the_cut_into_chunks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = 3 * CHUNK + 64
    x = audio(44_100, frames)
    weights = np.random.default_rng(6).standard_normal((2, frames))
    whole = gradients(x, weights, 44_100, *active_parameters(44_100))
    monkeypatch.setattr(multiband_compressor, "CHUNK", 96)
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
    memory = MultibandCompressorProcessor(44_100).forward(
        x, np.empty_like(x), *active_parameters(44_100)
    )
    assert memory.states.nbytes + memory.reduction_db.nbytes < 0.25 * x.nbytes
