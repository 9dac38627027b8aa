"""Every parameter's gradient beside finite differences, where the parameter is at work."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from cases import SPECTRUM
from signals import programme

from glassmaster.models.differentiable.chain import render_chain
from glassmaster.models.differentiable.resolving import batch_spectra, resolve_batch
from glassmaster.models.differentiable.settings import (
    batch_settings,
    normalized_settings,
    settings_from_normalized,
)
from glassmaster.models.parameters import ParameterSpec
from glassmaster.models.settings import BLOCKS, PARAMETERS, default_settings

RATE = 44_100
FRAMES = 8192
TOLERANCE = 1e-4

# bells and shelves of 4 dB, about 6 dB of gain reduction, the limiter driven by 4 dB
ACTIVE: dict[str, dict[str, float]] = {
    "equalizer": {
        "high_pass_frequency_hz": 30.0,
        "low_shelf_gain_db": 4.0,
        "low_gain_db": -4.0,
        "low_mid_gain_db": 4.0,
        "high_mid_gain_db": -4.0,
        "high_gain_db": 4.0,
        "high_shelf_gain_db": -4.0,
    },
    "deesser": {"threshold_db": 2.0, "ratio": 3.0},
    "multiband_compressor": {
        f"{band}_{key}": value
        for band in ("low", "low_mid", "high_mid", "high")
        for key, value in (("threshold_db", -6.0), ("ratio", 3.0), ("trim_db", 1.0))
    },
    "saturator": {"drive_db": -6.0, "mix": 0.5},
    "imager": {"low_width": 0.5, "middle_width": 1.4, "high_width": 0.7},
    "limiter": {"ceiling_dbtp": -4.0, "release_ms": 100.0},
}
GAINS = ("normalization_db", "gain_db")


def point(
    blocks: Mapping[str, Mapping[str, float]],
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Normalized settings, shape ``(1, parameters)``, and which blocks run."""
    settings = default_settings()
    for name, values in blocks.items():
        settings = settings.with_block(name, values)
    batch = batch_settings([settings])
    return normalized_settings(batch), dict(batch.active)


def losses(
    z: torch.Tensor, active: dict[str, torch.Tensor], gains: torch.Tensor, x: torch.Tensor
) -> torch.Tensor:
    """A fixed weighted sum of each example's output, shape ``(batch,)``."""
    count = len(z)
    everywhere = {name: flag.expand(count) for name, flag in active.items()}
    resolved = resolve_batch(
        settings_from_normalized(z, everywhere),
        batch_spectra([SPECTRUM] * count),
        sample_rate=RATE,
        normalization_db=gains[:, 0],
        gain_db=gains[:, 1],
    )
    y = render_chain(x.expand(count, -1, -1), resolved, sample_rate=RATE)
    weights = torch.randn(y.shape[1:], dtype=y.dtype, generator=torch.manual_seed(9))
    return (y * weights).sum((1, 2))


def slopes_by_differences(
    z: torch.Tensor,
    active: dict[str, torch.Tensor],
    gains: torch.Tensor,
    x: torch.Tensor,
    directions: torch.Tensor,
    step: float = 1e-4,
) -> torch.Tensor:
    """Central differences at two steps, extrapolated to a step of zero (Richardson)."""
    columns = z.shape[1]
    whole = torch.cat((z, gains), 1)
    found = []
    for scale in (step, 0.5 * step):
        moved = torch.cat((whole + scale * directions, whole - scale * directions))
        with torch.no_grad():
            loss = losses(moved[:, :columns], active, moved[:, columns:], x)
        up, down = loss.chunk(2)
        found.append((up - down) / (2.0 * scale))
    return (4.0 * found[1] - found[0]) / 3.0


def slopes_through_noise(
    z: torch.Tensor, active: dict[str, torch.Tensor], gains: torch.Tensor, x: torch.Tensor
) -> torch.Tensor:
    """Slopes over both gains, from cubics through many steps, so that rounding averages out."""
    steps = torch.linspace(-0.01, 0.01, 97, dtype=torch.float64)
    found = []
    for index in range(2):
        moved = gains.repeat(len(steps), 1)
        moved[:, index] += steps
        with torch.no_grad():
            loss = losses(z.expand(len(steps), -1), active, moved, x)
        powers = (steps[:, None] / 0.01) ** torch.arange(4)
        found.append(torch.linalg.lstsq(powers, loss[:, None]).solution[1, 0] / 0.01)
    return torch.stack(found)


