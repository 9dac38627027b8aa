from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glassmaster.inference.learned.linear import LinearEstimator
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.predictor import NOBODY, Company
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import (
    MOVES,
    NEUTRAL,
    QUANTITIES,
    RESPONSE,
    SLOPE,
    THRESHOLD,
    WIDTH,
    bounded,
)
from glassmaster.models.network.network import MoveNetwork
from glassmaster.training.learning.building import start_from_linear
from glassmaster.training.learning.plans import PlanRules
from glassmaster.training.linear import estimator
from glassmaster.training.linear.estimator import Estimates, LinearModel, learn_linear
from glassmaster.training.linear.examples import Examples
from glassmaster.training.linear.inputs import compact_inputs
from glassmaster.training.linear.learning import export_linear, linear_arrays
from glassmaster.training.linear.ridge import Line

F, D, Q = len(STATISTICS), len(MOVES), len(QUANTITIES)
SONGS, ROWS = 40, 1500
SPECTRUM = [i for i, name in enumerate(STATISTICS) if name.startswith("spectrum_db")]


class Pool:
    """Songs of which only the statistics are asked for."""

    def __init__(self) -> None:
        self.statistics = torch.from_numpy(np.random.default_rng(0).normal(size=(SONGS, F)))
        self.library = self.statistics


def planted(statistics: np.ndarray) -> np.ndarray:
    """Undo half of the level of all bands together, and of the width."""
    moves = np.tile(NEUTRAL, (len(statistics), 1))
    level_db = statistics[:, SPECTRUM].mean(1, keepdims=True)
    moves[:, RESPONSE] = -0.5 * level_db * np.linspace(1.0, -1.0, 27)
    moves[:, WIDTH] = 0.5 * statistics[:, [STATISTICS.index("side_db")]]
    return moves


def drawn(pool: Any, rules: Any, *, forward: bool, references: bool, **_: Any) -> Examples:
    generator = np.random.default_rng(2 * forward + references)
    statistics = generator.normal(size=(ROWS, F))
    moves = planted(statistics)
    moves[:, SLOPE] = 0.2 * forward
    quantities = np.full((ROWS, Q), np.nan)
    quantities[:, : WIDTH.stop] = moves[:, : WIDTH.stop]
    if forward:
        quantities[:, WIDTH.stop :] = 1.5
    songs = np.arange(ROWS) % SONGS
    others = tuple(generator.normal(size=(ROWS, 1, F)))
    return Examples(songs, statistics, others, moves, quantities)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> LinearModel:
    monkeypatch.setattr(estimator, "draw_examples", drawn)
    packages = np.arange(SONGS) // 4
    inputs = [compact_inputs()]
    return learn_linear(Pool(), packages, PlanRules(), count=ROWS, seed=1, inputs=inputs)  # type: ignore[arg-type]


def test_a_planted_truth_is_found(learned: LinearModel) -> None:
    new = np.random.default_rng(9).normal(size=(50, F))
    wanted = planted(new)
    found = learned.alone.moves.at(new)
    for part in (RESPONSE, WIDTH):
        assert np.abs(found[:, part] - wanted[:, part]).max() < 0.02
    np.testing.assert_allclose(
        learned.alone.quantities.at(new)[:, : WIDTH.stop], found[:, : WIDTH.stop]
    )
    np.testing.assert_allclose(learned.alone.quantities.at(new)[:, WIDTH.stop :], 1.5)
    for error, nothing in (learned.alone.errors["response"], learned.alone.errors["width"]):
        assert error < 0.1 * nothing


def test_references_that_say_nothing_do_not_count(learned: LinearModel) -> None:
    generator = np.random.default_rng(9)
    mixes, references = generator.normal(size=(2, 50, F))
    found = learned.referred.moves.at(np.hstack((mixes, references)))
    assert np.abs(found[:, RESPONSE] - planted(mixes)[:, RESPONSE]).max() < 0.05


