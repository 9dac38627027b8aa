from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassmaster.models.distances.measures import mel_distance
from glassmaster.models.errors import CatalogueError
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.moves import INTENTS, NEUTRAL, RESPONSE, SLOPE, WIDTH
from glassmaster.models.network.moves import apply_moves, held_moves
from glassmaster.training.degradation.prior import DegradationPrior
from glassmaster.training.learning.curriculum import Curriculum, Phase
from glassmaster.training.learning.intents import INTENT_LOUDNESS_LU, INTENT_MOVES, intended_moves
from glassmaster.training.learning.pairs import Pairs, assemble
from glassmaster.training.learning.plans import PlanRules, draw_plan, plain
from glassmaster.training.learning.pool import SongPool, pool_songs

MEL_HZ = mel_edges_hz()[1:-1]
EXPANDED = DegradationPrior(none_share=0.0, expanded_share=0.0)


def pairs_of(pool: SongPool, forward: float, rules: PlanRules, count: int = 12) -> Pairs:
    kinds = Curriculum((Phase(0.0, forward=forward),))
    return assemble(
        pool, [draw_plan(pool, rules, kinds, 0.0, 1, 0, 0, index) for index in range(count)]
    )


def result_of(pool: SongPool, pairs: Pairs, moves: torch.Tensor) -> torch.Tensor:
    result = apply_moves(
        pairs.mix,
        pairs.spectra,
        held_moves(moves.float()),
        sample_rate=pool.sample_rate,
        loudness_lufs=pairs.loudness_lufs,
    )
    target = pairs.target
    distance: torch.Tensor = mel_distance(
        result.frames.mid, result.frames.side, target.mid, target.side
    )
    return distance


