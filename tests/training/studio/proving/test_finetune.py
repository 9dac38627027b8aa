from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from glassmaster.data.catalogue.store import open_catalogue
from glassmaster.data.catalogue.usable import usable_pairs
from glassmaster.data.execution.engine import ThisProcess
from glassmaster.data.execution.processes import Processes
from glassmaster.data.reference.corpus import write_corpus
from glassmaster.inference.corpora import shipped_corpus
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.reading import analyze_file
from glassmaster.models.weights import FOLDER
from glassmaster.training.studio.catalogued.excerpts import ExcerptRules
from glassmaster.training.studio.catalogued.studying import NAMES, PairItem, Studied, study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of mlflow's own
]


@pytest.fixture(scope="session")
def entry(finetuned: dict[str, Any]) -> dict[str, Any]:
    (found,) = json.loads(finetuned["out"])["files"]
    return dict(found)


@pytest.fixture(scope="session")
def proof(entry: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(Path(entry["proof"]).read_text("utf-8")))


def test_a_killed_run_goes_on_where_it_was(killed: int, entry: dict[str, Any]) -> None:
    assert killed >= 2
    assert entry["studied_now"] == 6 - killed


def test_a_strong_taste_is_accepted(entry: dict[str, Any], finetuned: dict[str, Any]) -> None:
    assert entry["verdict"] == "accepted"
    assert entry["change_high_db"] < -1.0  # the taste alone is a tilt of 8 dB
    assert entry["p"] == 1.0 / 2**6  # all of six songs are better
    assert (entry["pairs"], entry["units"], entry["by_song"]) == (6, 6, True)
    assert "Accepted" in finetuned["err"]


def test_documents_keep_to_their_schemas(
    finetuned: dict[str, Any],
    proof: dict[str, Any],
    schema_problems: Callable[[Any, str], list[str]],
) -> None:
    assert schema_problems(json.loads(finetuned["out"]), "finetune.json") == []
    assert schema_problems(proof, "proof.json") == []
    assert schema_problems({**proof, "verdict": "perhaps"}, "proof.json") != []


def test_methods_stand_where_they_must(proof: dict[str, Any]) -> None:
    error = {name: each["mean"] for name, each in proof["methods"].items()}
    # a match that knows other masters finds the tilt, but neither width nor what a mix is about
    assert error["studio"] < error["spectrum match"] < error["base"]
    for song in proof["songs"]:
        assert song["residual_db"] <= song["errors_db"]["unchanged"] + 1e-6
    mean = sum(song["errors_db"]["studio"] for song in proof["songs"]) / len(proof["songs"])
    assert error["studio"] == pytest.approx(mean)
    assert proof["not_run"].keys() == {"matchering"}


def test_excerpts_are_equally_loud_and_true(entry: dict[str, Any], proof: dict[str, Any]) -> None:
    folder = Path(entry["proof"]).parent
    heard = [song for song in proof["songs"] if song["excerpt"] is not None]
    assert len(heard) == 3
    for song in heard:
        files = song["excerpt"]["files"]
        assert list(files) == ["mix", "base", "studio", "master"]
        levels = {}
        for role, name in files.items():
            samples, rate = soundfile.read(folder / name, always_2d=True)
            assert samples.shape == (4 * rate, 2)
            levels[role] = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
        assert max(levels.values()) - min(levels.values()) < 0.1
        quietest = song["excerpt"]["loudness_lufs"]
        assert all(level == pytest.approx(quietest, abs=0.1) for level in levels.values())
        # the mix is the quietest, so that it is what it was
        mix, rate = soundfile.read(song["mix"], always_2d=True)
        start = round(song["excerpt"]["start_s"] * rate)
        shown, _ = soundfile.read(folder / files["mix"], always_2d=True)
        assert abs(shown - mix[start : start + len(shown)]).max() < 2e-7


