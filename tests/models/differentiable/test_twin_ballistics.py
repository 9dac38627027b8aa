from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from glassmaster.models.differentiable.twin.ballistics import (
    least_line,
    release_gain,
    smooth_parts,
)
from glassmaster.models.differentiable.twin.dispersion import (
    crossover_delay,
    delayed,
    delayed_frames,
    section_response,
)
from glassmaster.models.differentiable.twin.loudness import drive_for_loudness, gated_loudness
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.processors.imager import side_magnitude
from glassmaster.models.settings import default_settings
from glassmaster.models.spectrum import CENTERS_HZ

SHARES = (0.5, 0.375, 0.125)


def _random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def test_equal_parts_are_a_branching_one_pole() -> None:
    target = -12.0 * _random(2, 50)
    attack, release = torch.tensor([[0.9, 0.1], [0.2, 0.4]], dtype=torch.float64)
    found = smooth_parts([target] * 3, SHARES, attack, release)
    for row in range(2):
        state = 0.0
        for cell in range(50):
            goal = float(target[row, cell])
            rate = float(attack[row] if goal < state else release[row])
            after = goal + math.exp(-rate) * (state - goal)
            mean = goal + (state - goal) * (1.0 - math.exp(-rate)) / rate
            assert float(found[row, cell]) == pytest.approx(mean, abs=1e-12)
            state = after


def test_uneven_parts_settle_where_rise_and_fall_balance() -> None:
    parts = [torch.full((1, 4000), value, dtype=torch.float64) for value in (0.0, -4.0, -10.0)]
    attack, release = torch.tensor([[0.05], [0.01]], dtype=torch.float64)
    settled = float(smooth_parts(parts, SHARES, attack, release)[0, -1])
    # the two louder parts pull down: 0.01 · 0.5 · (0 - s) = 0.05 · (0.375 (s + 4) + 0.125 (s + 10))
    assert settled == pytest.approx(-0.1375 / 0.03, abs=0.6)
    drift = sum(
        share * (0.05 if float(part[0, 0]) < settled else 0.01) * (float(part[0, 0]) - settled)
        for share, part in zip(SHARES, parts, strict=True)
    )
    assert abs(drift) < 1e-6


def test_the_limiter_releases_in_two_stages() -> None:
    demand = 0.5 + 0.5 * _random(2, 80)
    fast, down, up = (torch.full((2,), c, dtype=torch.float64) for c in (0.5, 0.8, 0.95))
    found = release_gain(demand, fast, down, up)
    for row in range(2):
        quick, slow = 1.0, 1.0
        for cell in range(80):
            goal = float(demand[row, cell])
            quick = goal if goal < quick else goal + 0.5 * (quick - goal)
            slow = quick + (0.8 if quick < slow else 0.95) * (slow - quick)
            assert float(found[row, cell]) == pytest.approx(min(quick, slow), abs=1e-12)
    assert bool((found <= demand + 1e-12).all())


def test_gradients_of_recursions() -> None:
    parts = [(-12.0 * _random(3, 9, seed=k) - 3.0 * k).requires_grad_() for k in range(3)]
    attack = torch.tensor([0.9, 0.3, 0.2], dtype=torch.float64, requires_grad=True)
    release = torch.tensor([0.2, 0.1, 0.9], dtype=torch.float64, requires_grad=True)

    def smoothed(attack: Tensor, release: Tensor, *targets: Tensor) -> Tensor:
        return smooth_parts(targets, SHARES, attack, release)

    assert torch.autograd.gradcheck(smoothed, (attack, release, *parts))
    demand = (0.5 + 0.4 * _random(3, 9)).requires_grad_()
    coefficients = [(c + 0.1 * _random(3)).requires_grad_() for c in (0.3, 0.6, 0.8)]
    assert torch.autograd.gradcheck(release_gain, (demand, *coefficients))


def test_blocks_of_cells_join() -> None:
    demand = 0.5 + 0.5 * _random(2, 70)
    gates = [torch.full((2,), c, dtype=torch.float64) for c in (0.9, 0.95, 0.98)]
    short, long = demand[:, :21].requires_grad_(), demand.clone().requires_grad_()
    torch.testing.assert_close(release_gain(short, *gates), release_gain(long, *gates)[:, :21])
    total = release_gain(long, *gates)[:, 60:].sum()
    (found,) = torch.autograd.grad(total, long)
    for cell in (3, 37, 65):
        step = torch.zeros_like(demand)
        step[0, cell] = 1e-6
        ends = [release_gain(demand + s * step, *gates)[:, 60:].sum() for s in (1.0, -1.0)]
        assert float(found[0, cell]) == pytest.approx(float(ends[0] - ends[1]) / 2e-6, abs=1e-8)


def test_a_line_that_is_never_the_least_gets_no_gradient() -> None:
    gains = torch.tensor([[[1.0]], [[1.0]]], dtype=torch.float64, requires_grad=True)
    slopes = torch.tensor([[0.1], [0.9]], dtype=torch.float64, requires_grad=True)
    least_line([torch.ones(1, 5, dtype=torch.float64)], gains, slopes).sum().backward()  # type: ignore[no-untyped-call]
    assert slopes.grad is not None
    assert float(slopes.grad[0, 0]) > 0.0
    assert float(slopes.grad[1, 0]) == 0.0


