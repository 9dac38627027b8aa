from __future__ import annotations

import math
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.models.errors import UsageError
from glassmaster.models.moves import MOVES, NEUTRAL, RESPONSE
from glassmaster.models.settings import default_settings
from glassmaster.models.spectrum import THIRD_CENTERS_HZ
from glassmaster.training.benchmark.delivery import CEILING_DBTP, analysis_of
from glassmaster.training.benchmark.methods.constant import (
    ConstantMoves,
    NearestMoves,
    mean_moves,
)
from glassmaster.training.benchmark.methods.matchering import find_matchering
from glassmaster.training.benchmark.methods.matching import (
    SpectrumMatch,
    matched_audio,
    matching_response_db,
    thirds_db,
)
from glassmaster.training.benchmark.methods.method import (
    Made,
    Predicted,
    ShuffledReferences,
    Unchanged,
)
from glassmaster.training.benchmark.methods.oracle import Oracle
from glassmaster.training.benchmark.methods.registry import (
    Ingredients,
    make_method,
    method_names,
    usable_methods,
)
from glassmaster.training.benchmark.tasks import Plan, Reference, Task, Truth

RATE = 44_100
NOTHING = Ingredients({"lmmse": None}, None, None, {})


@cache
def song(seed: int, style: str) -> Samples:
    return compose(seed, style=style, duration_s=10.0).mix.samples


def task(references: tuple[Reference, ...] = (), target: Samples | None = None) -> Task:
    plan = Plan("DEG", "p/one", "p", "p", (), 0)
    return Task(plan, song(1, "rock"), target, RATE, -15.0, references, Truth())


def reference() -> Reference:
    return Reference("q/other", song(2, "rock"))


def check_delivered(made: Made, lufs: float = -15.0) -> None:
    report = made.delivered.loudness
    assert made.delivered.samples.shape == song(1, "rock").shape
    assert report.integrated_lufs == pytest.approx(lufs, abs=0.1)
    assert report.true_peak_dbtp is not None
    assert report.true_peak_dbtp <= CEILING_DBTP


def test_unchanged_changes_the_level_alone(tmp_path: Path) -> None:
    made = Unchanged().make(task(), tmp_path)
    check_delivered(made)
    mix = song(1, "rock").astype(np.float64)
    gain = float((mix * made.delivered.samples).sum() / np.square(mix).sum())
    rest = made.delivered.samples - gain * mix
    assert np.square(rest).sum() < 1e-2 * np.square(gain * mix).sum()


def test_predictors_run_as_users_run_them(tmp_path: Path) -> None:
    made = Predicted(BaselinePredictor()).make(task(), tmp_path)
    check_delivered(made)
    assert made.settings is not None
    expected = BaselinePredictor().predict(analysis_of(song(1, "rock"), RATE)).settings
    assert made.settings.document() == expected.document()


def test_a_loudness_out_of_reach_is_noted(tmp_path: Path) -> None:
    loud = Task(task().plan, task().mix, None, RATE, -2.0, (), Truth())
    assert "quieter than asked for" in Unchanged().make(loud, tmp_path).note


def test_spectrum_match_reaches_the_reference(tmp_path: Path) -> None:
    made = SpectrumMatch().make(task((reference(),)), tmp_path)
    check_delivered(made)
    goal = thirds_db(song(2, "rock"), RATE)
    heard = slice(5, 28)
    before = np.abs(thirds_db(song(1, "rock"), RATE) - goal)[heard].mean()
    after = np.abs(thirds_db(made.delivered.samples, RATE) - goal)[heard].mean()
    assert after < 0.6 * before
    assert SpectrumMatch().refusal(task()) != ""


def test_matching_filter_does_what_it_says_without_delay() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, 4 * RATE)).astype(np.float32)
    response = np.where(THIRD_CENTERS_HZ > 1000.0, 6.0, -3.0)
    filtered = matched_audio(noise, RATE, response)
    spectra = [np.abs(np.fft.rfft(each[0])) ** 2 for each in (noise, filtered)]
    hz = np.fft.rfftfreq(noise.shape[1], 1.0 / RATE)
    for low, high, wanted in ((200.0, 600.0, -3.0), (3000.0, 9000.0, 6.0)):
        band = (hz > low) & (hz < high)
        gain = 10.0 * math.log10(spectra[1][band].sum() / spectra[0][band].sum())
        assert gain == pytest.approx(wanted, abs=0.2)
    flat = matched_audio(noise, RATE, np.zeros(31))
    np.testing.assert_allclose(flat, noise, atol=1e-3)


