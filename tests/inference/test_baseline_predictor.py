from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.features.content import CONTENT
from glassmaster.data.findings import Finding
from glassmaster.data.metering.report import LoudnessReport
from glassmaster.data.metering.spectrum import LevelSpread
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.inference.baseline.prior import default_prior
from glassmaster.inference.baseline.tone import ToneModel
from glassmaster.inference.predictor import Prediction, Predictor, response_quantity
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.processors.equalizer import ResolvedEqualizer
from glassmaster.models.settings import BLOCKS, default_settings
from glassmaster.models.spectrum import CENTERS_HZ, THIRD_CENTERS_HZ, PowerSpectrum

# published mean of commercial masters: power density in dB, at the centers of its bands
MASTERS_HZ = (42.4, 84.9, 173.2, 353.6, 707.1, 1414.2, 2828.4, 5656.9, 9798.0, 13856.4)
MASTERS_DB = (10.7, 9.9, 9.9, 6.2, 2.4, -2.4, -7.2, -13.8, -18.3, -24.1)
OCTAVES = np.log2(CENTERS_HZ / 890.0)  # from the middle of 63 Hz ... 12.5 kHz
SPAN = math.log2(12_500.0 / 63.0)
JUDGED_HZ = THIRD_CENTERS_HZ[(THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 13_000.0)]
QUIET_BAND = LevelSpread(-40.0, -30.0, -26.0)


def analysis(
    deviation_db: np.ndarray | float = 0.0,
    *,
    plr_db: float | None = 17.0,
    side: float = 0.08,
    bass_side: float = 0.01,
    levels: tuple[LevelSpread | None, ...] = (QUIET_BAND,) * 4,
    sample_rate: int = 48_000,
    channels: int = 2,
) -> Analysis:
    density_db = np.interp(np.log2(CENTERS_HZ), np.log2(MASTERS_HZ), MASTERS_DB)
    density_db[CENTERS_HZ < 30.0] -= 30.0
    power = 1e-6 * 10.0 ** ((density_db + deviation_db) / 10.0) * CENTERS_HZ
    share = np.where(CENTERS_HZ < 120.0, bass_side, side) if channels == 2 else 0.0 * power
    integrated_lufs = None if plr_db is None else -20.0
    true_peak_dbtp = None if plr_db is None else -20.0 + plr_db
    report = LoudnessReport(
        integrated_lufs, -18.0, -16.0, 5.0, true_peak_dbtp, plr_db, plr_db, integrated_lufs
    )
    return Analysis(
        sample_rate=sample_rate,
        channels=channels,
        frames=60 * sample_rate,
        loudness=report,
        sample_peak_dbfs=-3.0,
        crest_db=15.0,
        spectrum=PowerSpectrum((1.0 - share) * power, share * power, 0.0 * power),
        correlation=0.8,
        band_levels=levels,
        dc_offset=(0.0, 0.0),
        clipped_runs=0,
        digest="",
        findings=(),
        statistics=np.zeros(len(STATISTICS)),
        content=np.zeros(len(CONTENT)),
    )


def predict(mix: Analysis) -> Prediction:
    return BaselinePredictor().predict(mix)


def move_db(prediction: Prediction, frequency_hz: np.ndarray = JUDGED_HZ) -> np.ndarray:
    block = prediction.settings["equalizer"]
    if block.bypass:
        return np.zeros_like(frequency_hz)
    return ResolvedEqualizer(block.values).response_db(frequency_hz, 48_000)


def slope_db(prediction: Prediction) -> float:
    octaves = np.log2(JUDGED_HZ)
    return float(np.polyfit(octaves, move_db(prediction), 1)[0] * SPAN)


def mean_dbfs(low_hz: float, high_hz: float) -> float:
    inside = (low_hz < CENTERS_HZ) & (high_hz > CENTERS_HZ)
    return 10.0 * math.log10(analysis().spectrum.total[inside].sum())


def bypassed(prediction: Prediction) -> set[str]:
    return {name for name, block in prediction.settings.blocks.items() if block.bypass}


def test_it_is_a_predictor() -> None:
    predictor: Predictor = BaselinePredictor()
    assert predictor.name == "baseline"
    assert predictor.describe.endswith(".")


def test_a_normal_master_is_left_alone() -> None:
    prediction = predict(analysis(plr_db=11.0))
    assert bypassed(prediction) == set(BLOCKS) - {"limiter"}
    assert "left alone" in prediction.reasons[0].text


@pytest.mark.parametrize("tilt_db", [6.0, -6.0])
def test_a_tilt_gets_a_smaller_counter_move(tilt_db: float) -> None:
    # twice: once as tilt, and as what it changes against a mix without one
    tilted, straight = predict(analysis(tilt_db * OCTAVES / SPAN)), predict(analysis())
    change_db = slope_db(tilted) - slope_db(straight)
    assert 0.15 < -change_db / tilt_db < 0.8
    assert np.abs(move_db(tilted)).max() < 4.0