def neutral_like(moves: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(NEUTRAL).to(moves).expand_as(moves)


def test_known_settings_make_the_target_of_the_mix(pool: SongPool) -> None:
    pairs = pairs_of(pool, 1.0, plain(PlanRules(segments=2, heard=2)))
    moves = torch.where(pairs.known.moves.isnan(), neutral_like(pairs.known.moves), 0.0)
    moves = moves + torch.nan_to_num(pairs.known.moves)
    found, unchanged = result_of(pool, pairs, moves), result_of(pool, pairs, neutral_like(moves))
    assert float(found.mean()) < 0.2
    assert float(unchanged.mean()) > 5.0 * float(found.mean())


def test_what_undoes_a_degradation_leads_back_to_the_release(pool: SongPool) -> None:
    rules = PlanRules(segments=2, heard=2, degradation=EXPANDED)
    pairs = pairs_of(pool, 0.0, plain(rules))
    neutral = neutral_like(pairs.known.moves)
    moves = torch.where(pairs.known.moves.isnan(), neutral, pairs.known.moves)
    found, unchanged = result_of(pool, pairs, moves), result_of(pool, pairs, neutral)
    assert float(found.mean()) < 0.5 * float(unchanged.mean())


def test_known_quantities_are_those_of_the_moves(pool: SongPool) -> None:
    pairs = pairs_of(pool, 1.0, plain(PlanRules(segments=2, heard=1)))
    known = pairs.known
    torch.testing.assert_close(known.quantities[:, RESPONSE], known.moves[:, RESPONSE])
    reductions = known.quantities[:, WIDTH.stop :]
    assert bool(reductions.isfinite().all())
    assert bool((reductions >= -1e-4).all())
    idle = known.moves[:, SLOPE].amax(1) == 0.0
    assert float(reductions[idle][:, :8].abs().max()) < 1e-4
    assert bool((known.bypass[idle, 1] == 1.0).all())


def test_a_mix_left_alone_is_its_target(pool: SongPool) -> None:
    rules = PlanRules(
        segments=2, heard=2, degradation=DegradationPrior(none_share=1.0, biased_share=0)
    )
    pairs = pairs_of(pool, 0.0, plain(rules), 3)
    assert float(pairs.known.bypass.min()) == 1.0
    gain = pairs.target.mid.sum((1, 2)) / pairs.mix.mid.sum((1, 2))
    scaled = pairs.mix.mid * gain[:, None, None]
    loud = pairs.target.mid > 1e-5 * pairs.target.mid.amax()
    torch.testing.assert_close(scaled[loud], pairs.target.mid[loud], rtol=1e-2, atol=0.0)


def test_references_of_known_settings_went_through_them(pool: SongPool) -> None:
    rules = PlanRules(segments=2, heard=1, no_reference=0.0, no_intent=1.0)
    pairs = pairs_of(pool, 1.0, rules, 6)
    assert pairs.references.shape[:2] == pairs.present.shape
    given = pairs.references[pairs.present == 1.0]
    whole = pool.statistics
    assert float((given[:, None] - whole).abs().amax(2).min()) > 1.0


def test_company_is_shown_as_it_is_in_the_library(pool: SongPool) -> None:
    library = torch.arange(20.0)[:, None].expand(-1, pool.statistics.shape[1]).contiguous()
    known = replace(pool, library=library, company=(np.arange(20),) * len(pool))
    rules = PlanRules(segments=2, heard=1, company=3, no_reference=0.0, no_intent=1.0)
    pairs = pairs_of(known, 0.0, rules, 4)
    assert pairs.references.shape[:2] == (4, 3)
    assert bool((pairs.present == 1.0).all())
    assert float(pairs.references.std(2).max()) == 0.0
    assert len(set(pairs.references[0, :, 0].tolist())) == 3


@pytest.mark.parametrize("name", INTENTS)
def test_an_intent_does_what_its_table_says(pool: SongPool, name: str) -> None:
    intent = np.zeros(len(INTENTS))
    intent[INTENTS.index(name)] = 1.0
    pairs = pairs_of(pool, 1.0, plain(PlanRules(segments=2, heard=2)), 3)
    moves = torch.tensor(intended_moves(NEUTRAL, intent)).expand(3, -1).float()

    def rendered(each: torch.Tensor, louder_lu: float) -> torch.Tensor:
        result = apply_moves(
            pairs.mix,
            pairs.spectra,
            each,
            sample_rate=pool.sample_rate,
            loudness_lufs=torch.full((3,), -22.0 + louder_lu),
        )
        frames = result.frames
        self_mid, self_side = frames.mid.sum(2), frames.side.sum(2)
        reduced = -result.compressor_gain_db.mean(2)
        powers = torch.stack((self_mid.log10(), (self_side + 1e-12).log10()), 1)
        return torch.cat((10.0 * powers.flatten(1), reduced), 1).mean(0)

    louder = float(intent @ INTENT_LOUDNESS_LU)
    change = (rendered(moves, louder) - rendered(neutral_like(moves), 0.0)).numpy()
    mid, side, reduction = change[:80], change[80:160], change[160:]
    if name == "bright":
        assert mid[MEL_HZ > 5000.0].mean() - mid[MEL_HZ < 1500.0].mean() == pytest.approx(
            1.5, abs=0.3
        )
    elif name == "warm":
        body = (MEL_HZ > 160.0) & (MEL_HZ < 480.0)
        assert mid[body].mean() - mid[MEL_HZ > 1500.0].mean() == pytest.approx(1.5, abs=0.3)
    elif name == "bass":
        assert mid[MEL_HZ < 85.0].mean() - mid[MEL_HZ > 400.0].mean() == pytest.approx(2.0, abs=0.5)
    elif name == "width":
        high = MEL_HZ > 4500.0
        assert (side - mid)[high].mean() == pytest.approx(1.5, abs=0.3)
    elif name in ("punch", "density"):
        assert reduction[:2].min() > 0.05
    else:
        assert mid.mean() == pytest.approx(louder, abs=0.1)
    assert INTENT_MOVES.shape == (len(INTENTS), len(NEUTRAL))


def test_a_pool_without_targets_is_refused() -> None:
    with pytest.raises(CatalogueError, match="none has segments"):
        pool_songs([])