def test_delays_read_tracks_late() -> None:
    ramp = torch.arange(30.0, dtype=torch.float64)[None]
    late = delayed(ramp, torch.tensor([2.25], dtype=torch.float64))
    torch.testing.assert_close(late[0, 5:], ramp[0, 5:] - 2.25)
    low = ramp[:, :28].reshape(1, 1, 1, 7, 4).mT.expand(1, 2, 1, 4, 7) / 10.0
    frames = delayed_frames(low, torch.tensor([[1.5]], dtype=torch.float64))
    expected = (torch.arange(1.0, 7.0, dtype=torch.float64) * 4.0 - 1.5) / 10.0
    torch.testing.assert_close(frames[0, 1, 0, 1:].log(), expected)


def test_gradients_of_delays() -> None:
    amounts = (2.8 * _random(2, 3)).requires_grad_()
    assert torch.autograd.gradcheck(delayed, (_random(2, 3, 9).requires_grad_(), amounts))
    low = _random(2, 2, 3, 4, 5).requires_grad_()
    assert torch.autograd.gradcheck(delayed_frames, (low, amounts))


def test_a_crossover_delays_by_the_slope_of_its_phase() -> None:
    values = {"corner_hz": torch.tensor([120.0, 4000.0], dtype=torch.float64)}
    delay = crossover_delay(values, ("corner_hz",), CENTERS_HZ[20:100], 44_100)
    frequency = torch.from_numpy(CENTERS_HZ[20:100])

    def phase(shifted: Tensor, corner_hz: float) -> Tensor:
        ratio = torch.tan(math.pi * shifted / 44_100) / math.tan(math.pi * corner_hz / 44_100)
        return -2.0 * torch.atan2(math.sqrt(2.0) * ratio, 1.0 - ratio * ratio)

    for row, corner_hz in enumerate((120.0, 4000.0)):
        step = 1e-3
        slope = (phase(frequency + step, corner_hz) - phase(frequency - step, corner_hz)) / (
            2.0 * step
        )
        expected = -slope / (2.0 * math.pi) * 44_100
        torch.testing.assert_close(delay[row], expected, rtol=1e-4, atol=1e-5)


def test_the_response_of_sections_is_that_of_the_equalizer() -> None:
    values = {**default_settings()["equalizer"].values, "low_gain_db": 6.0, "high_gain_db": -4.0}
    equalizer = ResolvedEqualizer({k: torch.tensor([v]).double() for k, v in values.items()})
    power, delay = section_response(equalizer.sections(44_100), CENTERS_HZ, 44_100)
    analog_db = equalizer.response_db(CENTERS_HZ, 44_100)[0, :100]
    torch.testing.assert_close(10.0 * power[0, :100].log10(), analog_db, rtol=0.0, atol=0.2)
    assert float(delay[0].abs().max()) > 1.0


def test_the_response_of_side_is_one_for_numbers_and_batches() -> None:
    corners, widths = {"low_corner_hz": 120.0, "high_corner_hz": 3000.0}, (0.5, 1.3, 0.0)
    found = side_magnitude(corners, np.array(widths), np.array([1.0, 600.0, 50_000.0]))
    np.testing.assert_allclose(found, widths, atol=5e-3)
    batch = {key: torch.tensor([1.0, hz]).double() for key, hz in corners.items()}
    both = side_magnitude(
        batch, torch.tensor([(1.0, 1.0, 1.0), widths], dtype=torch.float64), CENTERS_HZ
    )
    torch.testing.assert_close(both[0], torch.ones_like(both[0]))
    alone = side_magnitude(corners, np.array(widths), CENTERS_HZ)
    np.testing.assert_allclose(both[1].numpy(), alone, rtol=1e-12)


def test_a_drive_is_interpolated_between_trials() -> None:
    def limited(tried_db: Tensor) -> Tensor:
        open_lufs = tried_db - 20.0
        return open_lufs - 0.5 * (open_lufs + 12.0).clamp(min=0.0)

    target = torch.tensor([-15.0, -12.0, -11.0, -7.0], dtype=torch.float64)
    open_lufs = torch.full((4,), -20.0, dtype=torch.float64)
    gain_db = drive_for_loudness(target, open_lufs, limited)
    reached = limited(gain_db[None])[0]
    torch.testing.assert_close(reached[:3], target[:3])
    assert float(reached[3]) == pytest.approx(-7.5, abs=0.3)


def test_gated_loudness_ignores_pauses() -> None:
    power = torch.full((2, 4000), 0.01, dtype=torch.float64)
    power[1, 2000:] = 1e-9
    loudness = gated_loudness(power, 44_100)
    assert float(loudness[0]) == pytest.approx(-0.691 - 20.0)
    assert float(loudness[1]) == pytest.approx(-0.691 - 20.0, abs=0.1)
    assert bool(torch.isfinite(gated_loudness(torch.zeros(1, 10), 44_100)).all())