def audio(seed: int = 1) -> torch.Tensor:
    return torch.as_tensor(0.5 * programme(RATE, 0.5, seed)[None, :, 4000 : 4000 + FRAMES])


def places(block: str) -> list[tuple[int, ParameterSpec]]:
    return [(i, spec) for i, (name, spec) in enumerate(PARAMETERS) if name == block]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_parameter_of_a_block(block: str) -> None:
    z, active = point({block: ACTIVE[block]})
    gains = torch.tensor([[0.0, 4.0 if block == "limiter" else 0.0]], dtype=torch.float64)
    x = audio()
    exact, _ = gradients(z, active, gains, x)
    chosen = [place for place, _ in places(block)] + [len(PARAMETERS), len(PARAMETERS) + 1]
    directions = torch.eye(len(exact), dtype=torch.float64)[chosen]
    found = slopes_by_differences(z, active, gains, x, directions)
    if block == "limiter":  # which knows the peaks, that gains move, in single precision only
        found[-2:] = slopes_through_noise(z, active, gains, x)
    for place, direction, slope in zip(chosen, directions, found, strict=True):
        name = GAINS[place - len(PARAMETERS)] if place >= len(PARAMETERS) else PARAMETERS[place][1]
        expected = float(slope)
        assert abs(expected) > 1e-6, f"{name} is not heard"
        assert float((exact * direction).sum()) == pytest.approx(expected, rel=TOLERANCE), name


def gradients(
    z: torch.Tensor, active: dict[str, torch.Tensor], gains: torch.Tensor, x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Exact slopes over settings and gains, ``(parameters + 2,)``, and over the audio."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (z, gains, x)]
    losses(leaves[0], active, leaves[1], leaves[2]).sum().backward()
    of_settings, of_gains, of_audio = (leaf.grad for leaf in leaves)
    assert of_settings is not None
    assert of_gains is not None
    assert of_audio is not None
    return torch.cat((of_settings[0], of_gains[0])), of_audio


def slope_over_audio(
    z: torch.Tensor,
    active: dict[str, torch.Tensor],
    gains: torch.Tensor,
    x: torch.Tensor,
    direction: torch.Tensor,
    step: float,
) -> float:
    with torch.no_grad():
        up, down = (losses(z, active, gains, x + s * direction) for s in (step, -step))
    return float(up - down) / (2.0 * step)


def test_every_parameter_through_the_whole_chain_before_the_limiter() -> None:
    z, active = point({name: values for name, values in ACTIVE.items() if name != "limiter"})
    gains, x = torch.tensor([[-1.0, 2.0]], dtype=torch.float64), audio(2)
    exact, of_audio = gradients(z, active, gains, x)
    heard = [i for i in range(len(exact)) if i not in {place for place, _ in places("limiter")}]
    directions = torch.eye(len(exact), dtype=torch.float64)[heard]
    found = slopes_by_differences(z, active, gains, x, directions)
    torch.testing.assert_close(exact[heard], found, rtol=TOLERANCE, atol=1e-6)
    direction = torch.randn(x.shape, dtype=x.dtype, generator=torch.manual_seed(7))
    slope = slope_over_audio(z, active, gains, x, direction, step=1e-6)
    assert float((of_audio * direction).sum()) == pytest.approx(slope, rel=1e-6)


def test_the_whole_chain_with_the_limiter() -> None:
    z, active = point(ACTIVE)
    gains, x = torch.tensor([[-1.0, 6.0]], dtype=torch.float64), audio(2)
    exact, of_audio = gradients(z, active, gains, x)
    generator = torch.manual_seed(7)
    directions = torch.randn(4, len(exact), dtype=x.dtype, generator=generator)
    directions /= len(exact) ** 0.5
    # the limiter knows its peaks in single precision only: a larger step, a wider tolerance
    found = slopes_by_differences(z, active, gains, x, directions, step=1e-3)
    torch.testing.assert_close(directions @ exact, found, rtol=1e-3, atol=0.0)
    direction = torch.randn(x.shape, dtype=x.dtype, generator=generator)
    slope = slope_over_audio(z, active, gains, x, direction, step=1e-4)
    assert float((of_audio * direction).sum()) == pytest.approx(slope, rel=TOLERANCE)
