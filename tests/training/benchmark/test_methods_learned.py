from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.corpus.shard import Segment, ShardSong
from glassmaster.data.features.frames import mel_frames
from glassmaster.data.synthetic import compose
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.inference.learned.estimate import Estimate
from glassmaster.inference.learned.loading import load_estimator, shipped
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.learned.predictor import LearnedPredictor
from glassmaster.inference.predictor import Company, Prediction
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, RESPONSE
from glassmaster.training.benchmark.delivery import analysis_of
from glassmaster.training.benchmark.methods.examples import (
    DRAWS,
    degraded_examples,
    load_examples,
)
from glassmaster.training.benchmark.methods.learned import (
    Learned,
    Neighbors,
    ShuffledInputs,
    shuffled_predictor,
)
from glassmaster.training.benchmark.tasks import Plan, Reference, Task, Truth

RATE = 44_100
SPECTRUM = np.array([name.startswith("spectrum_db@") for name in STATISTICS])


def shard_song(seed: int) -> ShardSong:
    samples = compose(seed, duration_s=12.0).mix.samples
    analysis = analysis_of(samples, RATE)
    segments = []
    for start in (0, 6):
        frames = mel_frames(samples[:, start * RATE : (start + 6) * RATE], RATE)
        segments.append(Segment(float(start), frames.mid, frames.side, frames.peak))
    return ShardSong(
        identity=f"p/{seed}",
        split="fit",
        package="p",
        artist="",
        sample_rate=RATE,
        statistics=analysis.statistics,
        content=analysis.content,
        spectrum=analysis.spectrum,
        integrated_lufs=-18.0,
        range_lu=5.0,
        true_peak_dbtp=-1.0,
        plr_db=14.0,
        segments=tuple(segments),
    )


def test_examples_pair_degraded_statistics_with_what_undoes_them() -> None:
    song = shard_song(1)
    found = degraded_examples([song])
    assert found.statistics.shape == (DRAWS, len(STATISTICS))
    assert found.moves.shape == (DRAWS, len(MOVES))
    assert np.isfinite(found.statistics).all()
    assert np.isfinite(found.moves).all()
    shifted = found.statistics[:, SPECTRUM] - song.statistics[SPECTRUM]
    low = shifted[:, :10].mean(axis=1) - shifted[:, 40:60].mean(axis=1)
    undone = found.moves[:, RESPONSE]
    cut = undone[:, 2:8].mean(axis=1) - undone[:, 15:22].mean(axis=1)
    assert np.corrcoef(low, cut)[0, 1] < -0.8


def test_examples_are_the_same_every_time() -> None:
    first, second = (degraded_examples([shard_song(1)]) for _ in range(2))
    np.testing.assert_array_equal(first.statistics, second.statistics)
    np.testing.assert_array_equal(first.moves, second.moves)


def test_kept_examples_are_known_by_their_content(tmp_path: Path) -> None:
    prints = []
    for index in range(2):
        path = tmp_path / f"{index}.npz"
        np.savez(path, statistics=np.full((2, 3), index), moves=np.zeros((2, 4)))
        examples, fingerprint = load_examples(path)
        assert examples.statistics[0, 0] == index
        prints.append(fingerprint)
    assert prints[0] != prints[1]


class Summing:
    def estimate(self, statistics: np.ndarray, company: Company) -> Estimate:
        moves = np.concatenate((statistics, company.statistics.sum(axis=0)))
        return Estimate(moves, np.zeros(1), np.ones(1), np.zeros(3))


def test_shuffled_inputs_keep_their_standardized_values() -> None:
    rng = np.random.default_rng(0)
    mean, scale = rng.standard_normal(5), rng.random(5) + 0.5
    order = np.array([1, 2, 3, 4, 0.0])
    statistics, references = rng.standard_normal(5), rng.standard_normal((2, 5))
    company, nobody = Company(references, np.ones(2)), Company(references[:0], np.ones(0))
    moves = ShuffledInputs(Summing(), order, mean, scale).estimate(statistics, company).moves
    np.testing.assert_allclose(
        (moves[:5] - mean) / scale, np.roll((statistics - mean) / scale, -1), rtol=1e-12
    )
    none = ShuffledInputs(Summing(), order, mean, scale).estimate(statistics, nobody).moves
    np.testing.assert_allclose(none[:5], moves[:5])


class Recording:
    """A predictor that notes the company it is given."""

    model = "none"
    reads_settings = True

    def __init__(self) -> None:
        self.given: list[Company | None] = []

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        self.given.append(company)
        return BaselinePredictor().predict(analysis)


def made_for(suite: str, tmp_path: Path, **options: bool) -> Company:
    """Return the company that a predictor is given for a task of a suite with one reference."""
    songs = [compose(seed, duration_s=10.0).mix.samples for seed in (1, 2)]
    plan = Plan(suite, "p/one", "p", "p", ("q/two",), 0)
    shown = (Reference("q/two", songs[1]),)
    task = Task(plan, songs[0], songs[0], RATE, -15.0, shown, Truth())
    predictor = Recording()
    method = Learned("m", predictor, neighbors=Neighbors.NONE, **options)  # type: ignore[arg-type]
    method.make(task, tmp_path)
    given = predictor.given[0]
    assert given is not None
    return given


@pytest.mark.parametrize("suite", ["STYLE-X", "STYLE-X3"])
def test_a_finished_song_is_told_to_be_one(suite: str, tmp_path: Path) -> None:
    told = made_for(suite, tmp_path)
    assert told.settings_alone
    own = analysis_of(compose(2, duration_s=10.0).mix.samples, RATE).statistics
    np.testing.assert_allclose(told.statistics, own[None])
    assert not made_for(suite, tmp_path, told=False).settings_alone


def test_a_mix_is_not_told_to_be_finished(tmp_path: Path) -> None:
    assert not made_for("DEG-A", tmp_path).settings_alone


def test_shuffled_weights_look_at_other_statistics(tmp_path: Path) -> None:
    whole = read_model_file(shipped().models["network"])
    spoiled = shuffled_predictor("network")
    rows = np.array([compose_statistics(seed) for seed in (1, 2)])
    company = Company(rows, np.ones(2), settings_alone=True)
    analysis = analysis_of(compose(3, duration_s=10.0).mix.samples, RATE)
    right = LearnedPredictor(whole, load_estimator(whole)).predict(analysis, company)
    assert right.settings.document() != spoiled.predict(analysis, company).settings.document()


def compose_statistics(seed: int) -> np.ndarray:
    return analysis_of(compose(seed, duration_s=10.0).mix.samples, RATE).statistics
