from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import auraloss
import pytest
import torch
from torch import Tensor

from glassmaster.models.differentiable import stft
from glassmaster.models.differentiable.multiresolution import MultiResolutionDistance
from glassmaster.models.errors import ParameterError

PEER_DEFAULT = MultiResolutionDistance(
    fft_sizes=(1024, 2048, 512), hops=(120, 240, 50), window_lengths=(600, 1200, 240)
)
SMALL = (
    MultiResolutionDistance(fft_sizes=(16,)),
    MultiResolutionDistance(fft_sizes=(16, 32), center=False, linear_weight=0.7),
    MultiResolutionDistance(fft_sizes=(16, 24), hops=(5, 7), window_lengths=(11, 24)),
    MultiResolutionDistance(fft_sizes=(16,), hops=(20,), log_weight=0.0),
    MultiResolutionDistance(fft_sizes=(16,), convergence_weight=0.0, linear_weight=2.0),
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def signals(time: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    target = 0.1 * torch.randn(2, 2, time, generator=generator, dtype=torch.float64)
    noise = torch.randn(2, 2, time, generator=generator, dtype=torch.float64)
    return (0.8 * target + 0.02 * noise).to(dtype), target.to(dtype)


def peer(distance: MultiResolutionDistance) -> auraloss.freq.MultiResolutionSTFTLoss:
    sizes = list(distance.fft_sizes)
    loss = auraloss.freq.MultiResolutionSTFTLoss(
        fft_sizes=sizes,
        hop_sizes=list(distance.hops or [size // 2 for size in sizes]),
        win_lengths=list(distance.window_lengths or sizes),
        w_sc=distance.convergence_weight,
        w_log_mag=distance.log_weight,
        w_lin_mag=distance.linear_weight,
        eps=distance.smallest_power,
    )
    for one in loss.stft_losses:
        one.window = torch.hann_window(one.win_length, dtype=torch.float64)
    return loss


def value_and_gradient(distance: object, estimate: Tensor, target: object) -> tuple[Tensor, Tensor]:
    leaf = estimate.clone().requires_grad_()
    value = distance(leaf, target)  # type: ignore[operator]
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient


@pytest.mark.parametrize(
    "distance",
    [
        PEER_DEFAULT,
        MultiResolutionDistance(),
        MultiResolutionDistance(linear_weight=0.7, log_weight=0.4, convergence_weight=2.0),
    ],
)
@pytest.mark.parametrize("time", [4500, 20_000])
def test_agrees_with_auraloss(distance: MultiResolutionDistance, time: int) -> None:
    estimate, target = signals(time)
    estimate[0, :, time // 4 : time // 2] = 0.0
    estimate[1, 0] *= 1e-5
    value, gradient = value_and_gradient(distance, estimate, target)
    expected, expected_gradient = value_and_gradient(peer(distance), estimate, target)
    assert value == pytest.approx(float(expected), rel=1e-10)
    assert torch.linalg.norm(gradient - expected_gradient) < 1e-8 * torch.linalg.norm(gradient)


def test_agrees_with_auraloss_in_its_own_precision() -> None:
    estimate, target = signals(20_000, torch.float32)
    loss = auraloss.freq.MultiResolutionSTFTLoss()
    assert PEER_DEFAULT(estimate, target) == pytest.approx(float(loss(estimate, target)), rel=1e-5)


@pytest.mark.parametrize("distance", SMALL)
@pytest.mark.parametrize("time", [33, 50, 64])
def test_gradient_agrees_with_finite_differences(
    distance: MultiResolutionDistance, time: int
) -> None:
    estimate, target = signals(time)
    prepared = distance.prepare(target)
    _, gradient = value_and_gradient(distance, estimate, prepared)
    generator = torch.Generator().manual_seed(1)
    directions = list(torch.randn(6, *estimate.shape, generator=generator, dtype=torch.float64))
    for index in (0, 7, time - 1):
        directions.append(torch.zeros_like(estimate))
        directions[-1][1, 0, index] = 1.0

    def slope(direction: Tensor, step: float) -> float:
        beyond, before = (distance(estimate + s * direction, prepared) for s in (step, -step))
        return float(beyond - before) / (2.0 * step)

    for direction in directions:
        numerical = (4.0 * slope(direction, 1e-6) - slope(direction, 2e-6)) / 3.0
        assert float((gradient * direction).sum()) == pytest.approx(numerical, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("distance", SMALL)
def test_blocks_do_not_change_the_result(
    distance: MultiResolutionDistance, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimate, target = signals(400)
    whole = value_and_gradient(distance, estimate, target)
    for samples in (1, 100, 1000):
        monkeypatch.setattr(stft, "_BLOCK_SAMPLES", samples)
        for part, expected in zip(
            value_and_gradient(distance, estimate, target), whole, strict=True
        ):
            torch.testing.assert_close(part, expected, rtol=1e-12, atol=1e-15)


def test_single_precision_follows_double() -> None:
    distance = MultiResolutionDistance(log_weight=0.0)
    value, gradient = value_and_gradient(distance, *signals(60_000, torch.float32))
    exact, exact_gradient = value_and_gradient(distance, *signals(60_000))
    assert gradient.dtype == torch.float32
    assert float(value) == pytest.approx(float(exact), rel=1e-6)
    assert torch.linalg.norm(gradient - exact_gradient) < 1e-5 * torch.linalg.norm(exact_gradient)
    logarithmic = MultiResolutionDistance()
    assert float(logarithmic(*signals(60_000, torch.float32))) == pytest.approx(
        float(logarithmic(*signals(60_000))), rel=1e-6
    )


def test_terms_make_the_distance() -> None:
    distance = MultiResolutionDistance(convergence_weight=0.5, log_weight=2.0, linear_weight=0.25)
    estimate, target = signals(9000)
    terms = distance.terms(estimate, target)
    total = 0.5 * terms.convergence + 2.0 * terms.log_magnitude + 0.25 * terms.linear_magnitude
    assert terms.convergence.shape == (3,)
    assert float(terms.distance) == pytest.approx(float(total.mean()), rel=1e-12)
    assert not MultiResolutionDistance().terms(estimate, target).linear_magnitude.any()


def test_a_louder_copy_differs_by_its_gain() -> None:
    _, target = signals(9000)
    terms = MultiResolutionDistance(linear_weight=1.0).terms(1.25 * target, target)
    assert torch.allclose(terms.convergence, torch.tensor(0.25, dtype=torch.float64), atol=1e-9)
    gain = torch.log(torch.tensor(1.25, dtype=torch.float64))
    assert torch.allclose(terms.log_magnitude, gain, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_target_itself_and_silence_have_no_gradient(dtype: torch.dtype) -> None:
    distance = MultiResolutionDistance(linear_weight=1.0)
    _, target = signals(9000, dtype)
    value, gradient = value_and_gradient(distance, target, target)
    assert value == 0.0
    assert not gradient.any()
    value, gradient = value_and_gradient(distance, torch.zeros_like(target), target)
    assert torch.isfinite(value)
    assert not gradient.any()
    value, gradient = value_and_gradient(distance, target, torch.zeros_like(target))
    assert torch.isfinite(value)
    assert torch.isfinite(gradient).all()


def test_a_prepared_target_and_other_shapes_between_change_nothing() -> None:
    distance = MultiResolutionDistance()
    estimate, target = signals(9000, torch.float32)
    first = value_and_gradient(distance, estimate, target)
    prepared = distance.prepare(target)
    value_and_gradient(distance, *(2.0 * x for x in signals(30_000, torch.float32)))
    for part, expected in zip(value_and_gradient(distance, estimate, prepared), first, strict=True):
        assert torch.equal(part, expected)
    assert torch.equal(distance(estimate, prepared), first[0])


def test_threads_do_not_share_buffers() -> None:
    distance = MultiResolutionDistance()
    cases = [signals(12_000 + 500 * seed, seed=seed) for seed in range(6)]
    expected = [value_and_gradient(distance, *case) for case in cases]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda case: value_and_gradient(distance, *case), cases))
    for pair, expected_pair in zip(found, expected, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(pair, expected_pair, strict=True))


def test_can_be_copied_and_sent() -> None:
    distance = MultiResolutionDistance(fft_sizes=(64,))
    estimate, target = signals(500)
    value = distance(estimate, target)
    for other in (copy.deepcopy(distance), pickle.loads(pickle.dumps(distance))):
        assert other == distance
        assert torch.equal(other(estimate, target), value)


def test_the_gradient_scales_with_what_follows_and_can_be_asked_for_twice() -> None:
    distance = MultiResolutionDistance(fft_sizes=(64,))
    estimate, target = signals(500)
    _, gradient = value_and_gradient(distance, estimate, target)
    leaf = estimate.requires_grad_()
    value = 3.0 * distance(leaf, target)
    for _ in range(2):
        (scaled,) = torch.autograd.grad(value, leaf, retain_graph=True)
        torch.testing.assert_close(scaled, 3.0 * gradient)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda d, x: d(x[0], x), "bad_shape"),
        (lambda d, x: d(x, x[:1]), "bad_shape"),
        (lambda d, x: d(x.half(), x), "bad_type"),
        (lambda d, x: d(x, x.float()), "bad_type"),
        (lambda d, x: d(x, x.clone().requires_grad_()), "target_requires_gradient"),
        (lambda d, x: d(x[..., :4096], x[..., :4096]), "too_short"),
        (lambda d, x: MultiResolutionDistance(fft_sizes=(63,)), "bad_fft_size"),
        (lambda d, x: MultiResolutionDistance(window_lengths=(513, 2048, 8192)), "bad_window"),
        (lambda d, x: MultiResolutionDistance(hops=(0, 1, 1)), "bad_window"),
        (lambda d, x: MultiResolutionDistance(hops=(1, 1)), "bad_resolutions"),
        (lambda d, x: MultiResolutionDistance(smallest_power=0.0), "bad_power"),
    ],
)
def test_says_what_does_not_fit(call: object, code: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call(MultiResolutionDistance(), signals(9000)[0])  # type: ignore[operator]
    assert caught.value.code == code
