from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import soundfile

from glassmaster.data.synthetic import compose
from glassmaster.inference.commands.answer import Answer
from glassmaster.models.errors import UsageError
from glassmaster.models.weights import FOLDER
from glassmaster.training.commands import corpus


def run(*words: object) -> int:
    action, *rest = (str(word) for word in words)
    parser = argparse.ArgumentParser()
    corpus.add_arguments(action, parser)
    arguments = parser.parse_args(rest)
    arguments.action = action
    arguments.answer = Answer("corpus", False)
    return corpus.run(arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    samples = 0.5 * compose(31, duration_s=41.0).mix.samples
    path = tmp_path / "music" / "song.flac"
    path.parent.mkdir()
    soundfile.write(path, samples.T, 44_100)
    return path.parent


def test_a_folder_becomes_a_corpus(
    kernels: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus"
    assert run("build", out, "--folder", folder, "--jobs", 1) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "fit: 1 of 1 tracks" in told.err
    assert {path.name for path in out.iterdir()} == {
        "manifest.jsonl",
        "references.corpus",
        "shard.bin",
        "splits",
        "work",
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "--packages or --folder"),
        (("--packages", "no-such-package"), "no package no-such-package"),
        (("--packages", "all", "--jobs", "0"), "at least 1"),
        (("--packages", "all", "--cut-splits", "--splits", "x"), "not both"),
    ],
)
def test_wrong_usage_is_refused(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        run("build", tmp_path, *words)


def test_all_packages_of_the_listing_are_known() -> None:
    parser = argparse.ArgumentParser()
    corpus.add_arguments("build", parser)
    arguments = parser.parse_args(["out", "--packages", "hedgewars-data", "krank"])
    plan = corpus.plan_of(arguments)
    assert {track.package for track in plan.listing} == {"hedgewars-data", "krank"}
    assert plan.splits is not None
    assert plan.cache == Path("out/cache")
    everything = parser.parse_args(["out", "--packages", "all"])
    assert len(corpus.plan_of(everything).listing) > 800


def test_the_attribution_that_ships_is_what_the_command_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("attribution", tmp_path / "all.csv") == 0
    assert (tmp_path / "all.csv").read_bytes() == (FOLDER / "ATTRIBUTION.csv").read_bytes()
    assert capsys.readouterr().err.strip() in (FOLDER / "LICENSE.md").read_text(encoding="utf-8")
