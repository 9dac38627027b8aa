from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import resample

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import compose
from glassmaster.inference.listening.versions import Part, read_versions
from glassmaster.models.errors import CatalogueError, UnsupportedAudioError, UsageError

Write = Callable[..., Path]

RATE = 44_100
EDGE = 240  # samples of 5 ms at 48 kHz


@pytest.fixture(scope="module")
def piece() -> Audio:
    return compose(4, duration_s=14.0).mix


def step(_: str, __: float) -> None:
    pass


def clipped(samples: Any) -> Any:
    return np.clip(2.0 * samples, -0.4, 0.4)


def inner(samples: Any) -> Any:
    """Without the fades at both ends."""
    return samples[:, EDGE:-EDGE]


def test_the_same_samples_are_compared(write: Write, piece: Audio) -> None:
    shifted = np.pad(clipped(piece.samples), ((0, 0), (3_210, 0)))
    paths = (write("a.wav", piece.samples, RATE), write("b.wav", -shifted, RATE))
    found = read_versions(paths, Part(2.0, 5.0), step)
    assert found.sample_rate == RATE
    assert found.start_s == pytest.approx(2.0)
    assert found.length_s == pytest.approx(5.0)
    expected = piece.samples[:, 2 * RATE : 7 * RATE]
    assert np.array_equal(inner(found.samples[0]), inner(expected))
    assert np.abs(inner(found.samples[1]) - inner(clipped(expected))).max() < 1e-6
    for samples in found.samples:  # a loop has no click
        assert np.abs(samples[:, [0, -1]]).max() < 0.01
    told = {finding.code: finding.message for finding in found.findings}
    assert set(told) == {"moved", "polarity"}
    assert "72.79 ms" in told["moved"]  # 3210 of 44100


def test_what_crossovers_do_to_phases_moves_nothing(
    run: Any, write: Write, piece: Audio, tmp_path: Path
) -> None:
    mix, master = write("mix.wav", piece.samples, RATE, "PCM_24"), tmp_path / "master.wav"
    assert run("master", mix, "-o", master).code == 0
    for paths in ((mix, master), (master, mix)):
        found = read_versions(paths, Part(2.0, 5.0), step)
        assert found.findings == ()
        heard = found.samples[paths.index(mix)]
        assert np.abs(inner(heard) - inner(piece.samples[:, 2 * RATE : 7 * RATE])).max() < 1e-6
    late = write("late.wav", np.pad(piece.samples, ((0, 0), (4_410, 0))), RATE, "PCM_24")
    (moved,) = read_versions((master, late), Part(2.0, 5.0), step).findings
    assert float(moved.message.split("up to ")[1].split()[0]) == pytest.approx(100.0, abs=0.4)


def test_start_counts_in_the_first_file(write: Write, piece: Audio) -> None:
    shifted = np.pad(clipped(piece.samples), ((0, 0), (RATE, 0)))
    paths = (write("b.wav", shifted, RATE), write("a.wav", piece.samples, RATE))
    found = read_versions(paths, Part(3.0, 5.0), step)
    assert found.start_s == pytest.approx(3.0)
    expected = piece.samples[:, 2 * RATE : 7 * RATE]
    assert np.array_equal(inner(found.samples[1]), inner(expected))


def test_the_first_file_counts_even_where_another_has_the_higher_rate(
    write: Write, piece: Audio
) -> None:
    late = np.pad(clipped(piece.samples), ((0, 0), (RATE, 0)))
    fast = resample(piece.samples.astype(np.float64), 672_000, axis=1)
    paths = (write("late.wav", late, RATE), write("fast.wav", fast, 48_000))
    found = read_versions(paths, Part(3.0, 5.0), step)
    assert found.sample_rate == 48_000
    assert found.start_s == pytest.approx(3.0, abs=1e-4)
    assert np.array_equal(
        inner(found.samples[1]), inner(fast[:, 2 * 48_000 : 7 * 48_000].astype(np.float32))
    )


def test_rates_become_one(write: Write, piece: Audio) -> None:
    fast = resample(piece.samples.astype(np.float64), 672_000, axis=1)
    paths = (write("slow.wav", clipped(piece.samples), RATE), write("fast.wav", fast, 48_000))
    found = read_versions(paths, Part(2.0, 5.0), step)
    assert [each.shape for each in found.samples] == [(2, 240_000)] * 2
    expected = resample(clipped(piece.samples).astype(np.float64), 672_000, axis=1)
    off = inner(found.samples[0]) - inner(expected[:, 96_000:336_000])
    # delays across rates are told to some hundredths of a sample
    assert np.sqrt(np.mean(off**2)) < 5e-3 * np.sqrt(np.mean(expected**2))
    assert "44100 Hz and 48000 Hz; all are compared at 48000 Hz" in found.findings[0].message


