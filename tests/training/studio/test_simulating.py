from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from glassmaster.data.features.frames import mel_frames
from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.network.loudness import frames_lufs
from glassmaster.training.benchmark.generators.degradation import draw
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.recovery.explaining import frame_distances
from glassmaster.training.studio.simulating.audio import master_audio
from glassmaster.training.studio.simulating.frames import Frames, stacked
from glassmaster.training.studio.simulating.mastering import (
    compressed,
    equalized,
    loudened,
    loudness,
    response_db,
)
from glassmaster.training.studio.simulating.mixes import Mixes, degraded
from glassmaster.training.studio.simulating.rules import StudioRules, studio_v1
from glassmaster.training.studio.simulating.studios import Kind, draw_plan, masters
from glassmaster.training.studio.simulating.taste import MEL_OCTAVES, Taste, draw_taste
from glassmaster.training.studio.suite import mastered, plan_studios

FRAME_S = 1024 / 44_100


def neutral_taste(**changes: Any) -> Taste:
    values: dict[str, Any] = {
        "response_db": np.zeros(80),
        "curve_db": np.zeros(80),
        "corrected": 1.0 / 3.0,
        "exponents": np.zeros(2),
        "thresholds_db": np.zeros(2),
        "attack_ms": 30.0,
        "release_ms": 200.0,
        "width_db": np.zeros(80),
        "loudness_lufs": -12.0,
    }
    return Taste(**{**values, **changes})


def music(count: int = 400, seed: int = 1) -> Frames:
    rng = np.random.default_rng(seed)
    level_db = -30.0 + 8.0 * np.sin(np.arange(count) / 9.0) + rng.normal(0.0, 2.0, (80, count))
    mid = 10.0 ** (0.1 * level_db)
    return Frames(mid, 0.1 * mid, np.full(4 * count, 0.4))


def test_tastes_are_a_function_of_seed_and_number_and_as_large_as_stated() -> None:
    rules = studio_v1()
    assert np.array_equal(draw_taste(rules, 3).response_db, draw_taste(rules, 3).response_db)
    other = draw_taste(replace(rules, seed=1), 3)
    assert not np.allclose(draw_taste(rules, 3).response_db, other.response_db)
    many = [draw_taste(rules, studio) for studio in range(300)]
    responses = np.array([each.response_db for each in many])
    assert responses.std() == pytest.approx(1.5, rel=0.08)
    # of a squared exponential, one length apart: exp(-1/2)
    apart = int(np.argmin(np.abs(MEL_OCTAVES - MEL_OCTAVES[20] - rules.taste.response_octaves)))
    alike = np.corrcoef(responses[:, 20], responses[:, apart])[0, 1]
    assert alike == pytest.approx(np.exp(-0.5), abs=0.08)
    lufs = [each.loudness_lufs for each in many]
    assert rules.loudness.lufs[0] <= min(lufs) < max(lufs) <= rules.loudness.lufs[1]


def test_a_third_of_a_wide_deviation_is_undone() -> None:
    rules = studio_v1().taste
    tilt_db = 2.0 * MEL_OCTAVES
    taste = neutral_taste(response_db=np.full(80, 0.7), curve_db=0.5 * MEL_OCTAVES)
    found = response_db(taste, rules, tilt_db) - 0.7
    wanted = -(tilt_db - 0.5 * MEL_OCTAVES) / 3.0
    inner = slice(8, 72)  # the window is one-sided at the ends
    assert np.ptp((found - wanted)[inner]) < 0.1
    assert np.abs(response_db(taste, rules, 100.0 * tilt_db)).max() <= rules.most_db + 0.7


def test_a_response_is_what_the_spectrum_changes_by() -> None:
    frames = music()
    gain_db, width_db = np.linspace(-3.0, 3.0, 80), np.full(80, 2.0)
    made = equalized(frames, gain_db, width_db)
    assert np.allclose(10.0 * np.log10(made.mid / frames.mid), gain_db[:, None])
    assert np.allclose(10.0 * np.log10(made.side / frames.side), gain_db[:, None] + 2.0)
    louder = equalized(frames, np.full(80, 6.0), np.zeros(80))
    assert np.allclose(louder.peak / frames.peak, 10.0**0.3)