def test_matching_response_is_level_free_and_bounded() -> None:
    ours, theirs = np.zeros(31), np.linspace(-40.0, 40.0, 31)
    response = matching_response_db(ours, theirs)
    assert np.abs(response).max() == 12.0
    assert matching_response_db(ours, ours + 5.0) == pytest.approx(np.zeros(31))


def test_mean_moves_undo_the_typical_difference_of_mixes() -> None:
    moves = np.array(mean_moves())
    assert moves.shape == (len(MOVES),)
    response = moves[RESPONSE]
    assert response[1] < -1.0 < response[15] < 2.0
    assert 0.0 < np.mean(moves[[MOVES.index(f"slope@{b}") for b in ("low", "high")]]) < 0.3


def test_constant_moves_are_the_same_for_every_mix() -> None:
    moves = NEUTRAL.copy()
    moves[RESPONSE] += np.linspace(-3.0, 3.0, 27)
    predictor = ConstantMoves(moves)
    first, second = (
        predictor.predict(analysis_of(song(seed, style), RATE)).settings["imager"]
        for seed, style in ((1, "rock"), (2, "rock"))
    )
    assert first == second


def test_the_nearest_example_decides() -> None:
    analysis = analysis_of(song(1, "rock"), RATE)
    rng = np.random.default_rng(1)
    statistics = analysis.statistics + rng.standard_normal((5, len(analysis.statistics)))
    statistics[3] = analysis.statistics + 0.01
    moves = np.tile(NEUTRAL, (5, 1))
    moves[3, RESPONSE] += np.linspace(-4.0, 4.0, 27)
    near = NearestMoves(statistics, moves).predict(analysis).settings
    assert near.document() == ConstantMoves(moves[3]).predict(analysis).settings.document()
    assert near.document() != ConstantMoves(NEUTRAL).predict(analysis).settings.document()


def test_shuffled_references_reach_the_method(tmp_path: Path) -> None:
    wrong = Reference("r/wrong", song(3, "rock"))
    shuffled = ShuffledReferences(SpectrumMatch(), lambda each: (wrong,))
    made = shuffled.make(task((reference(),)), tmp_path)
    direct = SpectrumMatch().make(task((wrong,)), tmp_path)
    np.testing.assert_array_equal(made.delivered.samples, direct.delivered.samples)
    assert shuffled.name == "ltas_match_shuffled_references"
    assert shuffled.refusal(task()) != ""
    other = replace(shuffled, shown="DEG-A:q/two")
    assert other.fingerprint != shuffled.fingerprint


def test_recovery_is_for_masters_that_were_made_of_their_mixes() -> None:
    inversion = make_method("inversion", NOTHING, lambda each: ())
    target = task(target=song(1, "rock"))
    assert inversion.refusal(target) != ""
    own = replace(target, truth=Truth(settings=default_settings()))
    assert inversion.refusal(own) == ""
    other = replace(target, plan=replace(target.plan, suite="SYN-OUT"))
    assert inversion.refusal(other) == ""
    assert inversion.refusal(replace(other, target=None)) != ""


def test_oracle_needs_a_target() -> None:
    assert Oracle().refusal(task()) != ""
    assert Oracle().refusal(task(target=song(1, "rock"))) == ""


def test_an_interpreter_is_found_from_wherever_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 2.0.6\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    found = find_matchering("./python")
    assert found is not None
    assert found.python == program


def test_another_interpreter_without_matchering_is_refused() -> None:
    assert find_matchering(None) is None
    with pytest.raises(UsageError, match=r"no matchering 2\.0\.6"):
        find_matchering(sys.executable)
    with pytest.raises(UsageError, match="No such file"):
        find_matchering("/nowhere/python")


def test_methods_that_lack_something_are_left_out_with_a_reason() -> None:
    names = method_names(("lmmse",))
    usable, left_out = usable_methods(names, NOTHING)
    assert set(usable) >= {"unchanged", "ltas_match", "corpus_mean", "baseline", "oracle"}
    assert set(left_out) >= {"matchering", "nearest", "floor_lmmse", "floor_gaussian"}
    assert "corpus=DIR" in left_out["nearest"]
    assert set(usable) | set(left_out) == set(names)


def test_unknown_methods_are_refused() -> None:
    with pytest.raises(UsageError, match="no method 'magic'"):
        make_method("magic", NOTHING, lambda each: ())
