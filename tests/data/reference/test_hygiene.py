from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.files.info import FileInfo, is_lossy
from glassmaster.data.reference.hygiene import Aspect, Hygiene, examine
from glassmaster.data.synthetic import STYLES, compose

RATE_HZ = 44_100
ALL = frozenset(Aspect)
Signal = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def song() -> Signal:
    """Return a song without overs, with a treble that reaches 22 kHz."""
    mix = compose(0, duration_s=20.0).mix.samples.astype(np.float64)
    air = np.random.default_rng(0).standard_normal(mix.shape)
    return mix + 1e-4 * air


def examined(samples: Signal, rate_hz: int = RATE_HZ, codec: str = "PCM_24") -> Hygiene:
    audio = Audio(np.ascontiguousarray(samples, np.float32), rate_hz)
    channels, frames = audio.samples.shape
    info = FileInfo(
        *(Path("a.wav"), "wav", codec, rate_hz, channels, frames, 24),
        lossy=is_lossy(codec),
        tags={},
    )
    return examine(analyze(ArrayReader(audio)), info)


def codes(hygiene: Hygiene) -> list[str]:
    return [finding.code for finding in hygiene.findings]


def seconds(duration_s: float) -> Signal:
    return np.arange(round(duration_s * RATE_HZ)) / RATE_HZ


def low_passed(samples: Signal, edge_hz: float) -> Signal:
    spectrum = np.fft.rfft(samples, axis=1)
    spectrum[:, np.fft.rfftfreq(samples.shape[1], 1.0 / RATE_HZ) > edge_hz] = 0.0
    return np.fft.irfft(spectrum, samples.shape[1], axis=1)


@pytest.mark.parametrize("style", STYLES)
def test_a_song_is_used_for_everything(style: str) -> None:
    mix = compose(1, style=style, duration_s=16.0).mix.samples.astype(np.float64)
    air = np.random.default_rng(0).standard_normal(mix.shape)
    assert examined(mix + 1e-4 * air) == Hygiene((), ALL, None)


def test_a_codec_alone_takes_nothing_away(song: Signal) -> None:
    found = examined(song, codec="VORBIS")
    assert (found.aspects, found.tone_to_hz) == (ALL, None)
    assert codes(found) == ["reference_lossy"]
    assert "all of it is used" in found.findings[0].message


@pytest.mark.parametrize("edge_hz", [11_000.0, 16_000.0])
@pytest.mark.parametrize("codec", ["MPEG_LAYER_III", "PCM_24"])
def test_tone_ends_where_a_codec_cuts(song: Signal, edge_hz: float, codec: str) -> None:
    found = examined(low_passed(song, edge_hz), codec=codec)
    assert codes(found) == ["reference_lossy"]
    assert found.aspects == ALL
    assert found.tone_to_hz is not None
    assert 2.0 ** (-1 / 6) * edge_hz <= found.tone_to_hz <= 1.001 * edge_hz
    assert f"{1e-3 * found.tone_to_hz:.1f} kHz" in found.findings[0].message
    assert ("its lossy codec" in found.findings[0].message) == (codec != "PCM_24")


def test_a_low_pass_at_twenty_kilohertz_is_no_matter(song: Signal) -> None:
    assert examined(low_passed(song, 20_000.0)) == Hygiene((), ALL, None)


