from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.analysis import Analysis, Analyzer
from glassmaster.data.synthetic import compose
from glassmaster.inference.baseline import BaselinePredictor
from glassmaster.inference.corpora import Weighted, shipped_corpus
from glassmaster.inference.guidance import Guidance, Named, check_finished, guide
from glassmaster.inference.mastering import master
from glassmaster.inference.predictor import Company, Predictor
from glassmaster.inference.recipe import Delivery
from glassmaster.inference.results import Request
from glassmaster.models.errors import UsageError

RATE = 44_100


class Reading(BaselinePredictor):
    """Tells settings, or says so."""

    reads_settings = True


def silent(what: str, done: float) -> None:
    pass


def company_of(guidance: Guidance, analysis: Analysis) -> Company:
    company = guide(guidance, analysis, silent).company
    assert company is not None
    assert company.settings_alone
    return company


@pytest.fixture(scope="module")
def measured() -> Analysis:
    song = compose(3, duration_s=8.0).mix
    analyzer = Analyzer(song.sample_rate, 2)
    analyzer.feed(song.samples)
    return analyzer.result()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("songs")
    for seed in range(2):
        samples = compose(40 + seed, duration_s=16.0).mix.samples
        soundfile.write(folder / f"{seed}.flac", samples.T, RATE, subtype="PCM_16")
    return sorted(folder.iterdir())


def test_no_references_are_nobody(measured: Analysis) -> None:
    company = company_of(Guidance(finished=True), measured)
    assert company.weights.shape == (0,)
    corpora = (Weighted(shipped_corpus()),)
    guided = guide(Guidance(corpora, heeded=True, finished=True), measured, silent)
    assert guided.company is not None
    assert guided.company.weights.shape == (0,)
    assert guided.match is not None  # they are shown all the same
    assert [each.code for each in guided.findings] == ["neighbors_not_heard"]


def test_neighbors_take_no_part(measured: Analysis, songs: list[Path]) -> None:
    names = (Named(songs[0], 0.6), Named(songs[1], 0.2))
    corpora = (Weighted(shipped_corpus()),)
    guided = guide(Guidance(corpora, (), names, heeded=True, finished=True), measured, silent)
    assert guided.company is not None
    np.testing.assert_allclose(guided.company.weights, (0.75, 0.25))
    assert [each.share for each in guided.listened] == pytest.approx([0.75, 0.25])
    assert len(guided.company.statistics) == 2


def test_references_may_be_music_of_any_kind(
    measured: Analysis, songs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassmaster.inference.guidance.UNLIKE_SHARE", 0.0)
    corpora = (Weighted(shipped_corpus()),)
    for finished in (False, True):
        guidance = Guidance(corpora, (), (Named(songs[0]),), finished=finished)
        codes = {each.code for each in guide(guidance, measured, silent).findings}
        assert ("reference_unlike" in codes) != finished


def test_a_song_that_is_named_twice_is_one_song(measured: Analysis, songs: list[Path]) -> None:
    names = tuple(map(Named, (songs[0], songs[1], songs[0])))
    guided = guide(Guidance(references=names, finished=True), measured, silent)
    assert [each.name for each in guided.listened] == ["0.flac", "1.flac"]
    assert [each.code for each in guided.findings].count("reference_repeated") == 1
    as_usual = guide(Guidance(references=names), measured, silent)
    assert len(as_usual.listened) == 3


def test_the_loudness_of_references_counts_when_asked(
    measured: Analysis, songs: list[Path]
) -> None:
    parts = {"tone": 0.0, "dynamics": 1.0, "width": 0.0, "loudness": 1.0}
    guidance = Guidance(references=(Named(songs[0]),), parts=parts, finished=True)
    guided = guide(guidance, measured, silent)
    assert guided.target_lufs == guided.listened[0].integrated_lufs
    assert guided.company is not None
    assert len(guided.company.weights) == 0  # and shows no settings


def test_only_who_tells_settings_is_asked() -> None:
    named = Guidance(references=(Named(Path("song.wav")),), finished=True)
    predictor: Predictor = BaselinePredictor()
    with pytest.raises(UsageError, match=r"baseline .*--model network") as caught:
        check_finished(named, predictor)
    assert caught.value.code == "no_settings_told"
    for fine in (replace(named, finished=False), replace(named, references=())):
        check_finished(fine, predictor)
    check_finished(named, Reading())


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_a_part_that_nobody_can_tell_is_refused(weight: float) -> None:
    parts = {"tone": 1.0, "dynamics": weight, "width": 1.0, "loudness": 0.0}
    named = Guidance(references=(Named(Path("song.wav")),), parts=parts, finished=True)
    with pytest.raises(UsageError, match="compressed"):
        check_finished(named, Reading())
    check_finished(replace(named, finished=False), Reading())


def test_a_master_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    delivery: Any = Delivery("default", "wav", "24", RATE)
    request = Request(tmp_path / "out.wav", delivery)
    guidance = Guidance(references=(Named(tmp_path / "gone.wav"),), finished=True)
    with pytest.raises(UsageError, match="baseline"):
        master(tmp_path / "none.wav", request, BaselinePredictor(), step=silent, guidance=guidance)
