from __future__ import annotations

import numpy as np
import pytest
import torch
from cases import CASES, HIGH, LOW, SPECTRUM, settings_of

from glassmaster.models.chain import measure_anchors, resolve
from glassmaster.models.differentiable.resolving import batch_spectra, resolve_batch
from glassmaster.models.differentiable.settings import (
    batch_settings,
    example_settings,
    normalized_settings,
    settings_from_normalized,
)
from glassmaster.models.errors import ParameterError
from glassmaster.models.kernels.dynamics import static_gain_db
from glassmaster.models.processors.multiband_compressor import static_curve_db
from glassmaster.models.settings import BLOCKS, PARAMETERS, ChainSettings

EVERYTHING = tuple(BLOCKS)
RATES = (8000, 44_100, 96_000)


def drawn(count: int) -> list[ChainSettings]:
    return [settings_of(EVERYTHING, seed) for seed in (LOW, HIGH, *range(count))]


def test_every_place_of_the_tensor_is_a_parameter_on_its_own_scale() -> None:
    z = torch.rand(5, len(PARAMETERS), dtype=torch.float64, generator=torch.manual_seed(0))
    batch = settings_from_normalized(z)
    for place, (block, spec) in enumerate(PARAMETERS):
        expected = [spec.denormalize(float(value)) for value in z[:, place]]
        np.testing.assert_allclose(batch.settings[block].values[spec.key], expected, rtol=1e-12)
    torch.testing.assert_close(normalized_settings(batch), z, rtol=0.0, atol=1e-12)


def test_values_beyond_the_range_are_clipped_and_get_no_gradient() -> None:
    z = torch.tensor([[-0.5, 1.5, *[0.5] * (len(PARAMETERS) - 2)]], dtype=torch.float64)
    z.requires_grad_()
    batch = settings_from_normalized(z)
    (first, one), (second, other) = PARAMETERS[:2]
    low, high = batch.settings[first].values[one.key], batch.settings[second].values[other.key]
    assert (float(low.detach()), float(high.detach())) == (one.low, other.high)
    (low + high).sum().backward()
    assert z.grad is not None
    assert z.grad.abs().sum() == 0.0


@pytest.mark.parametrize("shape", [(len(PARAMETERS),), (2, len(PARAMETERS) - 1)])
def test_a_tensor_of_another_chain_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="shape"):
        settings_from_normalized(torch.zeros(shape))


def test_values_are_exact_whatever_the_type_of_the_tensor() -> None:
    batch = settings_from_normalized(torch.rand(1, len(PARAMETERS)))
    values = [v for block in BLOCKS for v in batch.settings[block].values.values()]
    assert {value.dtype for value in values} == {torch.float64}


@pytest.mark.parametrize("active", [{"equaliser": torch.ones(1)}, {"equalizer": torch.ones(2)}])
def test_flags_of_no_block_or_another_batch_are_refused(active: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ParameterError, match="active"):
        settings_from_normalized(torch.rand(1, len(PARAMETERS)), active)


def test_examples_come_back_with_their_bypasses() -> None:
    examples = [settings_of(case.blocks, seed) for seed, case in enumerate(CASES)]
    batch = batch_settings(examples)
    assert batch.size == len(examples)
    assert [example_settings(batch, i) for i in range(batch.size)] == examples


