from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from glassmaster.models.distances import gate, measures, statistics

Array = npt.NDArray[np.float64]

FRAME_RATE_HZ = 44100 / 1024
BATCH, BANDS, FRAMES = 2, 7, 150


def weights(mid: Any) -> Any:
    values = np.linspace(0.5, 1.5, BANDS)
    return torch.from_numpy(values) if isinstance(mid, torch.Tensor) else values


PAIRED: dict[str, Callable[..., Any]] = {
    "mel": measures.mel_distance,
    "spectrum": measures.spectrum_distance,
    "shape": measures.spectrum_shape_distance,
    "level": lambda a, b, c, d: measures.level_distance(a, b, c, d, weights(a)),
    "dynamics": measures.dynamics_distance,
    "width": measures.width_distance,
    "energy_ratio": lambda a, b, c, d: measures.energy_ratio_distance(a, b, c, d, FRAME_RATE_HZ),
}
GAIN_SENSITIVE = ("mel", "spectrum", "level")


def powers(seed: int, frames: int = FRAMES) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    levels_db = rng.uniform(-45.0, -20.0, (2, BATCH, BANDS, frames))
    mid, side = 10.0 ** (levels_db / 10.0)
    return mid, 0.03 * side


@pytest.mark.parametrize("name", PAIRED)
def test_gain_counts_where_it_should_and_only_there(name: str) -> None:
    mid, side = powers(1)
    found = PAIRED[name](4.0 * mid, 4.0 * side, mid, side)
    expected = 10.0 * np.log10(4.0) if name in GAIN_SENSITIVE else 0.0
    assert found.shape == (BATCH,)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("name", PAIRED)
def test_both_of_a_pair_louder_is_the_same_distance(name: str) -> None:
    pair = (*powers(1), *powers(2))
    louder = (2.0 * power for power in pair)
    np.testing.assert_allclose(PAIRED[name](*louder), PAIRED[name](*pair), rtol=1e-9)


@pytest.mark.parametrize("name", PAIRED)
def test_silence_counts_nowhere(name: str) -> None:
    pair = (*powers(1), *powers(2))
    plain = PAIRED[name](*pair)
    assert (plain > 0.0).all()
    padded = [np.concatenate((power, np.full((BATCH, BANDS, 80), 1e-10)), 2) for power in pair]
    padded[0][..., FRAMES:] = 1.0
    np.testing.assert_allclose(PAIRED[name](*padded), plain, rtol=1e-9)
    silent = [np.zeros_like(power) for power in pair]
    assert not PAIRED[name](*pair[:2], *silent[:2]).any()
    assert np.isfinite(PAIRED[name](*silent[:2], *pair[2:])).all()


@pytest.mark.parametrize("name", PAIRED)
def test_arrays_and_tensors_agree_and_have_a_gradient(name: str) -> None:
    pair = (*powers(3, 12), *powers(4, 12))
    tensors = [torch.from_numpy(power) for power in pair]
    np.testing.assert_allclose(PAIRED[name](*tensors).numpy(), PAIRED[name](*pair), rtol=1e-12)
    for tensor in tensors[:2]:
        tensor.requires_grad_()
    torch.autograd.gradcheck(PAIRED[name], tensors, eps=1e-9, atol=1e-4, rtol=1e-4)
    total = PAIRED[name](*tensors).sum()
    assert all(slope.any() for slope in torch.autograd.grad(total, tensors[:1]))


@pytest.mark.parametrize("name", PAIRED)
def test_the_target_itself_has_no_distance_and_a_finite_gradient(name: str) -> None:
    mid, side = (torch.from_numpy(power).float().requires_grad_() for power in powers(5))
    found = PAIRED[name](mid, side, mid.detach(), side.detach())
    assert not found.any()
    assert all(torch.isfinite(slope).all() for slope in torch.autograd.grad(found.sum(), [mid]))


def test_mel_distance_weighs_side_by_the_energy_of_the_target() -> None:
    mid = np.full((3, BANDS, FRAMES), 1e-2)
    side = mid * np.array([0.02, 0.5, 0.0])[:, None, None]
    found = measures.mel_distance(mid, side * 10.0**0.3, mid, side)
    np.testing.assert_allclose(found, [0.3, 1.5, 0.0], atol=1e-9)


def test_mel_distance_counts_what_either_has_above_80_db_below_the_loudest() -> None:
    target = np.full((1, BANDS, FRAMES), 1e-2)
    target[:, 0] = 0.9e-10
    estimate = target.copy()
    estimate[:, 0] *= 1.1
    none = np.zeros_like(target)
    assert measures.mel_distance(estimate, none, target, none) == pytest.approx(0.0, abs=1e-12)
    estimate[:, 0] = 1.1e-10
    expected = 10.0 * np.log10(1.1 / 0.9) / BANDS
    assert measures.mel_distance(estimate, none, target, none) == pytest.approx(expected)


