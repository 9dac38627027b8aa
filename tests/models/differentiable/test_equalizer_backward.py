from __future__ import annotations

import numpy as np
import pytest
from cases import CASES, HIGH, LOW, chain_of
from signals import Array, programme

from glassmaster.inference.engine.linear import EqualizerStage
from glassmaster.models.differentiable.equalizer import EqualizerProcessor
from glassmaster.models.kernels.adjoint.frames import CHUNK
from glassmaster.models.kernels.biquads import SECTIONS
from glassmaster.models.processors.equalizer import FILTERS, ResolvedEqualizer
from glassmaster.models.rates import hop_samples

RATES = (44_100, 96_000)
LENGTHS = (32, 64, CHUNK - 32, CHUNK, CHUNK + 1, CHUNK + 32, 3 * CHUNK, 5 * CHUNK + 96)
STEP = 1e-7
TOLERANCE = 1e-6


def active_sections(sample_rate: int) -> Array:
    values = {"high_pass_frequency_hz": 40.0}
    for i, item in enumerate(FILTERS):
        values[f"{item.name}_gain_db"] = 4.0 if i % 2 == 0 else -4.0
        values[f"{item.name}_frequency_hz"] = item.default_hz
        if item.shape == "bell":
            values[f"{item.name}_q"] = 1.2
    sections: Array = ResolvedEqualizer(values).sections(sample_rate)
    return sections


def audio(frames: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((2, frames))


def render(x: Array, sections: Array) -> Array:
    y = np.empty_like(x)
    EqualizerProcessor().forward(x, y, sections)
    return y


def gradients(x: Array, weights: Array, sections: Array) -> tuple[Array, Array]:
    """Of the sum of output times weights: by audio and sections."""
    processor = EqualizerProcessor()
    memory = processor.forward(x, np.empty_like(x), sections)
    gx = np.full_like(x, np.nan)
    (gc,) = processor.backward(x, memory, weights, gx, sections)
    return gx, gc


def slope(x: Array, weights: Array, sections: Array, direction: Array) -> float:
    """Central differences, extrapolated to a step of zero."""

    def loss(shift: float) -> float:
        return float((weights * render(x, sections + shift * direction)).sum())

    coarse, fine = ((loss(h) - loss(-h)) / (2.0 * h) for h in (STEP, 0.5 * STEP))
    return (4.0 * fine - coarse) / 3.0


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("frames", LENGTHS)
def test_every_coefficient(sample_rate: int, frames: int) -> None:
    sections = active_sections(sample_rate)
    x, weights = audio(frames), audio(frames, 2)
    _, exact = gradients(x, weights, sections)
    assert exact.shape == (SECTIONS, 5)
    for direction in np.eye(SECTIONS * 5).reshape(-1, SECTIONS, 5):
        found = slope(x, weights, sections, direction)
        largest = float(np.abs(exact[direction.any(axis=1)]).max())
        place = np.argwhere(direction)
        assert float((exact * direction).sum()) == pytest.approx(
            found, rel=TOLERANCE, abs=TOLERANCE * largest
        ), place


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("frames", LENGTHS)
def test_audio(sample_rate: int, frames: int) -> None:
    sections = active_sections(sample_rate)
    x, weights = audio(frames), audio(frames, 2)
    gx, _ = gradients(x, weights, sections)
    directions = [audio(frames, seed) for seed in (3, 4)]
    for channel, n in ((0, 0), (1, frames // 2), (0, frames - 9), (1, frames - 1)):
        directions.append(np.zeros((2, frames)))
        directions[-1][channel, n] = 1.0
    for direction in directions:
        expected = float((weights * render(direction, sections)).sum())  # it is linear
        assert float((gx * direction).sum()) == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("seed", [LOW, HIGH, 0, 1])
def test_forward_is_the_engine(sample_rate: int, seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "equalizer"), seed)
    assert chain.equalizer is not None
    x = programme(sample_rate, 0.2)
    x = x[:, : x.shape[1] // hop_samples(sample_rate) * hop_samples(sample_rate)]
    stage = EqualizerStage(sample_rate)
    stage.configure(chain)
    sections = chain.equalizer.sections(sample_rate)
    assert np.abs(render(x, sections) - stage.process(x)).max() <= 1e-12


@pytest.mark.parametrize("seed", [LOW, HIGH, 0])
def test_energy_is_returned(seed: int) -> None:
    chain = chain_of(next(case for case in CASES if case.name == "equalizer"), seed)
    assert chain.equalizer is not None
    sections = chain.equalizer.sections(96_000)
    x, weights = audio(7 * CHUNK), audio(7 * CHUNK, 2)
    gx, gc = gradients(x, weights, sections)
    y = render(x, sections)
    assert float((gx * x).sum()) == pytest.approx(float((weights * y).sum()), rel=1e-9)
    # scaling a section's numerator scales the output
    of_scale = (gc[:, :3] * sections[:, :3]).sum(axis=1)
    assert of_scale == pytest.approx(float((weights * y).sum()), rel=1e-9)


def test_single_precision() -> None:
    sections = active_sections(44_100)
    x, weights = audio(3 * CHUNK).astype(np.float32), audio(3 * CHUNK, 2).astype(np.float32)
    double = gradients(x.astype(float), weights.astype(float), sections)
    single = gradients(x, weights, sections)
    assert single[0].dtype == np.float32
    assert single[1].dtype == np.float64
    for one, other in zip(single, double, strict=True):
        assert np.abs(one - other).max() <= 1e-6 * np.abs(other).max()
    coarse, fine = render(x, sections), render(x.astype(float), sections)
    assert np.abs(coarse - fine).max() <= 1e-6 * np.abs(fine).max()


def test_no_audio_and_silence() -> None:
    sections = active_sections(44_100)
    for frames in (0, 2 * CHUNK):
        silence = np.zeros((2, frames))
        gx, gc = gradients(silence, np.ones_like(silence), sections)
        assert np.isfinite(gx).all()
        assert (gc == 0.0).all()
        assert (render(silence, sections) == 0.0).all()


def test_memory_is_less_than_the_audio() -> None:
    x = audio(16 * CHUNK).astype(np.float32)
    memory = EqualizerProcessor().forward(x, np.empty_like(x), active_sections(44_100))
    assert memory.nbytes < 0.1 * x.nbytes
