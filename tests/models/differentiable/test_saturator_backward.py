from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from differences import slope
from signals import Array, programme

from glassmaster.inference.engine.saturator import SaturatorStage
from glassmaster.models.differentiable.saturator import SaturatorProcessor
from glassmaster.models.kernels.halfband import ROW
from glassmaster.models.processors.saturator import ResolvedSaturator, stage_taps
from glassmaster.models.rates import hop_samples

CURVE = np.array([0.2, 0.7])
RATES = (8_000, 44_100, 96_000, 192_000)  # of five, two, one and no filter
LENGTHS = (0.0, 0.3, 1.0, 2.7)


def chunk_frames(sample_rate: int) -> int:
    return 4 * ROW >> len(stage_taps(sample_rate))


def excerpt(sample_rate: int, chunks: float) -> Array:
    hop = hop_samples(sample_rate)
    frames = max(int(chunks * chunk_frames(sample_rate)) // hop, 1) * hop
    x: Array = programme(sample_rate, 1.0)[:, :frames]
    return np.ascontiguousarray(x)


def weights(x: Array) -> Array:
    return np.random.default_rng(5).standard_normal(x.shape)


def loss(sample_rate: int, x: Array, curve: Array) -> float:
    y = np.empty_like(x)
    SaturatorProcessor(sample_rate).forward(x, y, curve)
    return float((weights(x) * y).sum())


def gradients(sample_rate: int, x: Array, curve: Array, dtype: Any = np.float64) -> Any:
    gx = np.empty_like(x, dtype)
    gy = weights(x).astype(dtype)
    processor = SaturatorProcessor(sample_rate)
    (gcurve,) = processor.backward(x.astype(dtype), None, gy, gx, curve)
    return gx, gcurve


@pytest.mark.parametrize("sample_rate", RATES)
def test_forward_is_the_engines_without_its_delay(sample_rate: int) -> None:
    x = excerpt(sample_rate, 2.7)
    y = np.empty_like(x)
    SaturatorProcessor(sample_rate).forward(x, y, CURVE)
    level_db = 20.0 * math.log10(CURVE[0])
    saturator = ResolvedSaturator({"drive_db": 0.0, "mix": CURVE[1]}, level_db)
    stage = SaturatorStage(sample_rate)
    chain: Any = SimpleNamespace(saturator=saturator)
    stage.configure(chain)
    expected = stage.process(np.pad(x, ((0, 0), (0, stage.latency))))[:, stage.latency :]
    assert np.abs(expected - x).max() > 0.05
    np.testing.assert_allclose(y, expected, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("chunks", LENGTHS)
@pytest.mark.parametrize("sample_rate", RATES)
def test_gradients_of_the_curve(sample_rate: int, chunks: float) -> None:
    x = excerpt(sample_rate, chunks) * (30.0 if chunks == 0.0 else 1.0)
    _, gcurve = gradients(sample_rate, x, CURVE)
    for entry in range(2):
        unit = np.eye(2)[entry]
        expected = slope(lambda h, u=unit: loss(sample_rate, x, CURVE + h * u), 1e-3)  # type: ignore[misc]
        assert gcurve[entry] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("chunks", LENGTHS)
@pytest.mark.parametrize("sample_rate", RATES)
def test_gradients_of_the_input(sample_rate: int, chunks: float) -> None:
    x = excerpt(sample_rate, chunks)
    gx, _ = gradients(sample_rate, x, CURVE)
    directions = [np.random.default_rng(6).standard_normal(x.shape)]
    for sample in (
        0,
        x.shape[1] // 3,
        min(chunk_frames(sample_rate), x.shape[1]) - 1,
        x.shape[1] - 1,
    ):
        single = np.zeros_like(x)
        single[sample % 2, sample] = 1.0
        directions.append(single)
    for direction in directions:
        expected = slope(lambda h, d=direction: loss(sample_rate, x + h * d, CURVE), 1e-4)  # type: ignore[misc]
        assert (gx * direction).sum() == pytest.approx(expected, rel=1e-6)


def test_channels_do_not_mix() -> None:
    x = excerpt(44_100, 1.5)
    x[1] = 0.0
    y = np.empty_like(x)
    SaturatorProcessor(44_100).forward(x, y, CURVE)
    assert not y[1].any()


@pytest.mark.parametrize("sample_rate", RATES)
def test_single_precision_agrees_with_double(sample_rate: int) -> None:
    x = excerpt(sample_rate, 2.7)
    y, y_single = np.empty_like(x), np.empty_like(x, np.float32)
    processor = SaturatorProcessor(sample_rate)
    processor.forward(x, y, CURVE)
    processor.forward(x.astype(np.float32), y_single, CURVE)
    assert np.abs(y_single - y).max() < 1e-6 * np.abs(y).max()
    (gx, gcurve), (gx_single, gcurve_single) = (
        gradients(sample_rate, x, CURVE, dtype) for dtype in (np.float64, np.float32)
    )
    assert gx_single.dtype == np.float32
    assert np.abs(gx_single - gx).max() < 1e-5 * np.abs(gx).max()
    np.testing.assert_allclose(gcurve_single, gcurve, rtol=1e-5)


def test_nothing_is_nothing() -> None:
    x = np.empty((2, 0))
    gx, gcurve = gradients(44_100, x, CURVE)
    SaturatorProcessor(44_100).forward(x, gx, CURVE)
    assert not gcurve.any()