def test_the_page_says_what_the_document_says(entry: dict[str, Any], proof: dict[str, Any]) -> None:
    page = Path(entry["page"]).read_text("utf-8")
    assert "Accepted" in page
    for song in proof["songs"]:
        assert f'<th scope="row">{song["name"]}</th>' in page
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(links) == 2 * 3 * 4
    for link in links:
        assert (Path(entry["page"]).parent / link).is_file()
    assert "<script" not in page
    assert "loudness only" in page


def test_the_model_masters(run: Any, entry: dict[str, Any], mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, "-o", tmp_path / "m.wav", "--model", entry["path"], "--json")
    assert done.code == 0
    told = read_model_file(Path(entry["path"])).metadata
    assert told["verdict"] == "accepted"
    assert told["base_sha256"] == entry["base_sha256"]
    assert "finetune" in told["command"]
    assert len(json.loads(told["pairs_sha256"])) == 6


def test_what_is_accepted_is_registered_with_its_alias(
    finetuned: dict[str, Any], entry: dict[str, Any]
) -> None:
    client = MlflowClient(f"sqlite:///{finetuned['folder'] / 'mlflow.db'}")
    version = client.get_model_version_by_alias("studio", "champion")
    assert str(version.version) == entry["model_version"] == "1"
    run = client.get_run(version.run_id)
    assert run.data.metrics["change_db"] == pytest.approx(entry["change_db"])
    assert run.data.params["verdict"] == "accepted"
    assert {item.path for item in client.list_artifacts(version.run_id)} == {"model", "proof"}


def test_songs_in_a_reference_corpus_are_caught(
    run: Any, studio: Path, catalogue: Path, tmp_path: Path, overrides: tuple[str, ...], killed: int
) -> None:
    leaked, rate = soundfile.read(studio / "First Light" / "master" / "Amber master.wav")
    soundfile.write(tmp_path / "bonus.flac", 0.9 * leaked, rate)  # of the same recording
    analysis, _ = analyze_file(tmp_path / "bonus.flac", lambda *_: None)
    whole = shipped_corpus()
    track = replace(
        whole.tracks[0], identity="b-sides/bonus.flac", duration_s=12.0, sha256="0" * 64
    )
    corpus = tmp_path / "own.corpus"
    content = np.concatenate((analysis.content[None], whole.content[1:]))
    write_corpus(
        corpus, replace(whole, name="own", tracks=(track, *whole.tracks[1:]), content=content)
    )
    words = ("finetune", catalogue, f"run={tmp_path}/run", "logging=none", *overrides)
    done = run(*words, f"corpora=[{corpus}]", "--json")
    assert (done.code, done.document["error"]["code"]) == (65, "leak")
    assert "amber" in done.err.lower()
    assert not (tmp_path / "run").exists()
    done = run(*words, f"corpora=[{corpus}]", "leaks=leave_out", "--json")
    assert done.code == 0
    assert done.file["pairs"] == 5
    assert "LEAK" in done.err
    proof = json.loads(Path(done.file["proof"]).read_text("utf-8"))
    ((name, source),) = proof["pairs"]["leaks"].items()
    assert "amber" in name.lower()
    assert source == "b-sides/bonus.flac of the corpus own"
    assert not [song for song in proof["songs"] if song["name"] == name]
    assert f"{name} is {source}" in Path(done.file["page"]).read_text("utf-8")


def test_a_studio_is_no_base(
    run: Any, catalogue: Path, entry: dict[str, Any], tmp_path: Path
) -> None:
    words = ("finetune", catalogue, f"run={tmp_path}/run", "logging=none")
    done = run(*words, f"base={entry['path']}", "--json")
    assert done.document["error"]["code"] == "not_a_base"


