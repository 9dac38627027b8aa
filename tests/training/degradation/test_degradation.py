from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassmaster.models.differentiable.frames import SpectralFrames
from glassmaster.models.errors import ParameterError
from glassmaster.models.moves import IN_LEVEL, MOVES, RESPONSE, SLOPE, WIDTH
from glassmaster.training.degradation.applying import batch_degradations, degrade_frames
from glassmaster.training.degradation.drawing import (
    MEL_HZ,
    Degradation,
    draw_degradation,
    undoing_moves,
)
from glassmaster.training.degradation.prior import DegradationPrior
from glassmaster.training.randomness import generator

KNOWN = np.zeros(len(MOVES), dtype=bool)
for block in (RESPONSE, WIDTH, SLOPE):
    KNOWN[block] = True

NOTHING = Degradation(
    response_db=np.zeros(80),
    response_thirds_db=np.zeros(27),
    width_db=np.zeros(80),
    shares=np.vstack((np.ones(80), np.zeros((3, 80)))),
    exponents=np.zeros(4),
    slowness=0.0,
    reach_db=8.0,
    peak_db=0.0,
    floor_db=-200.0,
)


def frames(seed: int = 0, count: int = 120) -> SpectralFrames:
    drawn = torch.Generator().manual_seed(seed)
    loud = 10.0 ** (0.4 * torch.randn(1, 1, count, generator=drawn) - 4.0)
    mid = loud * 10.0 ** (0.2 * torch.randn(1, 80, count, generator=drawn))
    peak = 0.1 + 0.05 * torch.rand(1, 4 * count, generator=drawn)
    return SpectralFrames(mid.double(), 0.1 * mid.double(), peak.double())


def degraded(degradation: Degradation, source: SpectralFrames | None = None) -> SpectralFrames:
    batch = batch_degradations([degradation], dtype=torch.float64)
    return degrade_frames(frames() if source is None else source, batch)


def draw(index: int, prior: DegradationPrior | None = None) -> Degradation:
    return draw_degradation(generator(3, index), prior or DegradationPrior())


def test_equal_counters_give_equal_degradations() -> None:
    np.testing.assert_array_equal(draw(5).response_db, draw(5).response_db)
    assert not np.array_equal(draw(5).response_db, draw(6).response_db)


def test_doing_nothing_changes_nothing() -> None:
    source, result = frames(), degraded(NOTHING)
    for name in ("mid", "side", "peak"):
        torch.testing.assert_close(getattr(result, name), getattr(source, name))


def test_kinds_come_as_often_as_asked() -> None:
    prior = DegradationPrior(none_share=0.3, biased_share=0.65)
    nothing = [not draw(i, prior).response_db.any() for i in range(400)]
    assert 0.22 < np.mean(nothing) < 0.38
    left_alone = next(draw(i, prior) for i, none in enumerate(nothing) if none)
    assert not left_alone.exponents.any()
    assert left_alone.peak_db == 0.0
    assert not undoing_moves(left_alone)[KNOWN].any()


def test_biased_mixes_have_the_bass_of_mixes() -> None:
    biased = DegradationPrior(none_share=0.0, biased_share=1.0)
    unbiased = replace(biased, biased_share=0.0)
    bass = MEL_HZ < 100.0
    means = [
        np.mean([draw(i, prior).response_db[bass].mean() for i in range(200)])
        for prior in (biased, unbiased)
    ]
    assert means[0] > 5.0
    assert abs(means[1]) < 1.0


def test_the_response_has_the_spread_asked_for() -> None:
    prior = DegradationPrior(none_share=0.0, biased_share=0.0, tilt_db=0.0)
    responses = np.array([draw(i, prior).response_db for i in range(600)])
    assert responses.std() == pytest.approx(prior.response_db, rel=0.1)
    octaves = np.log2(MEL_HZ)
    near = np.flatnonzero(np.diff(octaves) < 0.25 * prior.response_octaves[0])
    steps = responses[:, near + 1] - responses[:, near]
    assert np.sqrt(np.mean(steps**2)) < 0.3 * prior.response_db
    low, high = responses[:, octaves < octaves[0] + 1.0], responses[:, octaves > octaves[0] + 5.0]
    alike = np.corrcoef(low.mean(axis=1), high.mean(axis=1))[0, 1]
    assert abs(alike) < 0.15


