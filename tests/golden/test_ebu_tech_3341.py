"""EBU Tech 3341 (2023), Table 1: every case that is defined by a formula.

Cases 7 and 8 are recordings, which may not be passed on.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import signal

from glassmaster.data.metering.loudness import LoudnessMeter
from glassmaster.data.metering.true_peak import TruePeakMeter

Array = npt.NDArray[np.float64]
Segment = tuple[float, float | None]

pytestmark = pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])

TOLERANCE_LU = 0.1


def tone(seconds: float, level_dbfs: float | None, rate: int) -> Array:
    """1 kHz sine; every length used is a whole number of 10 ms, so segments join in phase."""
    repeats = round(seconds * 100)
    ten_ms = np.sin(2.0 * np.pi * 1000.0 * np.arange(rate // 100) / rate)
    amplitude = 0.0 if level_dbfs is None else 10.0 ** (level_dbfs / 20.0)
    return np.tile(amplitude * ten_ms, repeats)


def fed(segments: Iterable[Segment], rate: int) -> LoudnessMeter:
    meter = LoudnessMeter(rate, 2)
    for seconds, level_dbfs in segments:
        meter.feed(np.tile(tone(seconds, level_dbfs, rate), (2, 1)))
    return meter


@pytest.mark.parametrize("level_dbfs", [pytest.param(-23.0, id="1"), pytest.param(-33.0, id="2")])
def test_steady_tone(level_dbfs: float, rate: int) -> None:
    meter = fed([(20.0, level_dbfs)], rate)
    assert meter.momentary_lufs == pytest.approx(level_dbfs, abs=TOLERANCE_LU)
    assert meter.short_term_lufs == pytest.approx(level_dbfs, abs=TOLERANCE_LU)
    assert meter.integrated_lufs == pytest.approx(level_dbfs, abs=TOLERANCE_LU)


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param([(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)], id="3"),
        pytest.param(
            [(10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)], id="4"
        ),
        pytest.param([(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)], id="5"),
    ],
)
def test_gates(segments: list[Segment], rate: int) -> None:
    assert fed(segments, rate).integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_6_five_channels(rate: int) -> None:
    meter = LoudnessMeter(rate, 5, weights=(1.0, 1.0, 1.0, 1.41, 1.41))
    meter.feed(np.stack([tone(20.0, level, rate) for level in (-28.0, -28.0, -24.0, -30.0, -30.0)]))
    assert meter.integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_9_short_term_is_constant(rate: int) -> None:
    segments = [(1.34, -20.0), (1.66, -30.0)] * 5
    mono = np.concatenate([tone(*segment, rate) for segment in segments])
    meter = LoudnessMeter(rate, 2)
    step = rate // 20
    for start in range(0, len(mono), step):
        meter.feed(np.tile(mono[start : start + step], (2, 1)))
        if start + step >= 3 * rate:
            assert meter.short_term_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert meter.short_term_max_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_10_short_term_maximum_of_a_file(rate: int) -> None:
    for i in range(20):
        meter = fed([(i * 0.15, None), (3.0, -23.0), (1.0, None)], rate)
        assert meter.short_term_max_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_11_short_term_maximum_live(rate: int) -> None:
    meter = LoudnessMeter(rate, 2)
    for i in range(20):
        for segment in ((i * 0.15, None), (3.0, -38.0 + i), (3.0 - i * 0.15, None)):
            meter.feed(np.tile(tone(*segment, rate), (2, 1)))
        # each is louder than all before it
        assert meter.short_term_max_lufs == pytest.approx(-38.0 + i, abs=TOLERANCE_LU)


def test_case_12_momentary_is_constant(rate: int) -> None:
    segments = [(0.18, -20.0), (0.22, -30.0)] * 25
    mono = np.concatenate([tone(*segment, rate) for segment in segments])
    meter = LoudnessMeter(rate, 2)
    step = rate // 100
    for start in range(0, len(mono), step):
        meter.feed(np.tile(mono[start : start + step], (2, 1)))
        if start + step >= rate:
            assert meter.momentary_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_13_momentary_maximum_of_a_file(rate: int) -> None:
    for i in range(20):
        meter = fed([(i * 0.02, None), (0.4, -23.0), (1.0, None)], rate)
        assert meter.momentary_max_lufs == pytest.approx(-23.0, abs=TOLERANCE_LU)


def test_case_14_momentary_maximum_live(rate: int) -> None:
    meter = LoudnessMeter(rate, 2)
    for i in range(20):
        for segment in ((i * 0.02, None), (0.4, -38.0 + i), (0.4 - i * 0.02, None)):
            meter.feed(np.tile(tone(*segment, rate), (2, 1)))
        assert meter.momentary_max_lufs == pytest.approx(-38.0 + i, abs=TOLERANCE_LU)


def assert_true_peak(mono: Array, expected_dbtp: float) -> None:
    meter = TruePeakMeter(2)
    meter.feed(np.tile(mono, (2, 1)))
    level_dbtp = meter.true_peak_dbtp
    assert level_dbtp is not None
    assert expected_dbtp - 0.4 <= level_dbtp <= expected_dbtp + 0.2


@pytest.mark.parametrize(
    ("divisor", "amplitude", "degrees", "expected_dbtp"),
    [
        pytest.param(4, 0.50, 0.0, -6.0, id="15"),
        pytest.param(4, 0.50, 45.0, -6.0, id="16"),
        pytest.param(6, 0.50, 60.0, -6.0, id="17"),
        pytest.param(8, 0.50, 67.5, -6.0, id="18"),
        pytest.param(4, 1.41, 45.0, 3.0, id="19"),
    ],
)
def test_true_peak_of_a_sine(
    divisor: int, amplitude: float, degrees: float, expected_dbtp: float, rate: int
) -> None:
    frames = rate
    mono = amplitude * np.sin(2.0 * np.pi * np.arange(frames) / divisor + np.radians(degrees))
    ramp = np.arange(rate // 100) / (rate // 100)
    mono[: len(ramp)] *= ramp
    mono[-len(ramp) :] *= ramp[::-1]
    assert_true_peak(mono, expected_dbtp)


@pytest.mark.parametrize("offset", [pytest.param(i, id=str(20 + i)) for i in range(4)])
def test_true_peak_of_a_burst(offset: int, rate: int) -> None:
    # at four times the rate: fs/6 is 24 samples a period, fs/4 is 16
    steps = np.full(24 * 2000 + 16, 1.0 / 24.0)
    amplitude = np.full(len(steps), 0.50)
    burst = slice(24 * 1000, 24 * 1000 + 16)
    steps[burst], amplitude[burst] = 1.0 / 16.0, 1.00
    phase = 2.0 * np.pi * np.append(0.0, np.cumsum(steps)[:-1])
    fast = amplitude * np.sin(phase)
    fast[:400] *= np.arange(400) / 400.0
    fast[-400:] *= np.arange(400)[::-1] / 400.0
    low_passed = signal.convolve(fast, signal.firwin(1023, 0.5, fs=4.0, window=("kaiser", 8.0)))
    assert_true_peak(low_passed[offset::4], 0.0)
