from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt, sosfiltfilt

from glassmaster.data.alignment.aligning import align
from glassmaster.data.alignment.alignment import as_document, from_document
from glassmaster.data.alignment.track import audio_track
from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError

RATE = 44_100
FEW = settings(max_examples=5, deadline=None)


def shifted(x: np.ndarray[Any, Any], by: int) -> np.ndarray[Any, Any]:
    return np.pad(x, ((0, 0), (by, 0))) if by >= 0 else x[:, -by:]


@FEW
@given(by=st.integers(-RATE, 3 * RATE), sign=st.sampled_from((-1, 1)))
def test_offset_and_polarity_are_exact(workshop: Any, by: int, sign: int) -> None:
    found = workshop.align(shifted(sign * workshop.master, by))
    assert (found.offset_samples, found.polarity) == (by, sign)
    assert abs(found.fraction) < 0.25
    assert found.drift_ppm == 0.0
    assert len(found.segments) == 1
    assert found.longest.start == max(0, -by)


@FEW
@given(by=st.integers(-RATE, RATE), rate=st.sampled_from((48_000, 88_200, 96_000)))
def test_offset_is_exact_at_another_rate(workshop: Any, by: int, rate: int) -> None:
    master = soxr.resample(shifted(workshop.master, by).T, RATE, rate, quality="VHQ").T
    found = workshop.align(master, rate)
    assert abs(found.longest.offset - by) < 0.25
    assert (found.mix_rate, found.master_rate) == (RATE, rate)


@settings(max_examples=3, deadline=None)
@given(ppm=st.floats(3.0, 400.0), sign=st.sampled_from((-1, 1)), by=st.integers(-9000, 9000))
def test_drift_is_a_line(workshop: Any, ppm: float, sign: int, by: int) -> None:
    drift = 1.0 + sign * 1e-6 * ppm
    master = soxr.resample(shifted(workshop.master, by).T, RATE, RATE * drift, quality="VHQ").T
    found = workshop.align(master)
    assert found.drift_ppm == pytest.approx(sign * ppm, abs=0.5)
    start = found.longest.start
    assert abs(found.longest.offset - ((start + by) * drift - start)) < 0.5


@pytest.mark.parametrize(("hz", "gain_db"), [(3000.0, 9.0), (3000.0, -9.0), (9000.0, 8.0)])
def test_equalizer_does_not_bias_the_offset(workshop: Any, hz: float, gain_db: float) -> None:
    sections = workshop.shelf(hz, gain_db, RATE)
    found = workshop.align(sosfilt(sections, workshop.mix, axis=1))
    assert abs(found.longest.offset) < 0.1


def linkwitz_riley(x: np.ndarray[Any, Any], hz: float) -> np.ndarray[Any, Any]:
    """Return the sum of both ways of a fourth-order crossover: an all-pass."""
    low, high = (butter(2, hz, kind, fs=RATE, output="sos") for kind in ("low", "high"))
    return sosfilt(low, sosfilt(low, x)) + sosfilt(high, sosfilt(high, x))  # type: ignore[no-any-return]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("corners", [(120.0, 900.0, 4500.0), (150.0, 2500.0, 5000.0)])
def test_crossovers_do_not_bias_the_offset(workshop: Any, corners: Any, sign: int) -> None:
    x = workshop.mix
    for hz in corners:
        x = linkwitz_riley(x, hz)
    found = workshop.align(sign * shifted(x, 777))
    assert (found.offset_samples, found.polarity) == (777, sign)


def test_linear_phase_does_not_bias_the_offset(workshop: Any) -> None:
    sections = butter(1, 8000.0, "low", fs=RATE, output="sos")
    master = workshop.mix + 2.0 * sosfiltfilt(sections, workshop.mix)
    assert workshop.align(shifted(master, 50)).offset_samples == 50


def test_fades_of_the_master_alone_are_found(workshop: Any) -> None:
    master = workshop.master.copy()
    frames = master.shape[1]
    begin, end = frames - 5 * RATE, frames - RATE // 2
    master[:, begin:end] *= np.linspace(1.0, 0.0, end - begin) ** 2
    master[:, end:] = 0.0
    found = workshop.align(master)
    assert found.fade_out_start_s == pytest.approx(begin / RATE, abs=1.3)
    assert found.fade_in_end_s is None
    assert any("fades out" in finding for finding in found.findings)
    unfaded = workshop.align(workshop.master)
    assert (unfaded.fade_in_end_s, unfaded.fade_out_start_s) == (None, None)


def test_edit_is_found_piece_by_piece() -> None:
    mix = compose(8, style="ballad", duration_s=36.0).mix
    x = mix.samples
    first, second = 13 * RATE, 22 * RATE
    edit = np.concatenate((x[:, :first], x[:, second:]), axis=1)
    other = audio_track("edit", Audio(np.ascontiguousarray(edit), RATE))
    found = align(audio_track("mix", mix), other)
    assert [segment.offset_samples for segment in found.segments] == [0, first - second]
    assert found.segments[0].end <= first + RATE
    assert found.segments[1].start >= second - RATE
    assert found.mix_share == pytest.approx(27 / 36, abs=0.08)
    assert found.master_share > 0.9
    assert any("edit" in finding for finding in found.findings)


def test_gain_is_that_of_the_master(workshop: Any) -> None:
    found = workshop.align(2.0 * workshop.mix)
    assert found.gain_db == pytest.approx(6.02, abs=0.01)
    assert found.residual_db < -50.0


def test_instrumental_is_refused(workshop: Any) -> None:
    bare = workshop.mix - workshop.song.stems["vocal"]
    with pytest.raises(CatalogueError, match="another version") as caught:
        workshop.align(workshop.master, mix=bare)
    assert caught.value.code == "other_performance"


def test_another_take_is_refused(workshop: Any) -> None:
    rng = np.random.default_rng(4)
    stems = workshop.song.stems.values()
    take = sum(np.roll(stem, int(rng.integers(-1700, 1700)), 1) for stem in stems)
    with pytest.raises(CatalogueError) as caught:
        workshop.align(workshop.master, mix=np.asarray(take))
    assert caught.value.code == "other_performance"


def test_another_song_is_refused(workshop: Any) -> None:
    other = compose(99, style="ballad", duration_s=16.0).mix.samples
    with pytest.raises(CatalogueError) as caught:
        workshop.align(other)
    assert caught.value.code == "other_song"


def test_closer_revision_leaves_less_unexplained(workshop: Any) -> None:
    earlier = workshop.mix + 0.122 * workshop.song.stems["vocal"]  # 1 dB
    made_of = workshop.align(workshop.master)
    not_made_of = workshop.align(workshop.master, mix=earlier)
    assert made_of.residual_db < not_made_of.residual_db - 0.1


def test_document_keeps_everything(workshop: Any) -> None:
    found = workshop.align(shifted(workshop.master, 5))
    assert from_document(as_document(found)) == found


def test_what_is_too_short_is_named_as_such() -> None:
    song = Audio(compose(1, duration_s=2.0).mix.samples, RATE)
    with pytest.raises(CatalogueError) as refused:
        align(audio_track(song), audio_track(song))
    assert refused.value.code == "too_short"