def test_mono_stands_on_both_sides(write: Write, piece: Audio) -> None:
    mono = clipped(piece.samples.mean(axis=0, keepdims=True))
    paths = (write("s.wav", piece.samples, RATE), write("m.wav", mono, RATE))
    found = read_versions(paths, Part(2.0, 3.0), step)
    assert np.array_equal(found.samples[1][0], found.samples[1][1])
    assert np.abs(inner(found.samples[1])[0] - inner(mono[:, 2 * RATE : 5 * RATE])[0]).max() < 1e-6
    assert [finding.code for finding in found.findings] == ["mono"]


def test_the_loudest_part_is_compared(write: Write, piece: Audio) -> None:
    quiet = piece.samples.copy()
    quiet[:, : 7 * RATE] *= 0.1
    quiet[:, 11 * RATE :] *= 0.1
    paths = (write("a.wav", quiet, RATE), write("b.wav", clipped(quiet), RATE))
    found = read_versions(paths, Part(length_s=4.0), step)
    assert found.start_s == pytest.approx(7.0, abs=0.1)
    whole = read_versions(paths, Part(), step)  # less than half a minute: all of it
    assert whole.length_s == pytest.approx(14.0, abs=0.01)


def test_what_is_not_in_all_files_is_refused(write: Write, piece: Audio) -> None:
    paths = (
        write("a.wav", piece.samples, RATE),
        write("b.wav", clipped(piece.samples)[:, : 8 * RATE], RATE),
    )
    for part in (Part(5.0, 5.0), Part(0.0, 9.0), Part(9.0, None)):
        with pytest.raises(UsageError, match=r"from 0\.0 to 8\.0 s of the first"):
            read_versions(paths, part, step)
    assert read_versions(paths, Part(5.0), step).length_s == pytest.approx(3.0, abs=0.01)


def test_other_music_is_refused_unless_it_is_wanted(write: Write, piece: Audio) -> None:
    other = compose(5, style="electronic", duration_s=14.0).mix
    paths = (write("a.wav", piece.samples, RATE), write("b.wav", other.samples, RATE))
    with pytest.raises(CatalogueError, match=r"no music in common.*add --unaligned") as caught:
        read_versions(paths, Part(), step)
    assert caught.value.code == "other_song"
    found = read_versions(paths, Part(1.0, 3.0, unaligned=True), step)
    assert np.array_equal(inner(found.samples[1]), inner(other.samples[:, RATE : 4 * RATE]))


def test_polarity_is_left_where_files_are_not_aligned(write: Write, piece: Audio) -> None:
    paths = (write("a.wav", piece.samples, RATE), write("b.wav", -piece.samples, RATE))
    found = read_versions(paths, Part(1.0, 3.0, unaligned=True), step)
    assert np.array_equal(found.samples[1], -found.samples[0])


def test_files_too_short_to_be_aligned_begin_together(write: Write, piece: Audio) -> None:
    short = piece.samples[:, : 2 * RATE]
    paths = (write("a.wav", short, RATE), write("b.wav", clipped(short), RATE))
    found = read_versions(paths, Part(), step)
    assert np.abs(inner(found.samples[1]) - inner(clipped(short))).max() < 1e-6
    tiny = (write("c.wav", short[:, :20_000], RATE), write("d.wav", short[:, :30_000], RATE))
    with pytest.raises(UnsupportedAudioError, match=r"only 0\.5 s are in all files"):
        read_versions(tiny, Part(), step)


@pytest.mark.parametrize("gain", [1.0, 0.25, -1.0])
def test_one_recording_twice_is_said_plainly(write: Write, piece: Audio, gain: float) -> None:
    paths = (
        write("a.wav", piece.samples, RATE, "PCM_24"),
        write("b.wav", gain * piece.samples, RATE, "PCM_24"),
        write("c.wav", clipped(piece.samples), RATE),
    )
    with pytest.raises(UnsupportedAudioError, match=r"a\.wav and .*b\.wav: are the same audio"):
        read_versions(paths, Part(2.0, 5.0), step)


def test_dither_of_sixteen_bits_may_be_compared(write: Write, piece: Audio) -> None:
    paths = (
        write("a.wav", piece.samples, RATE, "PCM_24"),
        write("b.wav", piece.samples, RATE, "PCM_16"),
    )
    assert len(read_versions(paths, Part(2.0, 5.0), step).samples) == 2


@pytest.mark.parametrize(
    "arguments", [(-1.0, None), (float("nan"), None), (0.0, 0.5), (0.0, 121.0)]
)
def test_impossible_parts_are_refused(arguments: Any) -> None:
    with pytest.raises(UsageError):
        Part(*arguments)
