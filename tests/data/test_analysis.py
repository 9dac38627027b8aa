from __future__ import annotations

import hashlib
import threading

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.analysis import Analysis, Analyzer, analyze
from glassmaster.data.audio import ArrayReader, Audio, Samples
from glassmaster.data.metering.report import LoudnessAndPeak
from glassmaster.models.errors import UnsupportedAudioError
from glassmaster.models.mel_statistics import STATISTICS


def song(frames: int = 200_000, channels: int = 2, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    noise = np.cumsum(rng.standard_normal((channels, frames)), axis=1)
    noise -= np.linspace(0.0, 1.0, frames) * noise[:, -1:]
    noise = noise[:1] + 0.2 * noise + 3.0 * rng.standard_normal((channels, frames))
    noise -= noise.mean(axis=1, keepdims=True)
    scaled: Samples = (0.5 * noise / np.abs(noise).max()).astype(np.float32)
    return scaled


def analyzed(samples: npt.NDArray[np.float32], rate: int = 44_100) -> Analysis:
    return analyze(ArrayReader(Audio(samples, rate)))


def assert_equal(one: Analysis, other: Analysis) -> None:
    for name in Analysis.__slots__:
        if name not in ("spectrum", "statistics", "content"):
            assert getattr(one, name) == getattr(other, name), name
    np.testing.assert_array_equal(one.spectrum.mid, other.spectrum.mid)
    np.testing.assert_array_equal(one.spectrum.side, other.spectrum.side)
    np.testing.assert_array_equal(one.spectrum.cross, other.spectrum.cross)
    np.testing.assert_array_equal(one.statistics, other.statistics)
    np.testing.assert_array_equal(one.content, other.content)


def test_figures_of_a_tone() -> None:
    tone = (0.5 * np.sin(2.0 * np.pi * 997.0 * np.arange(220_500) / 44_100)).astype(np.float32)
    found = analyzed(np.stack((tone, tone)))
    assert found.frames == 220_500
    assert found.duration_s == 5.0
    assert found.sample_peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert found.crest_db == pytest.approx(3.01, abs=0.01)
    assert found.correlation == pytest.approx(1.0)
    assert found.loudness.integrated_lufs == pytest.approx(-6.02, abs=0.02)
    assert found.loudness.true_peak_dbtp == pytest.approx(-6.02, abs=0.02)
    assert found.loudness.plr_db == pytest.approx(0.0, abs=0.03)
    assert found.loudness.psr_db == pytest.approx(0.0, abs=0.03)
    assert found.mid_third_octaves_db[17] == pytest.approx(-9.03, abs=0.05)
    assert found.side_third_octaves_db.max() < -130.0
    assert found.findings == ()
    assert found.statistics.shape == (len(STATISTICS),)
    assert found.statistics[STATISTICS.index("side_db")] == pytest.approx(-40.0, abs=0.1)


def test_mono_is_measured_as_one_channel_and_as_two_loudspeakers() -> None:
    samples = song(channels=1)
    mono, stereo = analyzed(samples), analyzed(np.tile(samples, (2, 1)))
    assert mono.loudness.integrated_lufs is not None
    assert mono.loudness.dual_mono_lufs == pytest.approx(stereo.loudness.integrated_lufs, abs=1e-6)
    assert mono.loudness.dual_mono_lufs == pytest.approx(
        mono.loudness.integrated_lufs + 3.0103, abs=1e-3
    )
    # so a mix has the same ratios however it is stored
    assert mono.loudness.plr_db == pytest.approx(stereo.loudness.plr_db, abs=1e-6)
    assert mono.loudness.psr_db == pytest.approx(stereo.loudness.psr_db, abs=1e-6)
    assert stereo.loudness.dual_mono_lufs == stereo.loudness.integrated_lufs
    np.testing.assert_allclose(mono.spectrum.mid, stereo.spectrum.mid, rtol=1e-4)


def test_digest_is_that_of_the_interleaved_samples() -> None:
    samples = song()
    expected = hashlib.sha256(samples.T.astype("<f4").tobytes()).hexdigest()
    assert analyzed(samples).digest == expected


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 150_000), max_size=6))
def test_one_thread_or_two_and_any_blocks(cuts: list[int]) -> None:
    samples = song(150_000)
    analyzer = Analyzer(44_100, 2)
    for block in np.split(samples, sorted(cuts), axis=1):
        analyzer.feed(block)
    assert_equal(analyzer.result(), analyzed(samples))


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    analyzed(song())
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (np.zeros((2, 0)), "too_short"),
        (np.full((2, 1), 0.5), "too_short"),
        (np.zeros((2, 100_000)), "silent"),
        (np.full((1, 100_000), 0.3), "silent"),
        (np.where(np.arange(100_000) == 70_000, np.nan, 0.1 * np.ones((2, 1))), "non_finite"),
        (np.where(np.arange(100_000) == 70_000, np.inf, 0.1 * np.ones((2, 1))), "non_finite"),
        (np.full((2, 100_000), 1e30), "absurd_level"),
    ],
)
def test_what_cannot_be_mastered(samples: npt.NDArray[np.float64], code: str) -> None:
    with pytest.raises(UnsupportedAudioError) as caught:
        analyzed(samples.astype(np.float32))
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_an_error_of_the_reader_or_of_the_helper_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(ArrayReader):
        def read(self, frames: int) -> Samples:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        analyze(Failing(Audio(song(), 44_100)))

    def fail(self: Analyzer, block: Samples) -> None:
        raise MemoryError("full")

    monkeypatch.setattr(Analyzer, "feed_shape", fail)
    with pytest.raises(MemoryError, match="full"):
        analyzed(song(600_000))


