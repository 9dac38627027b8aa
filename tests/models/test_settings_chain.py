from __future__ import annotations

import math

import numpy as np
import pytest

from glassmaster.models.chain import Anchors, measure_anchors, resolve
from glassmaster.models.errors import ParameterError
from glassmaster.models.settings import (
    BLOCKS,
    default_settings,
    settings_from_document,
    specification,
)
from glassmaster.models.spectrum import (
    CENTERS_HZ,
    EDGES_HZ,
    THIRD_CENTERS_HZ,
    PowerSpectrum,
    third_octaves,
)

ANCHORS = Anchors(-30.0, (-20.0, -21.0, -22.0, -23.0), -14.0)


def spectrum(power: np.ndarray) -> PowerSpectrum:
    return PowerSpectrum(power, np.zeros_like(power), np.zeros_like(power))


def test_defaults_bypass_everything_and_keys_are_unique_in_a_block() -> None:
    settings = default_settings()
    assert all(block.bypass for block in settings.blocks.values())
    assert list(settings.blocks) == list(BLOCKS)
    for name, specs in BLOCKS.items():
        keys = [spec.key for spec in specs]
        assert len(set(keys)) == len(keys)
        assert list(settings[name].values) == keys


def test_specifications_by_block_and_key() -> None:
    found = specification("limiter", "ceiling_dbtp")
    assert found in BLOCKS["limiter"]
    assert (found.name, found.unit) == ("ceiling", "dBTP")
    for block, key in (("limiter", "ceiling_db"), ("clipper", "ceiling_dbtp")):
        with pytest.raises(ParameterError, match=key if block == "limiter" else block):
            specification(block, key)


def test_document_round_trip_and_what_is_missing() -> None:
    settings = default_settings().with_block("saturator", {"mix": 0.25})
    settings = settings.with_block("imager", {"high_width": 1.5}, bypass=True)
    assert settings_from_document(settings.document()) == settings
    assert settings_from_document({}) == default_settings()


@pytest.mark.parametrize(
    "document",
    [
        {"exciter": {"bypass": False, "values": {}}},
        {"saturator": {"bypas": False}},
        {"saturator": {"values": {"mixture": 0.5}}},
        {"saturator": {"values": {"mix": 1.01}}},
        {"saturator": {"values": {"mix": math.nan}}},
    ],
)
def test_wrong_documents(document: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ParameterError):
        settings_from_document(document)  # type: ignore[arg-type]


def test_amount_scales_toward_neutral_and_bypasses_what_reached_it() -> None:
    settings = default_settings()
    settings = settings.with_block("equalizer", {"low_gain_db": 4.0, "low_frequency_hz": 100.0})
    settings = settings.with_block("saturator", {"mix": 0.5})
    settings = settings.with_block("limiter", {"ceiling_dbtp": -2.0})
    half = settings.scaled(0.5)
    assert half["equalizer"].values["low_gain_db"] == pytest.approx(2.0)
    assert half["equalizer"].values["low_frequency_hz"] == 100.0
    assert half["saturator"].values["mix"] == pytest.approx(0.25)
    assert half["limiter"].values["ceiling_dbtp"] == -2.0
    for block in ("equalizer", "multiband_compressor"):  # engaged at its neutral values: on purpose
        for amount in (0.1, 1.0):
            assert not default_settings().with_block(block, {}).scaled(amount)[block].bypass
    nothing = settings.with_block("imager", {}).scaled(0.0)
    assert [name for name, block in nothing.blocks.items() if not block.bypass] == ["limiter"]
    whole = settings.scaled(1.0)
    for name, block in settings.blocks.items():
        assert whole[name].values == pytest.approx(dict(block.values))
        if name in ("equalizer", "saturator", "limiter"):
            assert not whole[name].bypass
    for amount in (-0.1, 1.1, math.nan):
        with pytest.raises(ParameterError):
            settings.scaled(amount)


def test_bypassed_blocks_are_absent_from_the_resolved_chain() -> None:
    chain = resolve(default_settings(), ANCHORS, normalization_db=3.0, gain_db=2.0)
    assert (chain.normalization_db, chain.gain_db) == (3.0, 2.0)
    for name in BLOCKS:
        assert getattr(chain, name) is None
        only = resolve(default_settings().with_block(name, {}), ANCHORS, normalization_db=0.0)
        present = [other for other in BLOCKS if getattr(only, other) is not None]
        assert present == [name]


def test_bands_are_twelfth_octaves_and_thirds() -> None:
    assert len(EDGES_HZ) == 125
    assert EDGES_HZ[1:] / EDGES_HZ[:-1] == pytest.approx(2.0 ** (1.0 / 12.0))
    assert pytest.approx(1000.0) == EDGES_HZ[np.argmin(np.abs(EDGES_HZ - 1000.0))]
    # IEC 61260-1, base two: 1 kHz and its octaves are centers of thirds, edges half a third away
    for octave in (31.25, 125.0, 1000.0, 16_000.0):
        assert np.min(np.abs(THIRD_CENTERS_HZ / octave - 1.0)) < 1e-12
    power = np.zeros(124)
    inside = (CENTERS_HZ > 1000.0 * 2 ** (-1 / 6)) & (CENTERS_HZ < 1000.0 * 2 ** (1 / 6))
    assert inside.sum() == 4
    power[inside] = 1.0
    assert third_octaves(power) == pytest.approx(4.0 * (np.abs(THIRD_CENTERS_HZ - 1000.0) < 1e-6))


def test_spectrum_scales_in_decibels() -> None:
    power = np.linspace(1.0, 2.0, 124)
    both = PowerSpectrum(power, power / 2.0, power / 4.0)
    louder = both.scaled(10.0)
    assert louder.total == pytest.approx(15.0 * power)
    assert louder.cross == pytest.approx(2.5 * power)


def test_anchors_follow_level_band_and_equalizer() -> None:
    settings = default_settings()
    power = np.where(np.abs(CENTERS_HZ - 60.0) < 2.0, 1e-2, 0.0)
    anchors = measure_anchors(settings, spectrum(power), sample_rate=48_000)
    total_dbfs = 10.0 * math.log10(power.sum())
    low, low_mid, high_mid, high = anchors.bands_dbfs
    assert anchors.saturator_dbfs == pytest.approx(total_dbfs)
    assert low == pytest.approx(total_dbfs, abs=0.6)  # an octave below the corner
    assert low > low_mid > high_mid > high
    louder = measure_anchors(settings, spectrum(power).scaled(6.0), sample_rate=48_000)
    assert louder.saturator_dbfs == pytest.approx(total_dbfs + 6.0)
    assert louder.bands_dbfs[0] == pytest.approx(low + 6.0)
    # the equalizer counts, unless it is bypassed
    boost = {"low_shelf_gain_db": 4.0, "low_shelf_frequency_hz": 200.0}
    boosted = measure_anchors(
        settings.with_block("equalizer", boost), spectrum(power), sample_rate=48_000
    )
    bypassed = settings.with_block("equalizer", boost, bypass=True)
    assert boosted.saturator_dbfs > total_dbfs + 1.0
    assert measure_anchors(bypassed, spectrum(power), sample_rate=48_000) == anchors


def test_anchors_of_nothing_are_finite() -> None:
    anchors = measure_anchors(default_settings(), spectrum(np.zeros(124)), sample_rate=48_000)
    values = [anchors.deesser_dbfs, anchors.saturator_dbfs, *anchors.bands_dbfs]
    assert values == [-200.0] * 6