def test_a_block_bypassed_everywhere_is_removed() -> None:
    batch = batch_settings([settings_of(("equalizer",), 1), settings_of(("imager",), 2)])
    chain = resolve_batch(batch, batch_spectra([SPECTRUM] * 2), sample_rate=44_100).chain
    assert chain.equalizer is not None
    assert chain.imager is not None
    assert chain.deesser is chain.multiband_compressor is chain.saturator is chain.limiter is None


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_batch_resolves_to_what_each_example_resolves_to(sample_rate: int) -> None:
    examples = [*drawn(4), settings_of(("deesser", "saturator"), 7)]  # one without equalizer
    whole = resolve_batch(
        batch_settings(examples),
        batch_spectra([SPECTRUM.scaled(gain_db) for gain_db in range(len(examples))]),
        sample_rate=sample_rate,
    ).chain
    assert whole.equalizer is not None
    assert whole.deesser is not None
    assert whole.multiband_compressor is not None
    assert whole.saturator is not None
    assert whole.imager is not None
    assert whole.limiter is not None
    for i, settings in enumerate(examples):
        anchors = measure_anchors(settings, SPECTRUM.scaled(i), sample_rate=sample_rate)
        one = resolve(settings, anchors, normalization_db=0.0)
        pairs = []
        if one.equalizer is not None:
            pairs.append((whole.equalizer.sections, one.equalizer.sections))
        if one.deesser is not None:
            pairs.append((whole.deesser.sections, one.deesser.sections))
            pairs.append((whole.deesser.control, one.deesser.control))
        if one.multiband_compressor is not None:
            pairs.append((whole.multiband_compressor.corners, one.multiband_compressor.corners))
            pairs.append((whole.multiband_compressor.control, one.multiband_compressor.control))
        if one.imager is not None:
            pairs.append((whole.imager.corners, one.imager.corners))
            pairs.append((whole.imager.widths, one.imager.widths))
        if one.limiter is not None:
            pairs.append((whole.limiter.release, one.limiter.release))
        for of_batch, of_one in pairs:
            np.testing.assert_allclose(of_batch(sample_rate)[i], of_one(sample_rate), rtol=1e-11)
        if one.saturator is not None:
            np.testing.assert_allclose(
                whole.saturator.ceiling[i], one.saturator.ceiling, rtol=1e-12
            )


@pytest.mark.parametrize("sample_rate", RATES)
def test_gradients_of_everything_resolved_are_exact(sample_rate: int) -> None:
    # at the middle of the ranges, where no gain is 0 and no limit is met
    z = torch.rand(2, len(PARAMETERS), dtype=torch.float64, generator=torch.manual_seed(3))
    z = 0.2 + 0.6 * z
    spectra = batch_spectra([SPECTRUM, SPECTRUM.scaled(3.0)])

    def resolved(z: torch.Tensor) -> torch.Tensor:
        chain = resolve_batch(settings_from_normalized(z), spectra, sample_rate=sample_rate).chain
        assert chain.equalizer is not None
        assert chain.deesser is not None
        assert chain.multiband_compressor is not None
        assert chain.saturator is not None
        assert chain.imager is not None
        assert chain.limiter is not None
        parts = (
            chain.equalizer.sections(sample_rate),
            chain.deesser.sections(sample_rate),
            chain.deesser.control(sample_rate),
            chain.multiband_compressor.corners(sample_rate),
            chain.multiband_compressor.control(sample_rate),
            chain.imager.corners(sample_rate),
            chain.imager.widths(sample_rate),
            chain.limiter.release(sample_rate),
            chain.limiter.ceiling[:, None],
            chain.saturator.ceiling[:, None],
        )
        return torch.cat([part.flatten(1) for part in parts], 1)

    weights = torch.rand(resolved(z).shape, dtype=z.dtype, generator=torch.manual_seed(4))
    assert torch.autograd.gradcheck(
        lambda z: (resolved(z) * weights).sum(), (z.requires_grad_(),), eps=1e-6, rtol=1e-5
    )


def test_a_filter_without_gain_can_still_learn_one() -> None:
    neutral = settings_of(("equalizer",), 0)
    flat = {k: 0.0 if k.endswith("gain_db") else v for k, v in neutral["equalizer"].values.items()}
    batch = batch_settings([neutral.with_block("equalizer", flat)])
    gains = [
        value.requires_grad_()
        for key, value in batch.settings["equalizer"].values.items()
        if key.endswith("gain_db")
    ]
    chain = resolve_batch(batch, batch_spectra([SPECTRUM]), sample_rate=44_100).chain
    assert chain.equalizer is not None
    chain.equalizer.sections(44_100)[..., 0].sum().backward()
    slopes = [float(gain.grad) for gain in gains if gain.grad is not None]
    assert len(slopes) == len(gains)
    assert all(np.isfinite(slopes))
    assert min(np.abs(slopes)) > 1e-4


def test_the_curve_for_arrays_is_that_of_the_kernel() -> None:
    over_db = np.linspace(-20.0, 20.0, 401)
    for slope, knee_db in ((-0.8, 6.0), (-0.25, 1.0), (0.0, 12.0)):
        expected = [static_gain_db(float(level), slope, knee_db) for level in over_db]
        np.testing.assert_allclose(
            static_curve_db(over_db, slope, knee_db), expected, rtol=0.0, atol=1e-12
        )
