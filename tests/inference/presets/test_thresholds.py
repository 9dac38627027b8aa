from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.inference.presets.given import GivenSettings
from glassmaster.models.chain import ResolvedChain, measure_anchors, resolve
from glassmaster.models.errors import ParameterError
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.processors.multiband_compressor import BANDS
from glassmaster.models.spectrum import CENTERS_HZ

Read = Callable[..., GivenSettings]

EQUALIZER = "equalizer: {low_shelf_gain_db: 5, high_shelf_gain_db: -4}"


def resolved(found: GivenSettings, analysis: Analysis) -> tuple[ResolvedChain, float]:
    """Return the chain as a master of the mix would run it, and the gain before it."""
    lufs = analysis.loudness.integrated_lufs
    assert lufs is not None
    gain_db = -18.0 - lufs
    settings = found.settings_for(analysis)
    anchors = measure_anchors(
        settings, analysis.spectrum.scaled(gain_db), sample_rate=analysis.sample_rate
    )
    return resolve(settings, anchors, normalization_db=gain_db), gain_db


def level_dbfs(power: np.ndarray) -> float:
    return float(10.0 * np.log10(power.sum()))


def near(found: GivenSettings, analysis: Analysis) -> float:
    """Return the level of the low band behind the equalizer of the file."""
    anchors = measure_anchors(found.settings, analysis.spectrum, sample_rate=analysis.sample_rate)
    return float(anchors.bands_dbfs[0])


def test_a_level_in_dbfs_is_where_the_compressor_begins(
    read: Read, analysis: Analysis, louder: Analysis
) -> None:
    wanted_dbfs = round(near(read(f"settings: {{{EQUALIZER}}}"), analysis)) + 2.0
    block = f"multiband_compressor: {{low_threshold_dbfs: {wanted_dbfs}, low_ratio: 2}}"
    found = read(f"settings: {{{EQUALIZER}, {block}}}")
    for mix in (analysis, louder):
        chain, gain_db = resolved(found, mix)
        assert chain.multiband_compressor is not None
        begins_dbfs = chain.multiband_compressor.control(mix.sample_rate)[0, 0]
        assert begins_dbfs - gain_db == pytest.approx(wanted_dbfs, abs=1e-6)
    first, second = (
        found.settings_for(mix)["multiband_compressor"].values["low_threshold_db"]
        for mix in (analysis, louder)
    )
    assert first - second == pytest.approx(6.0, abs=1e-3)  # the mix is 6 dB nearer to it


def test_a_level_of_the_deesser_is_where_it_begins(read: Read, analysis: Analysis) -> None:
    flat = read("settings: {deesser: {ratio: 2}}")
    anchors = measure_anchors(flat.settings, analysis.spectrum, sample_rate=analysis.sample_rate)
    wanted_dbfs = float(anchors.deesser_dbfs) + 5.0
    found = read(f"settings: {{deesser: {{ratio: 2, threshold_dbfs: {wanted_dbfs}}}}}")
    chain, gain_db = resolved(found, analysis)
    assert chain.deesser is not None
    begins_dbfs = chain.deesser.control(analysis.sample_rate)[0]
    assert begins_dbfs - gain_db == pytest.approx(wanted_dbfs, abs=1e-6)


def test_a_level_out_of_range_is_refused_with_the_range_on_this_mix(
    read: Read, analysis: Analysis
) -> None:
    found = read("settings: {multiband_compressor: {high_threshold_dbfs: -3}}")
    with pytest.raises(ParameterError) as caught:
        found.settings_for(analysis)
    anchors = measure_anchors(found.settings, analysis.spectrum, sample_rate=analysis.sample_rate)
    low_dbfs, high_dbfs = (float(anchors.bands_dbfs[3]) + end for end in (-12.0, 12.0))
    for words in (
        "human.yaml: multiband_compressor: high_threshold_dbfs is -3.0 dBFS",
        f"[{low_dbfs:.1f}, {high_dbfs:.1f}]",
    ):
        assert words in caught.value.message