def test_gate_has_an_absolute_and_a_relative_threshold() -> None:
    mid = 10.0 ** (np.array([[[-3.0, -6.0, -28.0, -26.0, -75.0]]]) / 10.0)
    assert gate.audible_frames(mid, np.zeros_like(mid)).tolist() == [
        [True, True, False, True, False]
    ]
    quiet = 10.0 ** (np.array([[[-71.0, -71.0]]]) / 10.0)
    assert not gate.audible_frames(quiet, np.zeros_like(quiet)).any()


def test_statistics_of_a_steady_sine() -> None:
    mid = np.zeros((1, BANDS, FRAMES))
    mid[:, 2], mid[:, 3] = 0.25, 0.75
    side = 0.0 * mid
    frames = gate.audible_frames(mid, side)
    peak = np.ones((1, 4 * FRAMES))
    assert statistics.crest_factor_db(mid, side, frames, peak) == pytest.approx(3.0103, abs=1e-4)
    assert statistics.level_db(mid, side, frames, np.ones(BANDS)) == pytest.approx(0.0, abs=1e-9)
    assert statistics.level_db(mid, side, frames, np.full(BANDS, 2.0)) == pytest.approx(
        3.0103, abs=1e-4
    )
    spectrum = statistics.spectrum_db(mid, side, frames)
    assert spectrum[0, 3] == pytest.approx(10.0 * np.log10(0.75))
    assert spectrum[0, 0] == pytest.approx(-120.0)
    spread = statistics.spread_db(mid, side, frames)
    np.testing.assert_allclose(spread, 0.0, atol=1e-5)
    ratio = statistics.energy_ratio_db(mid, side, frames, FRAME_RATE_HZ)
    assert ratio == pytest.approx(0.0, abs=1e-5)


def test_spread_is_the_standard_deviation_of_levels() -> None:
    levels_db = np.where(np.arange(FRAMES) % 2, -14.0, -20.0)
    mid = np.broadcast_to(10.0 ** (levels_db / 10.0), (1, BANDS, FRAMES))
    spread = statistics.spread_db(mid, 0.0 * mid, np.ones((1, FRAMES), bool))
    np.testing.assert_allclose(spread, 3.0, rtol=1e-9)


def test_width_is_side_over_mid_within_40_db() -> None:
    mid = np.full((1, 4, FRAMES), 1e-2)
    side = mid * np.array([0.1, 1.0, 0.0, 1e6])[:, None]
    frames = np.ones((1, FRAMES), bool)
    np.testing.assert_allclose(
        statistics.width_db(mid, side, frames), [[-10.0, 0.0, -40.0, 40.0]], atol=1e-9
    )


def test_energy_ratio_of_a_pulse_train() -> None:
    # one frame in four is loud: slow energy is a quarter of it and that of three quiet frames
    quiet, rate_hz = 0.05, 4000.0
    power = np.where(np.arange(40_000) % 4, quiet, 1.0)
    mid = np.broadcast_to(power, (1, 1, len(power)))
    excess_db = -10.0 * np.log10((1.0 + 3.0 * quiet) / 4.0)
    found = statistics.energy_ratio_db(mid, 0.0 * mid, np.ones((1, len(power)), bool), rate_hz)
    assert found == pytest.approx(excess_db / 2.0, rel=1e-3)


def test_energy_ratio_of_less_than_the_slow_window_uses_what_there_is() -> None:
    mid = np.array([[[1.0, 3.0]]])
    found = statistics.energy_ratio_db(mid, 0.0 * mid, np.ones((1, 2), bool), 10.0)
    assert found == pytest.approx(10.0 * np.log10(1.5) / np.sqrt(2.0))


def test_crest_factor_distance() -> None:
    mid, side = powers(6, 12)
    peak = np.full((BATCH, 10), 0.4)
    peak[:, 3] = 0.8
    found = measures.crest_factor_distance(mid, side, 0.5 * peak, mid, side, peak)
    np.testing.assert_allclose(found, 20.0 * np.log10(2.0))
    both = measures.crest_factor_distance(0.25 * mid, 0.25 * side, 0.5 * peak, mid, side, peak)
    np.testing.assert_allclose(both, 0.0, atol=1e-9)
    none = np.zeros_like(mid)
    assert not measures.crest_factor_distance(mid, side, peak, none, none, peak).any()
    tensors = [torch.tensor(x) for x in (mid, side, 0.5 * peak, mid, side, peak)]
    assert measures.crest_factor_distance(*tensors).tolist() == pytest.approx(found.tolist())
    for tensor in tensors[:3]:
        tensor.requires_grad_()
    torch.autograd.gradcheck(
        measures.crest_factor_distance, tensors, eps=1e-9, atol=1e-4, rtol=1e-4
    )
