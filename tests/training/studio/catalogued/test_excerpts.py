from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from glassmaster.data.alignment.alignment import Alignment, Segment, part_of
from glassmaster.models.errors import CatalogueError
from glassmaster.training.studio.catalogued.excerpts import (
    ExcerptRules,
    excerpt_segments,
    joined_frames,
    read_excerpts,
    unfaded,
)

RATE = 44_100
ALIGNMENT = Alignment(
    mix_rate=RATE,
    master_rate=RATE,
    segments=(Segment(RATE, 9 * RATE, 500, 0.0),),
    drift_ppm=0.0,
    polarity=1,
    gain_db=6.0,
    tone_db=0.0,
    mix_share=0.9,
    master_share=0.9,
    fade_in_end_s=None,
    fade_out_start_s=None,
    strength=1.0,
    residual_db=-30.0,
    worst_db=-20.0,
    unlike_share=0.0,
    findings=(),
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Noise, and the same twice as loud, 500 samples later."""
    noise = 0.1 * np.random.default_rng(3).normal(size=(10 * RATE, 2))
    noise[: 2 * RATE] *= 0.01
    mix, master = tmp_path / "mix.wav", tmp_path / "master.wav"
    soundfile.write(mix, noise, RATE, subtype="FLOAT")
    soundfile.write(master, np.pad(2.0 * noise, ((500, 0), (0, 0))), RATE, subtype="FLOAT")
    return mix, master


def test_excerpts_are_in_step_and_in_loud_places(pair: tuple[Path, Path]) -> None:
    segments = excerpt_segments(pair[0], ALIGNMENT, ExcerptRules(3, 2.0))
    assert [each.frames for each in segments] == [2 * RATE] * 3
    starts = [each.start for each in segments]
    assert starts == sorted(starts)
    assert starts[0] > 1.3 * RATE  # what is soft is passed over
    assert segments[-1].end <= 9 * RATE
    for each in read_excerpts(*pair, ALIGNMENT, segments):
        assert np.abs(each.master - 2.0 * each.mix).max() < 1e-6


def test_fades_of_the_master_are_passed_over() -> None:
    faded = replace(ALIGNMENT, fade_in_end_s=3.0, fade_out_start_s=6.5)
    assert (unfaded(faded).start, unfaded(faded).end) == (3 * RATE, round(6.5 * RATE))
    assert unfaded(ALIGNMENT) == ALIGNMENT.longest


def test_a_part_has_drifted_as_far_as_it_lies_in() -> None:
    drifting = replace(ALIGNMENT, drift_ppm=50.0)
    part = part_of(drifting.longest, drifting, 5 * RATE, RATE)
    # four seconds at 50 millionths
    assert part.offset == pytest.approx(500.0 + 4 * RATE * 50e-6)
    assert -0.5 <= part.fraction <= 0.5


def test_what_is_too_short_is_refused(pair: tuple[Path, Path]) -> None:
    with pytest.raises(CatalogueError, match=r"share 8\.0 s") as caught:
        excerpt_segments(pair[0], ALIGNMENT, ExcerptRules(1, 9.0))
    assert caught.value.code == "short"


def test_short_songs_have_as_many_frames_as_others() -> None:
    rng = np.random.default_rng(5)
    first, second = (rng.normal(size=(2, 2 * RATE)).astype(np.float32) for _ in range(2))
    whole = joined_frames([first, second], RATE, 4)
    assert whole.mid.shape[1] * 4 == len(whole.peak)
    assert whole.mid.shape == joined_frames([first], RATE, 4).mid.shape
    half = whole.mid.shape[1] // 2
    assert np.array_equal(whole.mid[:, :half], whole.mid[:, half:])


def test_other_rates_give_the_same_frames() -> None:
    time_s = np.arange(2 * 96_000) / 96_000
    tone = np.tile(0.5 * np.sin(2.0 * np.pi * 1000.0 * time_s), (2, 1)).astype(np.float32)
    at_96, at_44 = (
        joined_frames([np.ascontiguousarray(each)], rate, 1)
        for each, rate in (
            (tone, 96_000),
            (np.tile(0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(2 * RATE) / RATE), (2, 1)), RATE),
        )
    )
    assert at_96.mid.shape == at_44.mid.shape
    middle = slice(5, -5)
    powers = [each.mid[:, middle].sum(axis=0) for each in (at_96, at_44)]
    assert powers[0] == pytest.approx(powers[1], rel=1e-3)
    assert powers[1] == pytest.approx(0.25, rel=1e-2)  # of a sine at half of full scale
