from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.comparing.audibility import heard_difference, loudness_db
from glassmaster.inference.comparing.differences import Kind
from glassmaster.inference.comparing.imitating import Gains, gains_of, heard_effect
from glassmaster.inference.comparing.patches import Patches, PatchMeter, moments_s
from glassmaster.inference.effects import effects_of
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import Anchors, ResolvedChain, resolve
from glassmaster.models.settings import default_settings

RATE = 44_100
ANCHORS = Anchors(-30.0, (-24.0, -22.0, -26.0, -32.0), -18.0)
BLOCKS: dict[Kind, tuple[str, dict[str, float]]] = {
    Kind.TONE: ("equalizer", {"low_shelf_gain_db": 4.0, "high_shelf_gain_db": -3.0}),
    Kind.DYNAMICS: (
        "multiband_compressor",
        {"low_mid_ratio": 3.0, "low_mid_threshold_db": -4.0, "high_mid_ratio": 3.0},
    ),
    Kind.WIDTH: ("imager", {"middle_width": 0.4, "high_width": 1.6}),
}


@pytest.fixture(scope="module")
def song() -> Samples:
    return compose(6, duration_s=10.0).mix.samples


def chain(kind: Kind | None) -> ResolvedChain:
    settings = default_settings().with_block("limiter", {"ceiling_dbtp": -3.0})
    if kind in BLOCKS:
        name, values = BLOCKS[kind]
        settings = settings.with_block(name, values)
    gain_db = 8.0 if kind is Kind.LIMITING else -8.0
    return resolve(settings, ANCHORS, normalization_db=0.0, gain_db=gain_db)


def rendered(song: Samples, own: ResolvedChain) -> tuple[Patches, Gains]:
    renderer = ChainRenderer(own, RATE, 2)
    meter = PatchMeter(RATE)
    meter.feed(np.concatenate((renderer.process(song), renderer.finish()), axis=1))
    patches = meter.finish()
    middles_s = moments_s(patches.power.shape[2], RATE)
    return patches, gains_of(own, effects_of(own, song, RATE), middles_s)


@pytest.mark.parametrize("kind", [*BLOCKS, Kind.LIMITING])
def test_an_effect_laid_on_patches_is_that_of_rendering(song: Samples, kind: Kind) -> None:
    plain, own = rendered(song, chain(None))
    changed, other = rendered(song, chain(kind))
    gain_db = loudness_db(plain) - loudness_db(changed)
    true = heard_difference(plain, changed, gain_db).mean_db
    both = [Kind.TONE, kind] if kind is Kind.DYNAMICS else [kind]  # its mean is tone
    laid = max(heard_effect(plain, each, own, other).mean_db for each in both)
    assert true > 0.15
    assert laid == pytest.approx(true, abs=max(0.1, 0.25 * true))
    for each in Kind:
        if each in (Kind.DEESSING, Kind.SATURATION) or each in both:
            continue
        assert heard_effect(plain, each, own, other).mean_db < 0.02  # no other effect differs


def test_an_effect_that_both_have_is_not_heard(song: Samples) -> None:
    patches, own = rendered(song, chain(Kind.TONE))
    for kind in (Kind.TONE, Kind.DYNAMICS, Kind.WIDTH, Kind.LIMITING):
        assert heard_effect(patches, kind, own, own).mean_db == pytest.approx(0.0, abs=1e-5)


def test_what_one_part_of_a_chain_does_on_average_is_tone(song: Samples) -> None:
    """A band of the compressor that only trims does what an equalizer does, and counts as that."""
    settings = default_settings().with_block("multiband_compressor", {"high_trim_db": 2.0})
    trimmed = resolve(settings, ANCHORS, normalization_db=0.0)
    patches, own = rendered(song, replace(chain(None), limiter=None, gain_db=0.0))
    _, other = rendered(song, trimmed)
    assert heard_effect(patches, Kind.DYNAMICS, own, other).mean_db < 1e-6
    assert heard_effect(patches, Kind.TONE, own, other).most_db == pytest.approx(2.0, abs=0.4)
