"""Songs from a seed: the same bytes, the right length, and what a mix looks like."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyebur128
import pytest
import soundfile

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import STEMS, STYLES, Song, compose, main
from glassmaster.models.errors import ParameterError

Array = npt.NDArray[np.float64]


@cache
def song(style: str, seed: int = 1) -> Song:
    return compose(seed, style=style, duration_s=20.0)


def digest(made: Song) -> str:
    return hashlib.sha256(b"".join(made.stems[name].tobytes() for name in STEMS)).hexdigest()


def ebur128(audio: Audio) -> tuple[float, float, float]:
    mode = pyebur128.MeasurementMode
    state = pyebur128.R128State(
        2, audio.sample_rate, mode.MODE_I | mode.MODE_LRA | mode.MODE_TRUE_PEAK
    )
    state.add_frames(audio.samples.T.astype(np.float64).ravel(), audio.samples.shape[1])
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(2))
    return (
        pyebur128.get_loudness_global(state),
        pyebur128.get_loudness_range(state),
        20.0 * np.log10(peak),
    )


def power(samples: npt.NDArray[np.float32], sample_rate: int) -> tuple[Array, Array]:
    lines = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    frequency_hz = np.fft.rfftfreq(samples.shape[1], 1.0 / sample_rate)
    return frequency_hz, lines.sum(axis=0) / samples.shape[1] ** 2


def bands_db(audio: Audio, edges_hz: list[float]) -> Array:
    frequency_hz, lines = power(audio.samples, audio.sample_rate)
    places = np.searchsorted(frequency_hz, edges_hz)
    return 10.0 * np.log10(np.add.reduceat(lines, places)[:-1])


def correlation(samples: npt.NDArray[np.float32]) -> float:
    return float(np.corrcoef(samples.astype(np.float64))[0, 1])


def kick_bpm(made: Song) -> float:
    # Four to the floor: the low band's envelope repeats every quarter.
    low = np.abs(made.stems["drums"].astype(np.float64).sum(axis=0))
    hop = made.sample_rate // 400
    envelope = low[: len(low) // hop * hop].reshape(-1, hop).max(axis=1)
    envelope = envelope - envelope.mean()
    size = 2 * len(envelope)
    similarity = np.fft.irfft(np.abs(np.fft.rfft(envelope, size)) ** 2)
    lags = np.arange(int(400 * 60 / 145), int(400 * 60 / 110))
    return float(400.0 * 60.0 / lags[np.argmax(similarity[lags])])


@pytest.mark.parametrize("style", STYLES)
def test_the_same_arguments_give_the_same_bytes(style: str) -> None:
    first = compose(5, style=style, duration_s=3.0)
    again = compose(5, style=style, duration_s=3.0)
    assert digest(first) == digest(again)
    assert digest(first) != digest(compose(6, style=style, duration_s=3.0))


@pytest.mark.parametrize("style", STYLES)
def test_stems_are_a_partition_of_the_mix_to_the_bit(style: str) -> None:
    made = song(style)
    assert tuple(made.stems) == STEMS
    steps = [np.rint(stem.astype(np.float64) * 2**23) for stem in made.stems.values()]
    for stem, whole in zip(made.stems.values(), steps, strict=True):
        np.testing.assert_array_equal(stem, whole / 2**23)
    np.testing.assert_array_equal(made.mix.samples, sum(reversed(steps)) / 2**23)


@pytest.mark.parametrize("style", STYLES)
def test_every_stem_plays_and_is_finite(style: str) -> None:
    for name, stem in song(style).stems.items():
        assert stem.shape == (2, 882_000)
        assert stem.dtype == np.float32
        assert stem.flags.c_contiguous
        assert np.all(np.isfinite(stem))
        assert 0.02 < np.max(np.abs(stem)) < 1.0, name


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("style", STYLES)
def test_a_mix_has_the_level_and_dynamics_of_an_unmastered_mix(style: str, seed: int) -> None:
    mix = song(style, seed).mix
    integrated_lufs, range_lu, true_peak_dbtp = ebur128(mix)
    peak_dbfs = 20.0 * np.log10(np.max(np.abs(mix.samples)))
    assert -4.51 < peak_dbfs < -3.49
    assert -6.0 < true_peak_dbtp < -2.9
    assert -22.5 < integrated_lufs < -16.0
    assert 13.0 < true_peak_dbtp - integrated_lufs < 20.0
    assert 3.0 < range_lu < 15.0


@pytest.mark.parametrize("style", STYLES)
def test_a_mix_has_the_spectrum_of_music(style: str) -> None:
    octaves = 1000.0 * 2.0 ** (np.arange(-5, 5) - 0.5)
    levels = bands_db(song(style).mix, octaves.tolist())  # 31.25 Hz ... 8 kHz
    fall = -np.polyfit(np.arange(4), levels[5:9], 1)[0]
    assert 2.0 < fall < 5.5
    lows, mids = (np.logaddexp.reduce(levels[i : i + 2] / 10.0 * np.log(10.0)) for i in (1, 5))
    assert 1.5 < 10.0 * (lows - mids) / np.log(10.0) < 10.0  # 63 and 125 Hz against 1 and 2 kHz


@pytest.mark.parametrize("style", STYLES)
def test_stems_lie_where_an_engineer_puts_them(style: str) -> None:
    made = song(style)
    np.testing.assert_array_equal(made.stems["bass"][0], made.stems["bass"][1])
    assert correlation(made.stems["chords"]) < 0.7
    assert correlation(made.stems["vocal"]) > 0.7
    assert 0.5 < correlation(made.mix.samples) < 0.97


def test_styles_sound_different() -> None:
    edges = (1000.0 * 2.0 ** (np.arange(-4, 5) - 0.5)).tolist()
    spectra = {style: bands_db(song(style).mix, edges) for style in STYLES}
    shapes = {style: levels - levels.mean() for style, levels in spectra.items()}
    for i, one in enumerate(STYLES):
        for other in STYLES[i + 1 :]:
            assert np.sqrt(np.mean((shapes[one] - shapes[other]) ** 2)) > 0.7, (one, other)


def test_electronic_songs_keep_their_style_s_tempo_and_differ_in_it() -> None:
    tempos = [kick_bpm(song("electronic", seed)) for seed in (1, 2, 3)]
    assert all(121.0 < tempo < 131.0 for tempo in tempos)
    assert max(tempos) - min(tempos) > 1.0


def test_sibilance_comes_in_bursts_above_the_vowels() -> None:
    made = song("ballad")
    vocal = made.stems["vocal"].astype(np.float64).mean(axis=0)
    lines = np.fft.rfft(vocal)
    frequency_hz = np.fft.rfftfreq(len(vocal), 1.0 / made.sample_rate)
    hiss = np.fft.irfft(lines * ((frequency_hz > 5500.0) & (frequency_hz < 9000.0)), len(vocal))
    blocks = np.sqrt(np.mean(hiss[: len(hiss) // 882 * 882].reshape(-1, 882) ** 2, axis=1))
    assert np.percentile(blocks, 98.0) > 8.0 * np.median(blocks[blocks > 1e-5])


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000, 192_000])
def test_a_song_is_the_same_song_at_every_rate(rate: int) -> None:
    edges = (1000.0 * 2.0 ** (np.arange(-4, 4) - 0.5)).tolist()
    reference = compose(2, style="rock", duration_s=4.0)
    made = compose(2, style="rock", duration_s=4.0, sample_rate=rate)
    assert made.mix.sample_rate == rate
    assert made.mix.samples.shape == (2, 4 * rate)
    difference = bands_db(made.mix, edges) - bands_db(reference.mix, edges)
    assert np.max(np.abs(difference)) < 0.6


def test_nothing_lies_above_hearing() -> None:
    made = compose(2, style="electronic", duration_s=4.0, sample_rate=96_000)
    frequency_hz, lines = power(made.mix.samples, 96_000)
    assert lines[frequency_hz > 21_000.0].sum() < 1e-7 * lines.sum()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("duration_s", [0.1, 0.5, 1.2345])
def test_short_songs_are_exactly_as_long_as_asked(style: str, duration_s: float) -> None:
    mix = compose(0, style=style, duration_s=duration_s).mix
    assert mix.samples.shape == (2, round(duration_s * 44_100))
    assert np.all(np.isfinite(mix.samples))
    assert -4.51 < 20.0 * np.log10(np.max(np.abs(mix.samples))) < -3.49
    assert np.all(mix.samples[:, -1] == 0.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: compose(-1),
        lambda: compose(0, style="polka"),
        lambda: compose(0, duration_s=0.01),
        lambda: compose(0, duration_s=float("nan")),
        lambda: compose(0, sample_rate=8_000),
        lambda: compose(0, sample_rate=384_000),
    ],
)
def test_impossible_wishes_are_refused(call: Callable[[], Song]) -> None:
    with pytest.raises(ParameterError):
        call()


def test_the_command_writes_every_bit_of_the_mix(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    arguments = [str(path), "--seed", "4", "--style", "hiphop", "--duration", "2"]
    assert main(arguments) == 0
    assert soundfile.info(path).subtype == "PCM_24"
    written, rate = soundfile.read(path, dtype="float64")
    assert rate == 44_100
    expected = compose(4, style="hiphop", duration_s=2.0).mix.samples
    np.testing.assert_array_equal(written.T, expected)


def test_the_command_keeps_files_and_explains_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.wav"
    mine.write_bytes(b"a mix of years")
    short = ["--duration", "0.5"]
    assert main([str(mine), *short]) == 74
    assert mine.read_bytes() == b"a mix of years"
    assert main([str(mine), *short, "--force"]) == 0
    assert soundfile.info(mine).frames == 22_050
    assert main([str(tmp_path / "nowhere" / "mix.wav"), *short]) == 74
    assert main([str(tmp_path / "mix.wav"), "--style", "polka"]) == 64
    assert main(["--seed"]) == 64
    assert main(["--help"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "mine.wav" in lines[0]
    assert "nowhere" in lines[1]
    assert "polka" in lines[2]
    assert "--seed" in lines[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]


def test_the_command_never_follows_a_link_and_cleans_up_like_every_writer(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious.wav", tmp_path / "link.wav"
    link.symlink_to(precious)
    short = ["--duration", "0.5"]
    assert main([str(link), *short]) == 74  # a dangling link is something that exists
    left = tmp_path / ".x.wav.glassmaster-partial-1-00000000"
    left.touch()
    assert main([str(link), *short, "--force"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["link.wav"]
    assert soundfile.info(link).frames == 22_050