def test_a_bright_mix_is_darkened_and_a_dark_one_brightened() -> None:
    assert slope_db(predict(analysis(9.0 * OCTAVES / SPAN))) < -1.0
    assert slope_db(predict(analysis(-9.0 * OCTAVES / SPAN))) > 1.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_more_degradation_gets_more_correction(sign: float) -> None:
    tilts = (0.0, 3.0, 6.0, 9.0, 12.0)
    slopes = [-sign * slope_db(predict(analysis(sign * t * OCTAVES / SPAN))) for t in tilts]
    assert slopes == sorted(slopes)
    assert slopes[-1] > slopes[0] + 3.0


def test_the_low_end_of_a_typical_mix_is_cut_with_reserve() -> None:
    # unmastered sets minus masters: 10.7 dB at 30-60 Hz, 9.6 at 60-120, 3 at 120-250
    extra_db = np.interp(
        np.log2(CENTERS_HZ), np.log2((42.0, 85.0, 173.0, 354.0)), (10.7, 9.6, 3, 0)
    )
    prediction = predict(analysis(extra_db))
    lows, mids = move_db(prediction, np.array((40.0, 63.0))), move_db(prediction, np.array((1e3,)))
    assert np.all((lows < -3.0) & (lows >= -6.0))
    assert 0.0 < mids[0] < 2.0


@pytest.mark.parametrize("tilt_db", [40.0, -40.0])
def test_no_move_exceeds_six_decibels(tilt_db: float) -> None:
    prediction = predict(analysis(tilt_db * OCTAVES / SPAN))
    assert 4.0 < np.abs(move_db(prediction)).max() <= 6.02


def test_a_low_passed_mix_is_not_boosted_where_nothing_is_left() -> None:
    low_passed = predict(analysis(np.where(CENTERS_HZ > 9000.0, -40.0, 0.0)))
    assert np.abs(move_db(low_passed, np.array((11_000.0, 12_500.0, 16_000.0)))).max() < 1.0
    assert response_quantity(10_000.0) not in low_passed.intervals


def test_finished_masters_are_hardly_changed_and_mixes_are_improved() -> None:
    rng = np.random.default_rng(4)
    model = ToneModel(default_prior())
    song = np.linalg.cholesky(model.song_covariance)
    departure = np.linalg.cholesky(model.departure_covariance + 1e-9 * np.eye(27))

    def moved_db(deviation_db: np.ndarray, plr_db: float) -> np.ndarray:
        thirds_db = np.zeros(31)
        thirds_db[2:29] = deviation_db
        response_db = move_db(predict(analysis(np.repeat(thirds_db, 4), plr_db=plr_db)))
        return response_db - response_db[JUDGED_HZ > 60.0].mean()

    masters = [moved_db(song @ rng.standard_normal(27), rng.normal(11.0, 2.5)) for _ in range(600)]
    rms_db = np.sqrt(np.mean(np.square(masters), axis=1))
    assert np.median(rms_db) <= 0.5
    assert np.percentile(rms_db, 95) <= 1.0

    before, after = [], []
    for _ in range(100):
        off_db = departure @ rng.standard_normal(27) + (rng.random() < 0.46) * model.bias_db
        response_db = moved_db(song @ rng.standard_normal(27) + off_db, rng.normal(18.0, 2.5))
        off_db -= off_db[JUDGED_HZ > 60.0].mean()
        before.append(np.sqrt(np.mean(off_db**2)))
        after.append(np.sqrt(np.mean((off_db + response_db) ** 2)))
    assert np.mean(after) < 0.72 * np.mean(before)


def test_equal_analyses_give_equal_predictions() -> None:
    mix = analysis(5.0 * np.sin(OCTAVES))
    assert predict(mix) == predict(dataclasses.replace(mix))


def test_intervals_hold_the_response_and_grow_toward_the_ends() -> None:
    prediction = predict(analysis(6.0 * OCTAVES / SPAN))
    assert set(prediction.intervals) == {response_quantity(float(f)) for f in JUDGED_HZ}
    for frequency_hz, moved in zip(JUDGED_HZ, move_db(prediction), strict=True):
        low, high = prediction.intervals[response_quantity(float(frequency_hz))]
        assert low < moved < high
    widths = {key: high - low for key, (low, high) in prediction.intervals.items()}
    assert widths["response_db@31.5"] > 2.0 * widths["response_db@500"]


def test_rumble_alone_gets_a_high_pass() -> None:
    rumbling = np.where(CENTERS_HZ < 28.0, 45.0, 0.0)
    prediction = predict(analysis(rumbling, plr_db=11.0))
    values = prediction.settings["equalizer"].values
    assert not prediction.settings["equalizer"].bypass
    assert 20.0 < values["high_pass_frequency_hz"] < 30.0
    assert any("high-pass at" in reason.text for reason in prediction.reasons)