def test_of_two_ways_to_read_a_mix_the_mean_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimator, "draw_examples", drawn)
    spectrum = compact_inputs()[:20]
    width = np.eye(F)[[STATISTICS.index("side_db")]]

    def of(*inputs: np.ndarray) -> LinearModel:
        packages = np.arange(SONGS) // 4
        return learn_linear(Pool(), packages, PlanRules(), count=ROWS, seed=1, inputs=inputs)  # type: ignore[arg-type]

    one, other, both = of(spectrum), of(width), of(spectrum, width)
    mixes = np.random.default_rng(9).normal(size=(20, F))
    wanted = 0.5 * (one.alone.moves.at(mixes) + other.alone.moves.at(mixes))
    np.testing.assert_allclose(both.alone.moves.at(mixes), wanted, atol=1e-9)
    rows = np.hstack((mixes, mixes[::-1]))
    wanted = 0.5 * (one.referred.moves.at(rows) + other.referred.moves.at(rows))
    np.testing.assert_allclose(both.referred.moves.at(rows), wanted, atol=1e-9)
    # the spectrum knows nothing of the width, so half of it is missed where packages are left out
    np.testing.assert_allclose(both.alone.sigma[WIDTH], 0.5 * one.alone.sigma[WIDTH], rtol=0.05)


def test_where_no_song_is_like_another_references_say_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lonely(*given: Any, references: bool, **other: Any) -> Examples:
        found = drawn(*given, references=references, **other)
        if not references:
            return found
        none = np.zeros((0, F))
        return Examples(found.songs[:0], none, (), np.zeros((0, D)), found.quantities)

    monkeypatch.setattr(estimator, "draw_examples", lonely)
    one_package = np.zeros(SONGS, int)
    found = learn_linear(
        Pool(),  # type: ignore[arg-type]
        one_package,
        PlanRules(),
        count=ROWS,
        seed=1,
        inputs=[compact_inputs()],
    )
    mixes, references = np.random.default_rng(9).normal(size=(2, 20, F))
    alone = found.alone.moves.at(mixes)
    np.testing.assert_array_equal(found.referred.moves.at(np.hstack((mixes, references))), alone)
    assert np.abs(alone[:, RESPONSE] - planted(mixes)[:, RESPONSE]).max() < 0.05


def exported(learned: LinearModel, path: Path) -> Path:
    constants = NEUTRAL.copy()
    constants[THRESHOLD] = -3.0
    songs = 3.0 + 2.0 * np.random.default_rng(5).normal(size=(SONGS, F))
    return export_linear(path, linear_arrays(learned, constants, songs), {"seed": "1"})


def test_the_file_says_what_was_learned(learned: LinearModel, tmp_path: Path) -> None:
    reader = LinearEstimator(read_model_file(exported(learned, tmp_path / "a.safetensors")))
    mix, *references = np.random.default_rng(9).normal(size=(3, F))
    alone = reader.estimate(mix, NOBODY)
    np.testing.assert_allclose(
        alone.moves[: THRESHOLD.start], learned.alone.moves.at(mix)[:34], atol=1e-9
    )
    np.testing.assert_array_equal(alone.moves[THRESHOLD], -3.0)
    np.testing.assert_allclose(alone.sigma, learned.alone.sigma)
    with_two = reader.estimate(mix, Company(np.array(references), np.ones(2)))
    both = np.concatenate((mix, np.mean(references, axis=0)))
    wanted = learned.referred.quantities.at(both)
    np.testing.assert_allclose(with_two.quantities, wanted, atol=1e-9)
    np.testing.assert_allclose(with_two.sigma, learned.referred.sigma)


def test_the_network_starts_as_the_linear_estimate(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)

    def line(outputs: int, inputs: int, bias: np.ndarray) -> Line:
        return Line(0.01 * generator.normal(size=(outputs, inputs)), bias)

    alone, referred = (
        Estimates(line(D, F * k, NEUTRAL + 0.01 * k), line(Q, F * k, np.zeros(Q)), np.ones(Q), {})
        for k in (1, 2)
    )
    model = LinearModel(alone, referred)
    path = exported(model, tmp_path / "a.safetensors")
    network = MoveNetwork(width=16, depth=1, studios=1).eval()
    network.standardize(1.0 + 3.0 * generator.normal(size=(30, F)))
    start_from_linear(network, path)
    reader = LinearEstimator(read_model_file(path))
    mix, *others = generator.normal(size=(3, F))
    for references in (np.zeros((0, F)), np.array(others)):
        given = [torch.tensor(each, dtype=torch.float32)[None] for each in (mix, references)]
        with torch.no_grad():
            found = network.linear(*given, torch.ones(1, len(references)))[0].numpy()
            moves = network(
                *given, torch.ones(1, len(references)), torch.zeros(1, 8), torch.zeros(1).long()
            ).moves[0]
        wanted = reader.estimate(mix, Company(references, np.ones(len(references)))).moves
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        np.testing.assert_allclose(moves.numpy(), bounded(wanted), atol=1e-5)