def test_tone_ends_with_a_low_sample_rate(song: Signal) -> None:
    found = examined(low_passed(song, 10_800.0)[:, ::2], RATE_HZ // 2)
    assert found.tone_to_hz is not None
    assert found.tone_to_hz <= 11_025.0


def test_levels_of_a_clipped_song_are_not_used(song: Signal) -> None:
    found = examined(np.clip(4.0 * song / np.abs(song).max(), -1.0, 1.0))
    assert codes(found) == ["reference_clipped"]
    assert found.aspects == {Aspect.TONE, Aspect.WIDTH}
    assert "dynamics and loudness are not used" in found.findings[0].message


def test_a_few_clipped_peaks_are_no_matter(song: Signal) -> None:
    clipped = song / np.abs(song).max()
    clipped[:, 100_000:100_008] = 1.0  # one run a channel in 20 s
    assert examined(clipped) == Hygiene((), ALL, None)


def test_levels_of_an_over_limited_song_are_not_used(song: Signal) -> None:
    limited = 0.8 * np.tanh(30.0 * song / np.abs(song).max())
    limited += 1e-4 * np.random.default_rng(1).standard_normal(limited.shape)
    found = examined(limited)
    assert codes(found) == ["reference_over_limited"]
    assert found.aspects == {Aspect.TONE, Aspect.WIDTH}


@pytest.mark.parametrize("channels", [1, 2])
def test_width_of_mono_is_not_used(song: Signal, channels: int) -> None:
    found = examined(np.repeat(song.mean(axis=0, keepdims=True), channels, axis=0))
    assert codes(found) == ["reference_mono"]
    assert found.aspects == ALL - {Aspect.WIDTH}


def test_width_of_a_narrow_song_is_used(song: Signal) -> None:
    mid, side = song.sum(axis=0) / 2.0, (song[0] - song[1]) / 2.0
    side *= 10.0 ** (-45.0 / 20.0) * np.sqrt(np.mean(mid**2) / np.mean(side**2))
    assert examined(np.stack((mid + side, mid - side))) == Hygiene((), ALL, None)


@pytest.mark.parametrize(
    ("right", "code"), [(0.001, "reference_one_sided"), (-0.9, "reference_phase")]
)
def test_width_of_broken_stereo_is_not_used(song: Signal, right: float, code: str) -> None:
    found = examined(np.stack((song[0], right * song[0])))
    assert codes(found) == [code]
    assert found.aspects == ALL - {Aspect.WIDTH}


@pytest.mark.parametrize(
    ("duration_s", "code", "aspects"),
    [
        (2.0, "reference_too_short", set()),
        (2.99, "reference_too_short", set()),
        (3.1, "reference_short", {Aspect.TONE}),
        (14.0, "reference_short", {Aspect.TONE}),
    ],
)
def test_a_short_reference_gives_its_tone_at_most(
    song: Signal, duration_s: float, code: str, aspects: set[Aspect]
) -> None:
    start = 4 * RATE_HZ
    found = examined(song[:, start : start + round(duration_s * RATE_HZ)])
    assert codes(found) == [code]
    assert found.aspects == aspects


def no_music(kind: str) -> Signal:
    rng, t = np.random.default_rng(0), seconds(16.0)
    if kind == "white":
        return rng.standard_normal((2, len(t)))
    if kind == "pink":
        spectrum = np.fft.rfft(rng.standard_normal((2, len(t))))
        return np.fft.irfft(spectrum / np.sqrt(1.0 + np.arange(spectrum.shape[1])), len(t))
    if kind == "sine":
        return np.sin(2.0 * np.pi * 440.0 * t)[None]
    if kind == "hum":
        return np.asarray(sum(np.sin(2.0 * np.pi * 50.0 * k * t) / k for k in range(1, 9)))[None]
    if kind == "beeps":
        return (np.sin(2.0 * np.pi * 1000.0 * t) * (t % 1.0 < 0.4))[None]
    if kind == "siren":
        return np.sin(2.0 * np.pi * np.cumsum(np.where(t % 2.0 < 1.0, 600.0, 800.0)) / RATE_HZ)[
            None
        ]
    burst = np.zeros((1, len(t)))  # a click in silence, too long for the analyzer to refuse
    burst[0, 300_000:304_000] = np.sin(0.1 * np.arange(4000))
    return burst


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("white", "noise"),
        ("pink", "noise"),
        ("sine", "unchanged"),
        ("hum", "unchanged"),
        ("beeps", "unchanged"),
        ("siren", "steady"),
        ("click", "silence"),
    ],
)
def test_what_is_no_music_is_not_used(kind: str, word: str) -> None:
    samples = no_music(kind)
    found = examined(0.5 * samples / np.abs(samples).max())
    assert codes(found) == ["reference_not_music"]
    assert word in found.findings[0].message
    assert (found.aspects, found.tone_to_hz) == (frozenset(), None)


def test_speech_is_not_used() -> None:
    found = examined(0.5 * syllables())
    assert codes(found) == ["reference_not_music"]
    assert "speech" in found.findings[0].message


def syllables() -> Signal:
    """Return syllables of unequal length in no rhythm: a gliding buzz, vowels, hisses."""
    rng, spoken = np.random.default_rng(2), []
    while sum(map(len, spoken)) < 20 * RATE_HZ:
        t = seconds(rng.choice((0.07, 0.1, 0.14, 0.2, 0.3)) * rng.uniform(0.8, 1.25))
        pitch_hz = rng.uniform(90.0, 150.0) * (1.0 - 0.5 * t)
        phase = np.cumsum(pitch_hz) / RATE_HZ
        vowel = np.zeros_like(t)
        formants_hz = rng.uniform((300.0, 900.0, 2300.0), (800.0, 2200.0, 3200.0))
        for k in range(1, 40):
            gains = 1.0 / (1.0 + ((110.0 * k - formants_hz) / 90.0) ** 2)
            vowel += gains.sum() * np.sin(2.0 * np.pi * k * phase)
        hiss = np.diff(rng.standard_normal(round(rng.uniform(0.04, 0.1) * RATE_HZ)))
        spoken += [0.2 * hiss * np.hanning(len(hiss)), vowel * np.hanning(len(t))]
        pause_s = rng.uniform(0.3, 0.6) if rng.random() < 0.15 else rng.uniform(0.0, 0.06)
        spoken.append(np.zeros(round(pause_s * RATE_HZ)))
    voice = np.concatenate(spoken)
    voice += 1e-5 * rng.standard_normal(len(voice))
    return (voice / np.abs(voice).max())[None]


def test_a_whisper_of_a_song_is_not_used(song: Signal) -> None:
    found = examined(1e-3 * song)
    assert codes(found) == ["reference_silent"]
    assert found.aspects == frozenset()
