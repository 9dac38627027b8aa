from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.resampling import StreamResampler


@pytest.mark.parametrize(
    ("source_rate", "target_rate"),
    [(8000, 48_000), (12_345, 48_000), (44_100, 48_000), (96_000, 44_100), (48_000, 44_100)],
)
@settings(max_examples=15, deadline=None)
@given(frames=st.integers(0, 4000), cuts=st.lists(st.integers(0, 4000), max_size=5))
def test_length_is_exact_and_blocks_do_not_matter(
    source_rate: int, target_rate: int, frames: int, cuts: list[int]
) -> None:
    samples = np.random.default_rng(0).standard_normal((2, frames))
    whole = StreamResampler(source_rate, target_rate, 2).process(samples, last=True)
    assert whole.shape == (2, int(frames * target_rate / source_rate + 0.5))
    stream = StreamResampler(source_rate, target_rate, 2)
    pieces = [stream.process(block) for block in np.split(samples, sorted(cuts), axis=1)]
    pieces.append(stream.process(np.zeros((2, 0)), last=True))
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)


@pytest.mark.parametrize(("source_rate", "target_rate"), [(44_100, 48_000), (96_000, 44_100)])
def test_a_tone_arrives_in_phase_and_clean(source_rate: int, target_rate: int) -> None:
    tone = np.sin(2.0 * np.pi * 997.0 * np.arange(source_rate) / source_rate)
    expected = np.sin(2.0 * np.pi * 997.0 * np.arange(target_rate) / target_rate)
    out = StreamResampler(source_rate, target_rate, 1).process(tone[np.newaxis], last=True)
    inner = slice(2000, -2000)  # the tone's own start and end are not band-limited
    error_db = 20.0 * np.log10(np.abs(out[0, inner] - expected[inner]).max())
    assert error_db < -140.0


def test_what_lies_above_the_new_nyquist_is_gone() -> None:
    rate = 96_000
    fade = np.hanning(rate)
    tone = fade * np.sin(2.0 * np.pi * 30_000.0 * np.arange(rate) / rate)
    out = StreamResampler(rate, 44_100, 1).process(tone[np.newaxis], last=True)
    assert 20.0 * np.log10(np.abs(out).max()) < -140.0
