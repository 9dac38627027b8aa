from __future__ import annotations

import numpy as np
import pytest

from glassmaster.data.metering.spectrum import SpectrumMeter
from glassmaster.data.metering.stereo import third_octave_correlation, third_octave_width
from glassmaster.models.spectrum import PowerSpectrum

RATE = 44_100
NOISE = np.random.default_rng(0).standard_normal((2, 20 * RATE)) * 0.1


def spectrum(left_of: float, right_of: float) -> PowerSpectrum:
    """Common noise in both channels, and independent noise besides."""
    common = NOISE[0]
    meter = SpectrumMeter(RATE, 2)
    meter.feed(np.stack((left_of * common, right_of * common + NOISE[1])))
    return meter.spectrum()


def test_correlation_is_that_of_the_samples() -> None:
    for left, right in ((1.0, 1.0), (1.0, -2.0), (0.3, 0.0)):
        channels = np.stack((left * NOISE[0], right * NOISE[0] + NOISE[1]))
        expected = np.corrcoef(channels)[0, 1]
        # white noise: every band has the correlation of the whole
        found = third_octave_correlation(spectrum(left, right))
        assert found[15:] == pytest.approx(expected, abs=0.05)


def test_width_of_mono_independent_and_opposite_channels() -> None:
    zero = np.zeros(124)
    one = np.ones(124)
    mono, opposite = PowerSpectrum(one, zero, zero), PowerSpectrum(zero, one, zero)
    np.testing.assert_array_equal(third_octave_width(mono), 0.0)
    np.testing.assert_array_equal(third_octave_width(opposite), 1.0)
    np.testing.assert_array_equal(third_octave_correlation(mono), 1.0)
    np.testing.assert_array_equal(third_octave_correlation(opposite), -1.0)
    independent = spectrum(1.0, 0.0)
    assert third_octave_width(independent)[15:].mean() == pytest.approx(0.5, abs=0.01)
    np.testing.assert_allclose(third_octave_correlation(independent)[15:], 0.0, atol=0.1)


def test_undefined_where_a_channel_is_silent() -> None:
    meter = SpectrumMeter(RATE, 2)
    meter.feed(np.stack((NOISE[0], np.zeros(20 * RATE))))
    assert np.all(np.isnan(third_octave_correlation(meter.spectrum())))
    silence = PowerSpectrum(*np.zeros((3, 124)))
    np.testing.assert_array_equal(third_octave_width(silence), 0.0)
    assert np.all(np.isnan(third_octave_correlation(silence)))
