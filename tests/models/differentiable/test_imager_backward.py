from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, HIGH, LOW, chain_of
from signals import Array, programme

from glassmaster.inference.engine.linear import ImagerStage
from glassmaster.models.differentiable.imager import ImagerProcessor
from glassmaster.models.kernels.adjoint.frames import CHUNK
from glassmaster.models.kernels.crossover import corner_coefficients
from glassmaster.models.rates import hop_samples

RATES = (44_100, 96_000)
LENGTHS = (32, 64, CHUNK - 32, CHUNK, CHUNK + 1, CHUNK + 32, 3 * CHUNK, 5 * CHUNK + 96)
STEP = 1e-6
TOLERANCE = 1e-6
WIDTHS = np.array((0.3, 1.6, 0.7))


def corners_of(sample_rate: int) -> Array:
    return corner_coefficients(150.0, 2500.0, sample_rate=sample_rate)


def audio(frames: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((2, frames))


def render(x: Array, corners: Array, widths: Array) -> Array:
    y = np.empty_like(x)
    ImagerProcessor().forward(x, y, corners, widths)
    return y


def gradients(
    x: Array, weights: Array, corners: Array, widths: Array
) -> tuple[Array, Array, Array]:
    """Of the sum of output times weights: by audio, corners and widths."""
    processor = ImagerProcessor()
    memory = processor.forward(x, np.empty_like(x), corners, widths)
    gx = np.full_like(x, np.nan)
    return gx, *processor.backward(x, memory, weights, gx, corners, widths)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("frames", LENGTHS)
def test_every_parameter(sample_rate: int, frames: int) -> None:
    corners = corners_of(sample_rate)
    x, weights = audio(frames), audio(frames, 2)
    _, of_corners, of_widths = gradients(x, weights, corners, WIDTHS)

    def slope(in_corners: Array, in_widths: Array) -> float:
        def loss(shift: float) -> float:
            y = render(x, corners + shift * in_corners, WIDTHS + shift * in_widths)
            return float((weights * y).sum())

        coarse, fine = ((loss(h) - loss(-h)) / (2.0 * h) for h in (STEP, 0.5 * STEP))
        return (4.0 * fine - coarse) / 3.0

    for place in np.ndindex(2, 3):
        direction = np.zeros((2, 3))
        direction[place] = 1.0
        assert of_corners[place] == pytest.approx(
            slope(direction, np.zeros(3)), rel=TOLERANCE, abs=1e-7 * np.abs(of_corners).max()
        ), place
    for band in range(3):
        expected = slope(np.zeros((2, 3)), np.eye(3)[band])
        assert of_widths[band] == pytest.approx(expected, rel=TOLERANCE, abs=1e-7), band


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("frames", LENGTHS)
def test_audio(sample_rate: int, frames: int) -> None:
    corners = corners_of(sample_rate)
    x, weights = audio(frames), audio(frames, 2)
    gx, _, _ = gradients(x, weights, corners, WIDTHS)
    directions = [audio(frames, seed) for seed in (3, 4)]
    for channel, n in ((0, 0), (1, frames // 2), (0, frames - 5), (1, frames - 1)):
        directions.append(np.zeros((2, frames)))
        directions[-1][channel, n] = 1.0
    for direction in directions:
        expected = float((weights * render(direction, corners, WIDTHS)).sum())  # it is linear
        assert float((gx * direction).sum()) == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [LOW, HIGH, 0, 1])
def test_forward_is_the_engine(sample_rate: int, seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "imager"), seed)
    imager = chain.imager
    assert imager is not None
    x = programme(sample_rate, 0.2)
    x = x[:, : x.shape[1] // hop_samples(sample_rate) * hop_samples(sample_rate)]
    stage = ImagerStage(sample_rate, 2)
    stage.configure(chain)
    corners = imager.corners(sample_rate)
    y = render(x, corners, imager.widths(sample_rate))
    assert np.abs(y - stage.process(x)).max() <= 1e-12


@pytest.mark.parametrize("seed", [LOW, HIGH, 0])
def test_energy_is_returned(seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "imager"), seed)
    assert chain.imager is not None
    corners = chain.imager.corners(96_000)
    widths = chain.imager.widths(96_000)
    x, weights = audio(7 * CHUNK), audio(7 * CHUNK, 2)
    gx, _, of_widths = gradients(x, weights, corners, widths)
    y = render(x, corners, widths)
    assert float((gx * x).sum()) == pytest.approx(float((weights * y).sum()), rel=1e-9)
    # side is linear in the widths
    side = y - render(x, corners, np.zeros(3))
    assert float((of_widths * widths).sum()) == pytest.approx(
        float((weights * side).sum()), rel=1e-9, abs=1e-9
    )


def test_single_precision() -> None:
    corners = corners_of(44_100)
    x, weights = audio(3 * CHUNK).astype(np.float32), audio(3 * CHUNK, 2).astype(np.float32)
    double = gradients(x.astype(float), weights.astype(float), corners, WIDTHS)
    single = gradients(x, weights, corners, WIDTHS)
    assert single[0].dtype == np.float32
    assert single[1].dtype == single[2].dtype == np.float64
    for one, other in zip(single, double, strict=True):
        assert np.abs(one - other).max() <= 1e-6 * np.abs(other).max()
    coarse, fine = render(x, corners, WIDTHS), render(x.astype(float), corners, WIDTHS)
    assert np.abs(coarse - fine).max() <= 1e-6 * np.abs(fine).max()


def test_no_audio_and_silence() -> None:
    corners = corners_of(44_100)
    for frames in (0, 2 * CHUNK):
        silence = np.zeros((2, frames))
        gx, *others = gradients(silence, np.ones_like(silence), corners, WIDTHS)
        assert np.isfinite(gx).all()
        assert all((gradient == 0.0).all() for gradient in others)
        assert (render(silence, corners, WIDTHS) == 0.0).all()


def test_memory_is_less_than_the_audio() -> None:
    x = audio(16 * CHUNK).astype(np.float32)
    memory = ImagerProcessor().forward(x, np.empty_like(x), corners_of(44_100), WIDTHS)
    assert memory.nbytes < 0.1 * x.nbytes
