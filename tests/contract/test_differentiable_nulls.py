from __future__ import annotations

import numpy as np
import pytest
import torch
from cases import CASES, HIGH, LOW, RATES, SPECTRUM, Case, render, resolved, settings_of
from oracles import chain as oracle
from signals import Array, difference_db, programme

from glassmaster.models.differentiable.chain import render_chain
from glassmaster.models.differentiable.equalizer import EqualizerProcessor
from glassmaster.models.differentiable.host import process
from glassmaster.models.differentiable.resolving import ResolvedBatch, batch_spectra, resolve_batch
from glassmaster.models.differentiable.settings import batch_settings, settings_from_normalized
from glassmaster.models.errors import ParameterError
from glassmaster.models.settings import PARAMETERS

SEEDS = (LOW, HIGH, 0, 1, 2)
EXACT_DB = -140.0
SINGLE_DB = -100.0


def batch_of(case: Case, seeds: tuple[int, ...]) -> ResolvedBatch:
    return resolve_batch(
        batch_settings([settings_of(case.blocks, seed) for seed in seeds]),
        batch_spectra([SPECTRUM] * len(seeds)),
        sample_rate=RATES[-1],  # as `resolved` measures anchors
        normalization_db=case.normalization_db,
        gain_db=case.gain_db,
    )


def learned(case: Case, x: Array, sample_rate: int, dtype: torch.dtype, *seeds: int) -> Array:
    batch = torch.as_tensor(np.repeat(x[None], len(seeds), axis=0), dtype=dtype)
    with torch.no_grad():
        y = render_chain(batch, batch_of(case, seeds), sample_rate=sample_rate)
    assert y.dtype == dtype
    return y.double().numpy()


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_learning_hears_what_the_engine_renders(case: Case, sample_rate: int) -> None:
    x = programme(sample_rate, 1.2)[:, :-5]  # no whole number of hops
    single = x.astype(np.float32).astype(np.float64)
    found = learned(case, x, sample_rate, torch.float64, *SEEDS)
    coarse = learned(case, single, sample_rate, torch.float32, *SEEDS)
    for i, seed in enumerate(SEEDS):
        chain = resolved(case, settings_of(case.blocks, seed))
        assert difference_db(found[i], render(chain, x, sample_rate)) <= EXACT_DB, seed
        assert difference_db(coarse[i], render(chain, single, sample_rate)) <= SINGLE_DB, seed


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_learning_hears_what_the_oracles_say(case: Case, sample_rate: int) -> None:
    x = programme(sample_rate, 0.6, seed=5)
    for seed in (LOW, HIGH, 11):
        (found,) = learned(case, x, sample_rate, torch.float64, seed)
        expected = oracle.render(resolved(case, settings_of(case.blocks, seed)), x, sample_rate)
        assert difference_db(found, expected) <= case.null_db, seed


@pytest.mark.parametrize("frames", [1, 31, 32, 33, 1000])
def test_any_length(frames: int) -> None:
    case = CASES[-1]
    x = programme(44_100, 0.1)[:, :frames]
    chain = resolved(case, settings_of(case.blocks, 3))
    (found,) = learned(case, x, 44_100, torch.float64, 3)
    assert difference_db(found, render(chain, x, 44_100)) <= EXACT_DB


def test_mono_is_two_equal_channels() -> None:
    case = CASES[-1]
    x = programme(44_100, 0.3)[:1]
    chain = resolved(case, settings_of(case.blocks, 4))
    (found,) = learned(case, x, 44_100, torch.float64, 4)
    assert difference_db(found, render(chain, x, 44_100)) <= EXACT_DB


def test_examples_with_other_blocks_share_a_batch() -> None:
    x = programme(44_100, 0.4)
    settings = [settings_of(case.blocks, seed) for seed, case in enumerate(CASES)]
    whole = resolve_batch(
        batch_settings(settings), batch_spectra([SPECTRUM] * len(CASES)), sample_rate=RATES[-1]
    )
    audio = torch.as_tensor(np.repeat(x[None], len(CASES), axis=0))
    found = render_chain(audio, whole, sample_rate=44_100).numpy()
    for i, (case, one) in enumerate(zip(CASES, settings, strict=True)):
        plain = Case(case.name, case.blocks, case.null_db)
        assert difference_db(found[i], render(resolved(plain, one), x, 44_100)) <= EXACT_DB, case


def test_threads_do_not_change_a_bit() -> None:
    x = programme(44_100, 0.3)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            audio = torch.as_tensor(np.repeat(x[None], 3, axis=0)).requires_grad_()
            y = render_chain(audio, batch_of(CASES[-1], (0, 1, 2)), sample_rate=44_100)
            (y**2).sum().backward()
            assert audio.grad is not None
            results.append((y.detach().numpy(), audio.grad.numpy()))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sample_rate", RATES)
def test_settings_in_single_precision_are_heard_exactly(sample_rate: int) -> None:
    # what a network gives; the same point in double precision is the reference
    z = torch.rand(2, len(PARAMETERS), generator=torch.manual_seed(1))
    x = torch.as_tensor(programme(sample_rate, 0.4)[None]).expand(2, -1, -1)
    rendered = [
        render_chain(
            x,
            resolve_batch(
                settings_from_normalized(point),
                batch_spectra([SPECTRUM] * 2),
                sample_rate=sample_rate,
                gain_db=6.0,
            ),
            sample_rate=sample_rate,
        ).numpy()
        for point in (z, z.double())
    ]
    for single, double in zip(*rendered, strict=True):
        assert difference_db(single, double) <= EXACT_DB


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")
def test_another_device_gets_the_same_bits() -> None:
    x = torch.as_tensor(programme(44_100, 0.3)[None], dtype=torch.float32)
    z = torch.rand(1, len(PARAMETERS), generator=torch.manual_seed(2))
    found = []
    for device in ("cpu", "cuda"):
        audio = x.to(device).requires_grad_()
        chains = resolve_batch(
            settings_from_normalized(z.to(device)),
            batch_spectra([SPECTRUM], device=device),
            sample_rate=44_100,
        )
        y = render_chain(audio, chains, sample_rate=44_100)
        y.square().sum().backward()
        assert y.device.type == device
        assert audio.grad is not None
        found.append((y.detach().cpu(), audio.grad.cpu()))
    for one, other in zip(*found, strict=True):
        # settings are resolved on the device, whose powers may round otherwise
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_examples_and_chains_must_be_as_many() -> None:
    x = torch.zeros(2, 2, 64)
    with pytest.raises(ParameterError, match="2 examples"):
        render_chain(x, batch_of(CASES[1], (0,)), sample_rate=44_100)
    sections = torch.zeros(3, 8, 5, dtype=torch.float64)
    with pytest.raises(ParameterError, match="3 of settings"):
        process(EqualizerProcessor(), x, sections)
    with pytest.raises(ParameterError, match="1 of settings"):
        process(EqualizerProcessor(), x, sections[:2], active=torch.ones(1, dtype=torch.bool))


@pytest.mark.parametrize(
    "x",
    [torch.zeros(1, 3, 64), torch.zeros(2, 64), torch.zeros(1, 2, 64, dtype=torch.float16)],
    ids=["channels", "axes", "type"],
)
def test_what_is_no_audio_is_refused(x: torch.Tensor) -> None:
    with pytest.raises(ParameterError):
        render_chain(x, batch_of(CASES[1], (0,)), sample_rate=44_100)
