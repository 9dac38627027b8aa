from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from signals import Array

from glassmaster.models.kernels.biquads import SECTIONS, cascade, cascade_eight
from glassmaster.models.processors.equalizer import FILTERS, ResolvedEqualizer

Pairs = npt.NDArray[np.complex128]
FRAMES = 400


@pytest.fixture
def sections() -> Array:
    values = {"high_pass_frequency_hz": 40.0}
    for item in FILTERS:
        values[f"{item.name}_gain_db"] = 4.0
        values[f"{item.name}_frequency_hz"] = item.default_hz
        if item.shape == "bell":
            values[f"{item.name}_q"] = 1.2
    found: Array = ResolvedEqualizer(values).sections(48_000)
    return found


@pytest.fixture
def audio() -> Array:
    return np.random.default_rng(1).standard_normal((2, FRAMES))


def silent() -> Pairs:
    return np.zeros((2, SECTIONS), np.complex128)


def four_and_four(x: Array, sections: Array) -> tuple[Array, Pairs]:
    y, states = np.empty_like(x), np.zeros((SECTIONS, 2), np.complex128)
    cascade(x, sections[:4], states[:4], y)
    cascade(y, sections[4:], states[4:], y)
    return y, states.T


@pytest.mark.parametrize("frames", [0, 1, 2, 6, 7, 8, 9, 15, FRAMES])
def test_eight_sections_are_four_and_four_to_the_bit(
    audio: Array, sections: Array, frames: int
) -> None:
    x = audio[:, :frames].copy()
    expected, expected_states = four_and_four(x, sections)
    y, states = np.full_like(x, np.nan), silent()
    cascade_eight(x, sections, states, y)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(states, expected_states)
    cascade_eight(x, sections, silent(), x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("frames", [1, 3, 7, 8, 11, 32, 131])
def test_blocks_of_any_length_give_the_same_bits(
    audio: Array, sections: Array, frames: int
) -> None:
    expected, expected_states = four_and_four(audio, sections)
    states, parts = silent(), []
    for start in range(0, FRAMES, frames):
        x = audio[:, start : start + frames]
        parts.append(np.empty_like(x))
        cascade_eight(np.ascontiguousarray(x), sections, states, parts[-1])
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), expected)
    np.testing.assert_array_equal(states, expected_states)