def test_no_taste_is_no_improvement(
    run: Any, null_catalogue: Path, tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    folder = tmp_path / "run"
    done = run("finetune", null_catalogue, f"run={folder}", *overrides, "--json")
    assert done.code == 0
    assert done.file["verdict"] == "no improvement"
    assert "The base model stays in use." in " ".join(done.err.split())
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    assert done.file["model_version"] == "1"  # it is there to be looked at
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias("studio", "champion")


def test_the_base_is_what_ships(entry: dict[str, Any]) -> None:
    known = json.loads((FOLDER / "default.json").read_text("utf-8"))
    file = FOLDER / known["models"][known["default"]]
    assert entry["base_sha256"] == read_model_file(file).sha256


def test_the_house_style_is_that_taste(
    run: Any, catalogue: Path, finetuned: dict[str, Any], tmp_path: Path
) -> None:
    words = ("catalogue", "style", catalogue, "--report", tmp_path, "--jobs", "1")
    # other excerpts than those of the fine-tuning here, so that these are studied anew
    done = run(*words, "--cache", tmp_path / "cache", "--json")
    assert done.code == 0
    style = done.file["style"]
    tone_db = style["tone"]["mean_db"]
    # 8 dB from 20 Hz to 20 kHz over the logarithm of frequency: 27 thirds are 26 / 30 of it
    assert tone_db[-1] - tone_db[0] == pytest.approx(-8.0 * 26.0 / 30.0, abs=1.5)
    traits = {each["name"]: each for each in style["traits"]}
    for band in ("middle", "high"):
        # side was lowered by 20 log10 0.7; the base widens a little where the studio does not
        assert traits[f"width, {band} band"]["mean"] == pytest.approx(-3.1, abs=1.0)
    assert traits["loudness"]["mean"] == pytest.approx(-12.0, abs=0.2)
    assert style["drift"]["slopes"] == []  # all were made within a minute
    assert "no drift that can be told" in done.err
    page = Path(done.file["page"]).read_text("utf-8")
    assert "No drift that can be told: all songs are of the same time" in page
    assert "Tone of the studio against the base model" in page
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").glob("*.npz")}
    again = run(*words, "--cache", tmp_path / "cache", "--force", "--json")
    assert again.file["style"] == style
    assert len(kept) == 6
    assert kept == {path: path.stat().st_mtime_ns for path in kept}


FAKE = """
import shutil
__version__ = "2.0.6"
class Result:
    def __init__(self, file, subtype, use_limiter, normalize):
        assert not use_limiter
        self.file = file
def process(target, reference, results):
    assert target != reference
    shutil.copy(target, results[0].file)
"""


def test_a_program_that_changes_nothing_is_as_far_off_as_the_mix(
    run: Any, catalogue: Path, killed: int, tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    (tmp_path / "matchering.py").write_text(FAKE)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    words = ("logging=none", "listening.songs=0", f"matchering.python={python}", *overrides[:3])
    done = run("finetune", catalogue, f"run={tmp_path}/run", *words, "--json")
    assert done.code == 0
    proof = json.loads(Path(done.file["proof"]).read_text("utf-8"))
    assert proof["not_run"] == {}
    for song in proof["songs"]:
        errors = song["errors_db"]
        assert errors["matchering"] == pytest.approx(errors["unchanged"], abs=0.02)
        assert song["excerpt"] is None
    assert "matchering" in Path(done.file["page"]).read_text("utf-8")


def test_pairs_come_out_alike_wherever_they_are_studied(catalogue: Path, killed: int) -> None:
    with open_catalogue(catalogue) as opened:
        items = [
            PairItem(
                *(pair.mix_path, pair.master_path, pair.mix_sha256, pair.master_sha256),
                alignment=pair.alignment,
                rules=ExcerptRules(1, 5.0),
            )
            for pair in usable_pairs(opened)[:2]
            if pair.alignment is not None
        ]
    here = dict(ThisProcess().run(study, items))
    there = dict(Processes(2).run(study, items))
    for place in (0, 1):
        one, two = here[place], there[place]
        assert isinstance(one, Studied)
        assert isinstance(two, Studied)
        for name in NAMES:
            assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)