def test_a_compressor_takes_spread_and_keeps_the_balance() -> None:
    rules, frames = studio_v1().density, music()
    taste = neutral_taste(exponents=np.array([0.4, 0.4]), thresholds_db=np.array([-4.0, -4.0]))
    made = compressed(frames, taste, rules, FRAME_S)
    before, after = (10.0 * np.log10(each.mid.sum(axis=0)) for each in (frames, made))
    assert after.std() < 0.9 * before.std()
    balance_db = 10.0 * np.log10(made.mid.mean(axis=1) / frames.mid.mean(axis=1))
    assert np.ptp(balance_db) < 0.3
    same = compressed(frames, neutral_taste(), rules, FRAME_S)
    assert np.allclose(same.mid, frames.mid)


def test_a_steady_excess_is_compressed_by_the_law() -> None:
    rules = studio_v1().density
    level_db = np.where(np.arange(600) < 300, -30.0, -20.0)
    mid = np.tile(10.0 ** (0.1 * level_db), (80, 1))
    frames = Frames(mid, 0.0 * mid, np.full(2400, 0.1))
    exponent = 0.4
    mean_db = 10.0 * np.log10(0.5 * (10.0**-3 + 10.0**-2))
    taste = neutral_taste(
        exponents=np.full(2, exponent), thresholds_db=np.full(2, -20.0), attack_ms=20.0
    )
    made = compressed(frames, taste, rules, FRAME_S)
    # gain g of an output L + g over a threshold T: g = -e (L + g - T), so g = -e (L - T) / (1 + e)
    over_db = np.array([-30.0, -20.0]) - (mean_db - 20.0)
    wanted = -exponent * over_db / (1.0 + exponent)
    found = 10.0 * np.log10(made.mid[40, [299, 599]] / mid[40, [299, 599]])
    assert found[1] - found[0] == pytest.approx(wanted[1] - wanted[0], abs=0.02)


def test_masters_have_their_loudness_and_no_peak_beyond_the_ceiling() -> None:
    rules, frames = studio_v1().loudness, music()
    made = loudened(frames, -9.0, rules, FRAME_S)
    assert loudness(made) == pytest.approx(-9.0, abs=0.1)
    assert made.peak.max() <= 10.0 ** (0.05 * rules.ceiling_dbfs) + 1e-9
    assert float(frames_lufs(stacked([made]))[0]) == pytest.approx(loudness(made), abs=0.1)
    hz = mel_edges_hz()[1:-1]
    band = int(np.argmin(np.abs(hz - 1000.0)))
    tone = np.zeros((80, 50))
    tone[band] = 1.0
    # ITU-R BS.1770-5: a full-scale sine of 997 Hz in both channels has 0 LUFS
    assert loudness(Frames(tone, 0.0 * tone, np.ones(200))) == pytest.approx(0.0, abs=0.1)


def test_mixes_are_degraded_as_stated() -> None:
    frames, degradation = music(), draw(5, "a/song.ogg")
    plain = replace(degradation, expansion=(0.0, 0.0, 0.0))
    made = degraded(frames, plain)
    hz = 1000.0 * 2.0**MEL_OCTAVES
    found = 10.0 * np.log10(made.mid / frames.mid)
    assert np.allclose(found, plain.response_db(hz)[:, None])
    side = 10.0 * np.log10(made.side / frames.side) - found
    assert np.allclose(side, plain.side_gain_db)
    wide = degraded(frames, replace(plain, expansion=(0.5, 0.5, 0.5)))
    spread = [np.std(10.0 * np.log10(each.mid.sum(axis=0))) for each in (made, wide)]
    assert spread[1] > 1.3 * spread[0]


