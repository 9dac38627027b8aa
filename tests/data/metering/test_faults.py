from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.metering.faults import FaultMeter

Array = npt.NDArray[np.float64]

RATE = 44_100
LSB = 1.0 / 32_768.0


def scanned(samples: npt.ArrayLike) -> FaultMeter:
    block = np.asarray(samples, np.float64)
    meter = FaultMeter(len(block))
    meter.feed(block)
    return meter


def codes(samples: npt.ArrayLike) -> set[str]:
    return {finding.code for finding in scanned(samples).findings()}


def music(seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((2, RATE))


def tone(frequency_hz: float, amplitude: float = 0.5) -> Array:
    mono = amplitude * np.sin(2.0 * np.pi * frequency_hz * np.arange(RATE) / RATE)
    return np.tile(mono, (2, 1))


def test_sums() -> None:
    samples = music() + np.array([[0.01], [-0.02]])
    meter = scanned(samples)
    assert meter.frames == RATE
    assert meter.dc_offset == pytest.approx(samples.mean(axis=1), abs=1e-12)
    assert meter.mean_square == pytest.approx(np.square(samples).mean())
    assert meter.sample_peaks == pytest.approx(np.abs(samples).max(axis=1), abs=0.0)
    assert meter.correlation == pytest.approx(np.corrcoef(samples)[0, 1], abs=1e-9)


def test_a_clean_signal_has_no_findings() -> None:
    assert codes(music()) == set()
    assert codes(tone(1000.0)) == set()


def test_dc_offset() -> None:
    assert codes(music() + 0.05) == {"dc_offset"}
    assert codes(music() + 0.0005) == set()


def test_clipped_at_full_scale() -> None:
    samples = np.zeros((2, 1000))
    samples[0, 10:13] = 1.0
    samples[0, 20:24] = -1.0
    samples[1, 30:33] = 32_767 * LSB
    samples[1, 40:42] = 1.0  # two in a row may be a peak
    samples[1, 50:53] = (1.0, -1.0, 1.0)
    assert scanned(samples).clipped_runs == 3


def test_flat_tops_below_full_scale() -> None:
    clipped = np.clip(8.0 * music(), -0.7, 0.7)
    assert scanned(clipped).clipped_runs > 100
    assert "clipped" in codes(clipped)
    assert "clipped" not in codes(8.0 * music())


@pytest.mark.parametrize("frequency_hz", [20.0, 50.0, 441.0, 1000.0])
def test_rounded_tops_are_not_clipping(frequency_hz: float) -> None:
    # 16 bits make the top of a slow wave flat, but nothing jumps onto it
    rounded = np.round(tone(frequency_hz, 0.9) / LSB) * LSB
    assert scanned(rounded).clipped_runs == 0


def test_full_scale_square_wave() -> None:
    assert "clipped" in codes(np.sign(tone(100.0) + 1e-9))


def test_overs_in_float_are_not_clipping() -> None:
    assert scanned(tone(300.0, 2.4)).clipped_runs == 0


def test_phase_and_one_sided() -> None:
    common = music()[0]
    assert codes([common, -common]) == {"phase"}
    assert codes([common, 0.01 * music(1)[1]]) == {"one_sided"}
    assert codes([np.zeros(RATE), common]) == {"one_sided"}
    assert codes([common, -common + music(2)[0]]) == {"phase"}
    assert codes([common, 0.1 * common]) == set()


def test_mono_correlates_with_itself() -> None:
    meter = scanned(music()[:1])
    assert meter.correlation == pytest.approx(1.0)
    assert meter.findings() == []


def test_silence() -> None:
    click = np.zeros((2, RATE))
    click[:, 1000] = 1.0
    noise = LSB * np.random.default_rng(0).integers(-1, 2, (2, RATE))
    for samples in (
        np.zeros((2, RATE)),
        np.full((2, RATE), 0.25),
        np.full((2, RATE), 5e-324),
        noise,
        click,
    ):
        assert scanned(samples).silent
    for audible in (10.0 * noise, click + music(), tone(1000.0), tone(1000.0)[:, :20]):
        assert not scanned(audible).silent


def test_not_finite_is_counted_and_left_out() -> None:
    samples = music()
    clean = scanned(np.where(np.arange(RATE) == 99, 0.0, samples))
    for broken in (np.nan, np.inf, -np.inf):
        samples[:, 99] = broken
        meter = scanned(samples)
        assert meter.non_finite == 2
        assert meter.mean_square == clean.mean_square
        assert meter.sample_peaks == clean.sample_peaks
        assert meter.correlation == pytest.approx(clean.correlation)
    assert scanned(np.full((2, 10), np.nan)).non_finite == 20


def test_absurd_level() -> None:
    assert scanned(1e30 * music()).absurd_level
    assert not scanned(tone(100.0, 10.0)).absurd_level


def test_nothing_at_all() -> None:
    meter = FaultMeter(2)
    assert meter.silent
    assert meter.correlation is None
    assert meter.findings() == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=10))
def test_no_result_depends_on_the_blocks(cuts: list[int]) -> None:
    samples = np.clip(5.0 * music()[:, :3000], -1.0, 0.8)
    samples[0, 1500] = np.nan
    whole, pieces = scanned(samples), FaultMeter(2)
    for block in np.split(samples, sorted(cuts), axis=1):
        pieces.feed(block)
    assert pieces.clipped_runs == whole.clipped_runs
    assert pieces.dc_offset == whole.dc_offset
    assert pieces.mean_square == whole.mean_square
    assert pieces.correlation == whole.correlation
    assert pieces.non_finite == 1
    assert pieces.findings() == whole.findings()