def test_a_compressor_of_the_whole_signal_begins_as_far_above_each_band(
    read: Read, analysis: Analysis
) -> None:
    """The equalizer of the file adds level, which the chain's does not, and counts all the same."""
    bands = "equalizer: {bands: [{type: low_shelf, frequency_hz: 200, gain_db: 6}]}"
    compressor = "compressor: {threshold_dbfs: -20, ratio: 2, attack_ms: 20, release_ms: 200}"
    found = read(f"settings: {{{bands}, {compressor}}}")
    a = 10.0 ** (6.0 / 40.0)
    s = 1j * CENTERS_HZ / 200.0
    shelf = a * (s * s + s * np.sqrt(2.0 * a) + a) / (a * s * s + s * np.sqrt(2.0 * a) + 1.0)
    heard_dbfs = level_dbfs(analysis.spectrum.total * np.abs(shelf) ** 2)
    values = found.settings_for(analysis)["multiband_compressor"].values
    for band in BANDS:
        assert values[f"{band}_threshold_db"] == pytest.approx(-20.0 - heard_dbfs, abs=0.02)
        assert values[f"{band}_ratio"] == 2.0
    assert {each.code for each in found.findings} == {
        "equalizer_taken_over",
        "compressor_in_bands",
        "compressor_held",
    }


def test_a_threshold_of_another_program_beyond_the_range_is_held_and_told_once(
    read: Read, analysis: Analysis
) -> None:
    compressor = "compressor: {threshold_dbfs: -60, ratio: 8, attack_ms: 2, release_ms: 900}"
    found = read(f"settings: {{{compressor}}}")
    fitted = found.fitted_to(analysis)
    values = fitted.settings["multiband_compressor"].values
    assert [values[f"{band}_threshold_db"] for band in BANDS] == [-12.0] * 4
    assert (values["low_ratio"], values["low_attack_ms"], values["low_release_ms"]) == (5, 10, 600)
    assert values["high_attack_ms"] == 2.0
    (held,) = fitted.findings
    assert "threshold of the compressor is -60.0 dBFS" in held.message
    assert f"{level_dbfs(analysis.spectrum.total) - 12.0:.1f} was taken" in held.message
    (told,) = [each.message for each in found.findings if each.code == "compressor_held"]
    assert "low_ratio 8 became 5" in told
    assert "low_attack_ms 2 became 10" in told


CAMILLA = """
filters:
  trim: {{type: Gain, parameters: {{gain: -3}}}}
  bell: {{type: Biquad, parameters: {{type: Peaking, freq: 250, gain: -3, q: 1.2}}}}
processors:
  glue:
    type: Compressor
    parameters: {{channels: 2, attack: 0.03, release: 0.2, threshold: -17, factor: 2}}
pipeline: [{order}]
"""
FILTERS = "{type: Filter, names: [trim, bell]}"
GLUE = "{type: Processor, name: glue}"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_compressor_of_camilladsp_hears_both_channels_added(
    read: Read, analysis: Analysis, is_first: bool
) -> None:
    order = (GLUE, FILTERS) if is_first else (FILTERS, GLUE)
    found = read(CAMILLA.format(order=", ".join(order)))
    power = 4.0 * analysis.spectrum.mid
    if not is_first:
        a = 10.0 ** (-3.0 / 40.0)
        s = 1j * CENTERS_HZ / 250.0
        bell = (s * s + s * a / 1.2 + 1.0) / (s * s + s / (a * 1.2) + 1.0)
        power = power * np.abs(bell) ** 2 * 10.0 ** (-3.0 / 10.0)
    values = found.settings_for(analysis)["multiband_compressor"].values
    assert values["high_threshold_db"] == pytest.approx(-17.0 - level_dbfs(power), abs=0.02)
    assert ("order" in {each.code for each in found.findings}) == is_first


def test_settings_without_levels_are_the_same_for_every_mix(
    read: Read, analysis: Analysis, louder: Analysis
) -> None:
    found = read("settings: {multiband_compressor: {low_ratio: 2, low_threshold_db: 3}}")
    assert found.settings_for(analysis) == found.settings_for(louder) == found.settings


def test_the_response_of_the_equalizer_is_that_of_the_file(read: Read, analysis: Analysis) -> None:
    found = read(f"settings: {{{EQUALIZER}}}")
    chain, _ = resolved(found, analysis)
    assert chain.equalizer == ResolvedEqualizer(found.settings["equalizer"].values)
    assert chain.multiband_compressor is None