def test_short_files_have_everything_but_loudness() -> None:
    found = analyzed(song(10_000))
    assert found.loudness.integrated_lufs is None
    assert found.loudness.plr_db is None
    assert found.loudness.dual_mono_lufs is None
    assert found.loudness.true_peak_dbtp is not None
    assert not found.statistics.any()
    assert [finding.code for finding in found.findings] == ["loudness_undefined"]
    assert np.isfinite(analyzed(song(2)).crest_db)


@pytest.mark.parametrize(
    ("rate", "codes"),
    [
        (8000, ["low_sample_rate"]),
        (11_025, ["low_sample_rate"]),
        (12_345, ["low_sample_rate", "odd_sample_rate"]),
        (22_050, ["low_sample_rate"]),
        (32_000, []),
        (50_000, ["odd_sample_rate"]),
        (384_000, []),
    ],
)
def test_sample_rates(rate: int, codes: list[str]) -> None:
    found = analyzed(song(rate), rate)
    assert [finding.code for finding in found.findings] == codes
    assert found.loudness.integrated_lufs is not None


@pytest.mark.parametrize("channels", [1, 2])
def test_very_quiet_below_minus_40_lufs_on_two_loudspeakers(channels: int) -> None:
    level_lufs = analyzed(song(channels=channels)).loudness.dual_mono_lufs
    assert level_lufs is not None
    for wanted_lufs, codes in (
        (-40.2, ["very_quiet"]),
        (-39.8, []),
        (-75.0, ["loudness_undefined"]),
    ):
        gain = 10.0 ** ((wanted_lufs - level_lufs) / 20.0)
        found = analyzed((gain * song(channels=channels)).astype(np.float32))
        assert [finding.code for finding in found.findings] == codes


def test_the_pair_of_meters_agrees_with_the_whole() -> None:
    samples = song()
    pair = LoudnessAndPeak(44_100, 2)
    for block in np.array_split(samples, 7, axis=1):
        pair.feed(block)
    found = analyzed(samples)
    assert pair.finish() == found.loudness
    assert pair.sample_peak_dbfs == pytest.approx(found.sample_peak_dbfs)
