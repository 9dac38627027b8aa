from __future__ import annotations

import numpy as np
import pytest
from cases import SPECTRUM, render
from scipy import signal
from signals import difference_db, programme

from glassmaster.models.chain import measure_anchors, resolve
from glassmaster.models.kernels.matched import inverse
from glassmaster.models.processors.equalizer import FILTERS, ResolvedEqualizer
from glassmaster.models.settings import BLOCKS, default_settings, specification

RATE = 48_000

BANDS = ("low", "low_mid", "high_mid", "high")
ACTIVE: dict[str, dict[str, float]] = {
    "equalizer": {
        "high_pass_frequency_hz": 30.0,
        **{f"{item.name}_gain_db": 4.0 for item in FILTERS},
    },
    "deesser": {"threshold_db": 4.0, "ratio": 3.0},
    "multiband_compressor": {
        "knee_db": 6.0,
        **{f"{name}_threshold_db": -4.0 for name in BANDS},
        **{f"{name}_ratio": 2.5 for name in BANDS},
    },
    "saturator": {"drive_db": -10.0, "mix": 0.5},
    "imager": {"low_width": 0.5, "middle_width": 1.3, "high_width": 0.7},
    "limiter": {"ceiling_dbtp": -1.0},
}
"""Where every parameter acts: bells at 4 dB, several dB of gain reduction, the limiter driven."""

EVERY = [(name, spec.key) for name, specs in BLOCKS.items() for spec in specs]


def rendered(name: str, values: dict[str, float]) -> np.ndarray:
    settings = default_settings().with_block(name, values)
    anchors = measure_anchors(settings, SPECTRUM, sample_rate=RATE)
    chain = resolve(settings, anchors, normalization_db=0.0, gain_db=4.0)
    return render(chain, programme(RATE, 0.8), RATE)


@pytest.mark.parametrize(("name", "key"), EVERY)
def test_every_parameter_is_heard(name: str, key: str) -> None:
    spec = specification(name, key)
    active = ACTIVE[name]
    z = spec.normalize(active.get(key, spec.default))
    moved = spec.denormalize(z + 0.1 if z < 0.5 else z - 0.1)
    change = difference_db(rendered(name, {**active, key: moved}), rendered(name, active))
    assert change > -80.0


def test_parameters_are_in_the_list_of_one_place_only() -> None:
    assert len(EVERY) == len(set(EVERY)) == sum(len(specs) for specs in BLOCKS.values())


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
@pytest.mark.parametrize("seed", range(3))
def test_a_cut_is_the_exact_inverse_of_the_boost(sample_rate: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = {
        spec.key: spec.denormalize(float(rng.random()))
        for spec in BLOCKS["equalizer"]
        if spec.key != "high_pass_frequency_hz"
    }
    opposite = {key: -v if key.endswith("gain_db") else v for key, v in values.items()}
    # at its lowest corner, the high-pass is all that is left of both
    neutral = ResolvedEqualizer(default_settings()["equalizer"].values)
    boost, cut = (
        ResolvedEqualizer(default_settings().with_block("equalizer", v)["equalizer"].values)
        for v in (values, opposite)
    )
    assert boost.level_gain_db(sample_rate) == pytest.approx(
        -cut.level_gain_db(sample_rate), abs=1e-12
    )
    x = programme(sample_rate, 0.5)
    there_and_back, neither = (
        signal.sosfilt(np.insert(second.sections(sample_rate), 3, 1.0, axis=1), one)
        for one, second in (
            (filtered(x, boost.sections(sample_rate)), cut),
            (filtered(x, neutral.sections(sample_rate)), neutral),
        )
    )
    assert difference_db(there_and_back, neither) < -180.0


def filtered(x: np.ndarray, sections: np.ndarray) -> np.ndarray:
    return np.asarray(signal.sosfilt(np.insert(sections, 3, 1.0, axis=1), x))


def test_inverse_section_undoes_a_section() -> None:
    section = (1.3, -1.9, 0.8, -1.7, 0.75)
    twice = inverse(inverse(section))
    np.testing.assert_allclose(twice, section, rtol=1e-14)