def test_wide_dynamics_are_compressed_gently() -> None:
    mean = mean_dbfs(120.0, 900.0)
    wide = LevelSpread(mean - 20.0, mean - 6.0, mean + 5.0)
    levels = (QUIET_BAND, wide, None, QUIET_BAND)
    prediction = predict(analysis(plr_db=18.0, levels=levels))
    block = prediction.settings["multiband_compressor"]
    assert not block.bypass
    # 2 dB at 1.5 : 1 need a level 6 dB above the threshold
    assert block.values["low_mid_ratio"] == 1.5
    assert block.values["low_mid_threshold_db"] == pytest.approx(5.0 - 6.0, abs=0.01)
    assert [block.values[f"{name}_ratio"] for name in ("low", "high_mid", "high")] == [1.0] * 3


def test_compression_grows_with_spread_until_the_band_only_pauses() -> None:
    loud_dbfs = 5.0 + mean_dbfs(120.0, 900.0)

    def threshold_db(spread_db: float) -> float:
        wide = LevelSpread(-80.0, loud_dbfs - spread_db, loud_dbfs)
        levels = (QUIET_BAND, wide, QUIET_BAND, QUIET_BAND)
        block = predict(analysis(plr_db=18.0, levels=levels)).settings["multiband_compressor"]
        return math.inf if block.bypass else block.values["low_mid_threshold_db"]

    thresholds = [threshold_db(spread) for spread in (4.0, 7.0, 9.0, 11.0)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] == math.inf
    assert thresholds[-1] < thresholds[1] < math.inf
    assert threshold_db(30.0) == math.inf


@pytest.mark.parametrize("plr_db", [8.0, 12.0])
def test_what_is_compressed_already_is_not_compressed(plr_db: float) -> None:
    wide = (LevelSpread(-60.0, -40.0, -26.0),) * 4
    assert "multiband_compressor" in bypassed(predict(analysis(plr_db=plr_db, levels=wide)))


def test_wide_bass_is_narrowed_to_the_wanted_share() -> None:
    block = predict(analysis(bass_side=0.2)).settings["imager"]
    width = block.values["low_width"]
    assert not block.bypass
    assert 0.2 * width**2 / (0.8 + 0.2 * width**2) == pytest.approx(0.05, abs=0.003)
    assert block.values["middle_width"] == block.values["high_width"] == 1.0


@pytest.mark.parametrize("bass_side", [0.0, 0.05, 0.7, 1.0])
def test_narrow_and_opposed_bass_keep_their_width(bass_side: float) -> None:
    assert "imager" in bypassed(predict(analysis(bass_side=bass_side)))


def offset_mix(**options: Any) -> Analysis:
    finding = Finding("dc_offset", "The signal is off center by -26 dBFS.")
    return dataclasses.replace(analysis(**options), dc_offset=(0.0, -0.05), findings=(finding,))


@pytest.mark.parametrize("plr_db", [None, 11.0])
def test_an_offset_engages_the_lowest_high_pass_and_nothing_else(plr_db: float | None) -> None:
    prediction = predict(offset_mix(plr_db=plr_db))
    block = prediction.settings["equalizer"]
    assert bypassed(prediction) == set(BLOCKS) - {"limiter", "equalizer"}
    assert block.values == default_settings()["equalizer"].values
    assert not prediction.settings.scaled(1.0)["equalizer"].bypass  # as a master applies it
    (reason,) = [reason for reason in prediction.reasons if "off center" in reason.text]
    assert reason.block == "equalizer"
    assert "-26 dBFS" in reason.text
    assert "4 Hz" in reason.text


def test_an_offset_changes_no_other_move() -> None:
    tilt = 9.0 * OCTAVES / SPAN
    assert predict(offset_mix(deviation_db=tilt)).settings == predict(analysis(tilt)).settings
    rumbling = {"deviation_db": np.where(CENTERS_HZ < 28.0, 45.0, 0.0), "plr_db": 11.0}
    assert predict(offset_mix(**rumbling)).settings == predict(analysis(**rumbling)).settings


def test_low_band_times_lie_in_their_range() -> None:
    mean = mean_dbfs(20.0, 120.0)
    levels = (LevelSpread(mean - 20.0, mean - 6.0, mean + 5.0), None, None, None)
    block = predict(analysis(plr_db=18.0, levels=levels)).settings["multiband_compressor"]
    assert not block.bypass
    assert block.values["low_attack_ms"] >= 10.0
    assert block.values["low_release_ms"] >= 80.0


def test_without_a_loudness_only_the_limiter_runs() -> None:
    prediction = predict(analysis(6.0 * OCTAVES / SPAN, plr_db=None))
    assert bypassed(prediction) == set(BLOCKS) - {"limiter"}
    assert prediction.intervals == {}


@pytest.mark.parametrize("plr_db", [None, 11.0, 18.0])
def test_every_block_has_its_reasons_in_signal_order(plr_db: float | None) -> None:
    reasons = predict(analysis(4.0 * np.cos(OCTAVES), plr_db=plr_db)).reasons
    order = list(BLOCKS)
    positions = [order.index(reason.block) for reason in reasons]
    assert positions == sorted(positions)
    assert {reason.block for reason in reasons} == set(BLOCKS)
    assert all(r.text.endswith(".") and "\n" not in r.text for r in reasons)