def test_no_package_is_among_pairs_and_unseen_songs(mixes: Mixes, rules: StudioRules) -> None:
    for draws in range(20):
        plan = draw_plan(mixes, rules, Kind.TASTE, 0, draws)
        known, unseen = ({mixes.packages[song] for song in s} for s in (plan.pairs, plan.unseen))
        assert known.isdisjoint(unseen)
        assert (len(set(plan.pairs)), len(set(plan.unseen))) == (5, 2)
        assert plan == draw_plan(mixes, rules, Kind.TASTE, 0, draws)
    assert len({draw_plan(mixes, rules, Kind.TASTE, 0, i).pairs for i in range(20)}) > 10
    with pytest.raises(CatalogueError, match="8 songs are too few for 5 pairs and 30 others"):
        draw_plan(mixes, replace(rules, unseen=30), Kind.TASTE, 0, 0)


def test_plans_have_every_kind(mixes: Mixes, rules: StudioRules) -> None:
    kinds = [plan.kind for plan in plan_studios(mixes, rules)]
    assert kinds == [Kind.TASTE, Kind.BASE, Kind.SHUFFLED, Kind.NOTHING, Kind.SHUFFLED]


def test_studios_do_what_their_kind_says(mixes: Mixes, rules: StudioRules) -> None:
    quiet = replace(rules, taste=replace(rules.taste, noise_db=0.0))
    plans = {kind: draw_plan(mixes, quiet, kind, 0, 0) for kind in Kind}
    chosen = plans[Kind.TASTE].pairs
    made = {kind: masters(mixes, quiet, plan, chosen) for kind, plan in plans.items()}
    for song, master in zip(chosen, made[Kind.NOTHING], strict=True):
        assert np.allclose(master.mid, mixes.frames[song].mid)
    shuffled = [each.mid.sum() for each in made[Kind.SHUFFLED]]
    own = [each.mid.sum() for each in made[Kind.TASTE]]
    assert sorted(shuffled) == sorted(own)
    assert not any(a == b for a, b in zip(shuffled, own, strict=True))
    again = masters(mixes, quiet, plans[Kind.TASTE], list(reversed(chosen)))
    assert np.array_equal(again[-1].mid, made[Kind.TASTE][0].mid)
    noisy = masters(mixes, rules, plans[Kind.TASTE], chosen)
    clean = masters(mixes, rules, plans[Kind.TASTE], chosen, noisy=False)
    assert np.array_equal(clean[0].mid, made[Kind.TASTE][0].mid)
    ratio_db = 10.0 * np.log10(noisy[0].mid.mean(axis=1) / clean[0].mid.mean(axis=1))
    assert 0.1 < np.std(ratio_db) < 1.5


def test_a_studio_without_taste_is_its_base_model(
    mixes: Mixes, rules: StudioRules, base: Any
) -> None:
    assert np.allclose(mixes.base, base.moves(mixes.statistics))
    quiet = replace(rules, taste=replace(rules.taste, noise_db=0.0))
    plan = draw_plan(mixes, quiet, Kind.BASE, 0, 0)
    own = mastered(mixes, quiet, plan, plan.pairs)
    left = own.distances(torch.from_numpy(mixes.base[list(plan.pairs)]).float())
    assert float(left.max()) < 0.05


def test_a_studio_does_to_audio_what_it_does_to_frames() -> None:
    rules, taste = studio_v1(), draw_taste(studio_v1(), 0)
    mix = compose(5, duration_s=6.0).mix
    found = master_audio(mix.samples, mix.sample_rate, taste, taste.response_db, rules)
    assert loudness_lufs(found, mix.sample_rate) == pytest.approx(taste.loudness_lufs, abs=0.3)
    assert np.abs(found).max() <= 10.0 ** (0.05 * rules.loudness.ceiling_dbfs) + 1e-6
    before, after = (mel_frames(each, mix.sample_rate) for each in (mix.samples, found))
    frames = Frames(*(getattr(before, name).astype(np.float64) for name in Frames.__slots__))
    shaped = equalized(frames, taste.response_db, taste.width_db)
    dense = compressed(shaped, taste, rules.density, FRAME_S)
    made = stacked([loudened(dense, taste.loudness_lufs, rules.loudness, FRAME_S)])
    wanted = stacked([Frames(after.mid, after.side, after.peak)])
    unchanged = float(frame_distances(stacked([frames]), wanted)[0])
    assert float(frame_distances(made, wanted)[0]) < 0.3 * unchanged
