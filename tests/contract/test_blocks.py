from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from cases import CASES, Case, chain_of, drain, neutral_chain, render
from signals import Array, difference_db, programme, tone_bursts

from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.inference.engine.timeline import Segment, Timeline
from glassmaster.models.chain import ResolvedChain
from glassmaster.models.errors import ParameterError, UnsupportedAudioError
from glassmaster.models.rates import hop_samples
from glassmaster.models.settings import BLOCKS

CHAIN = CASES[-1]
ALL_RATES = (8000, 11_025, 22_050, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_block_size_changes_nothing(case: Case) -> None:
    x = programme(44_100, 0.8)
    chain = chain_of(case, 1)
    whole = render(chain, x, 44_100, x.shape[1])
    for frames in (65_536, 777):
        np.testing.assert_array_equal(render(chain, x, 44_100, frames), whole)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_single_samples_change_nothing(case: Case) -> None:
    x = programme(48_000, 0.05)
    chain = chain_of(case, 0)
    np.testing.assert_array_equal(render(chain, x, 48_000, 1), render(chain, x, 48_000))


def test_empty_blocks_change_nothing() -> None:
    x = programme(48_000, 0.1)
    chain = chain_of(CHAIN, 0)
    renderer = ChainRenderer(chain, 48_000, 2)
    parts = []
    for at in range(0, x.shape[1], 500):
        parts += [renderer.process(x[:, at : at + 500]), renderer.process(np.zeros((2, 0)))]
    joined = np.concatenate((*parts, renderer.finish()), axis=1)
    np.testing.assert_array_equal(joined, render(chain, x, 48_000))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_as_much_comes_out_as_went_in(case: Case, sample_rate: int) -> None:
    chain = chain_of(case, 0)
    for frames in (0, 1, 31, 32, 33, 1000, 30_000):
        assert render(chain, np.full((2, frames), 0.1), sample_rate).shape == (2, frames)


@pytest.mark.parametrize("sample_rate", ALL_RATES)
@pytest.mark.parametrize("frames", [64, 777, 65_536])
def test_length_holds_at_every_rate_and_block_size(sample_rate: int, frames: int) -> None:
    chain = chain_of(CHAIN, 0)
    assert render(chain, np.full((2, 30_001), 0.1), sample_rate, frames).shape == (2, 30_001)


@pytest.mark.parametrize("sample_rate", ALL_RATES)
def test_neutral_chain_does_not_move_the_sound_in_time(sample_rate: int) -> None:
    # high-pass and all-passes turn the phase, so only their blocks are left out
    case = Case("in time", ("deesser", "saturator", "limiter"), 0.0)
    x = 0.1 * programme(sample_rate, 6000 / sample_rate)
    assert difference_db(render(neutral_chain(case), x, sample_rate), x) < -250.0


def test_threads_do_not_disturb_each_other() -> None:
    chain = chain_of(CHAIN, 1)
    tracks = [programme(44_100, 0.5, seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda x: render(chain, x, 44_100, 4096), tracks))
    for x, y in zip(tracks, together, strict=True):
        np.testing.assert_array_equal(y, render(chain, x, 44_100))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_copies_go_on_bit_identically(case: Case) -> None:
    x = programme(48_000, 0.6)
    first, second = x[:, :10_001], x[:, 10_001:]
    renderer = ChainRenderer(chain_of(case, 2), 48_000, 2)
    renderer.process(first)
    copies = (renderer.copy(), pickle.loads(pickle.dumps(renderer)))
    expected = drain(renderer, second)
    for copy in copies:
        np.testing.assert_array_equal(drain(copy, second, 3000), expected)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_mono_is_the_left_of_dual_mono(case: Case) -> None:
    x = programme(44_100, 0.4)[:1]
    chain = chain_of(case, 1)
    mono = render(chain, x, 44_100)
    np.testing.assert_array_equal(mono[0], mono[1])
    without = tuple(name for name in case.blocks if name != "imager")
    if without == case.blocks:
        np.testing.assert_array_equal(mono, render(chain, np.repeat(x, 2, axis=0), 44_100))


def test_imager_is_bypassed_on_mono() -> None:
    imager = next(case for case in CASES if case.name == "imager")
    x = programme(44_100, 0.4)[:1]
    mono = render(chain_of(imager, 1), x, 44_100)
    np.testing.assert_array_equal(mono, np.repeat(x, 2, axis=0))


def reader(x: Array, sample_rate: int = 48_000) -> ArrayReader:
    return ArrayReader(Audio(np.ascontiguousarray(x, dtype=np.float32), sample_rate))


def played(segments: list[Segment], frames: int = 65_536) -> Array:
    return np.concatenate(list(Timeline(segments).render(frames)), axis=1)


def test_two_segments_with_the_same_settings_equal_one() -> None:
    x = programme(48_000, 0.7)
    chain = chain_of(CHAIN, 0)
    whole = played([Segment(reader(x), chain)])
    for cut in (1, 9999, 16_384):
        parts = [Segment(reader(x[:, :cut]), chain), Segment(reader(x[:, cut:]), chain)]
        np.testing.assert_array_equal(played(parts, 5000), whole)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_song_is_a_timeline_of_one_segment(case: Case) -> None:
    x = programme(48_000, 0.5).astype(np.float32).astype(np.float64)
    chain = chain_of(case, 0)
    np.testing.assert_array_equal(
        played([Segment(reader(x), chain)], 3000), render(chain, x, 48_000)
    )


def test_a_timeline_of_two_rates_is_refused() -> None:
    chain = chain_of(CHAIN, 0)
    x = np.zeros((2, 100))
    with pytest.raises(UnsupportedAudioError):
        Timeline([Segment(reader(x), chain), Segment(reader(x, 44_100), chain)])


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("sample_rate", [44_100, 192_000])
def test_a_switch_acts_from_its_hop_on_and_for_every_block_size(
    case: Case, sample_rate: int
) -> None:
    cut = 10_007
    hop = hop_samples(sample_rate)
    x = tone_bursts(sample_rate, 0.25)
    before = chain_of(case, 0)
    after = replace(chain_of(case, 1), gain_db=case.gain_db - 3.0, limiter=before.limiter)
    outputs = []
    for frames in (65_536, 700):
        renderer = ChainRenderer(before, sample_rate, 2)
        parts = [renderer.process(x[:, at : min(at + frames, cut)]) for at in range(0, cut, frames)]
        renderer.switch(after)
        outputs.append(np.concatenate((*parts, drain(renderer, x[:, cut:], frames)), axis=1))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    border = -(-cut // hop) * hop
    old = render(before, x, sample_rate)
    if set(case.blocks) & {"limiter", "saturator"}:
        # they look ahead, so what follows the switch is heard up to 4.5 ms before it
        border -= round(0.006 * sample_rate)
    np.testing.assert_array_equal(outputs[0][:, :border], old[:, :border])
    assert difference_db(outputs[0][:, border:], old[:, border:]) > -60.0


SWITCHED = [name for name in BLOCKS if name != "limiter"]
NOTHING = Case("nothing", (), 0.0)


def switched(before: ResolvedChain, after: ResolvedChain, x: Array, cut: int) -> Array:
    renderer = ChainRenderer(before, 48_000, 2)
    first = renderer.process(x[:, :cut])
    renderer.switch(after)
    return np.concatenate((first, drain(renderer, x[:, cut:])), axis=1)


@pytest.mark.parametrize("name", SWITCHED)
def test_engaging_a_block_on_the_way_loses_nothing(name: str) -> None:
    # two tracks of one album: the first without the block, the second with it
    x = 0.2 * programme(48_000, 0.5)
    y = switched(neutral_chain(NOTHING), neutral_chain(Case(name, (name,), 0.0)), x, 12_000)
    np.testing.assert_array_equal(y[:, :12_000], x[:, :12_000])
    assert np.abs(y[:, 12_000:]).max() < 1.5 * np.abs(x[:, 12_000:]).max()


@pytest.mark.parametrize("name", SWITCHED)
def test_releasing_a_block_on_the_way_loses_nothing(name: str) -> None:
    x = 0.2 * programme(48_000, 0.5)
    y = switched(neutral_chain(Case(name, (name,), 0.0)), neutral_chain(NOTHING), x, 12_000)
    np.testing.assert_array_equal(y[:, 12_000:], x[:, 12_000:])


def test_another_limiter_is_refused() -> None:
    limiter = Case("limiter", ("limiter",), 0.0)
    chains = (neutral_chain(NOTHING), neutral_chain(limiter), chain_of(limiter, 1))
    for before, after in permutations(chains, 2):
        with pytest.raises(ParameterError):
            ChainRenderer(before, 48_000, 2).switch(after)