def test_bands_of_expansion_share_everything() -> None:
    for index in range(20):
        shares = draw(index).shares
        np.testing.assert_allclose(shares.sum(axis=0), 1.0)
        assert shares.min() > -1e-12


def test_response_and_width_act_where_they_should() -> None:
    response, width = np.linspace(-3.0, 3.0, 80), np.full(80, 2.0)
    source = frames()
    result = degraded(replace(NOTHING, response_db=response, width_db=width))
    mid_db = 10.0 * (result.mid / source.mid).log10()
    side_db = 10.0 * (result.side / source.side).log10()
    np.testing.assert_allclose(mid_db[0, :, 7].numpy(), response, atol=1e-6)
    np.testing.assert_allclose((side_db - mid_db).numpy(), 2.0, atol=1e-6)


def test_expansion_is_undone_by_the_slope_it_names() -> None:
    exponent = 0.3
    result = degraded(replace(NOTHING, exponents=np.array([exponent, 0.0, 0.0, 0.0]), reach_db=1e3))
    moves = undoing_moves(replace(NOTHING, exponents=np.full(4, exponent)))
    before_db, after_db = (
        10.0 * (f.mid + f.side).sum(1).log10()[0].numpy() for f in (frames(), result)
    )
    slope = np.polyfit(before_db, after_db, 1)[0]
    assert slope == pytest.approx(1.0 + exponent, abs=0.05)
    np.testing.assert_allclose(moves[SLOPE], exponent / (1.0 + exponent), atol=1e-9)


def test_expansion_never_reaches_further_than_asked() -> None:
    result = degraded(replace(NOTHING, exponents=np.full(4, 0.5), reach_db=2.0))
    moved_db = 10.0 * (result.mid / frames().mid).log10()
    assert moved_db.abs().max() <= 2.0


def test_peaks_rise_by_what_is_asked_and_levels_stay() -> None:
    source, result = frames(), degraded(replace(NOTHING, peak_db=4.0))
    rise_db = 20.0 * (result.peak / source.peak).log10()
    assert rise_db.amax() == pytest.approx(4.0)
    assert rise_db.median() == 0.0
    torch.testing.assert_close(result.mid, source.mid)


def test_what_undoes_is_the_negative_without_its_level() -> None:
    degradation = draw(11, DegradationPrior(none_share=0.0))
    moves = undoing_moves(degradation)
    shape = degradation.response_thirds_db - degradation.response_thirds_db[IN_LEVEL].mean()
    np.testing.assert_allclose(moves[RESPONSE], np.clip(-shape, -8.0, 8.0), atol=1e-9)
    np.testing.assert_allclose(moves[WIDTH][1:], np.clip(-degradation.width_db[0], None, 6.0206))
    assert np.isnan(moves[~KNOWN]).all()


def test_a_batch_is_its_examples() -> None:
    pair = [draw(1), draw(2)]
    source = frames()
    doubled = SpectralFrames(*(torch.cat((t, t)) for t in (source.mid, source.side, source.peak)))
    both = degrade_frames(doubled, batch_degradations(pair, dtype=torch.float64))
    for row, one in enumerate(pair):
        alone = degraded(one)
        torch.testing.assert_close(both.mid[row], alone.mid[0])
        torch.testing.assert_close(both.peak[row], alone.peak[0])


@pytest.mark.parametrize(
    "wrong",
    [{"none_share": 1.5}, {"none_share": 0.7, "biased_share": 0.7}, {"bias_db": (1.0,)}],
)
def test_impossible_priors_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        DegradationPrior(**wrong)  # type: ignore[arg-type]
