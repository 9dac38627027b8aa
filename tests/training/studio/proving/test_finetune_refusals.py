from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

from glassmaster.data.catalogue.measuring import Measured
from glassmaster.data.catalogue.records import CataloguePair, Status, StoredFile
from glassmaster.data.catalogue.store import open_catalogue
from glassmaster.training.learning.composing import compose_command


def of_pairs(path: Path, *statuses: Status) -> Path:
    """A catalogue of pairs whose files are not there: nothing may be read before it is refused."""
    pairs = [
        CataloguePair(
            path.with_name(f"{place} mix.wav"),
            path.with_name(f"{place} master.wav"),
            f"{2 * place:064x}",
            f"{2 * place + 1:064x}",
            "Album",
            "Artist",
            f"Song {place}",
            0.9,
            status,
            ("Someone said so.",),
            None,
        )
        for place, status in enumerate(statuses)
    ]
    with open_catalogue(path, create=True, alone=True) as opened:
        for pair in pairs:
            for file, sha256 in (
                (pair.mix_path, pair.mix_sha256),
                (pair.master_path, pair.master_sha256),
            ):
                known = Measured(sha256, None, None, "")
                opened.put_measured(StoredFile(file, path.parent, 1, 1, sha256), known)
        opened.replace_pairs(pairs, {})
    return path


def test_a_scan_that_was_interrupted_comes_first(run: Any, tmp_path: Path) -> None:
    catalogue = of_pairs(tmp_path / "mine.catalogue", *[Status.SURE] * 7)
    with open_catalogue(catalogue, alone=True) as opened:
        opened.begin()
    done = run("finetune", catalogue, f"run={tmp_path}/run", "jobs=1", "logging=none", "--json")
    assert (done.code, done.document["error"]["code"]) == (65, "scan_interrupted")
    assert "scan again" in done.err


def test_too_few_pairs_are_refused_at_once(run: Any, tmp_path: Path) -> None:
    catalogue = of_pairs(tmp_path / "few.catalogue", *[Status.UNSURE] * 7, Status.REJECTED)
    done = run("finetune", catalogue, f"run={tmp_path}/run", "jobs=1", "logging=none", "--json")
    assert (done.code, done.document["error"]["code"]) == (65, "few_pairs")
    assert "0 pairs can be learned from, and 5 are needed (7 unsure)" in done.err
    assert not (tmp_path / "run").exists()
    done = run("catalogue", "style", catalogue, "--jobs", "1", "--json")
    assert (done.code, done.error_code) == (65, "few_pairs")
    assert "and 3 are needed" in done.err


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("nonsense=1", "bad_override"),
        ("leaks=perhaps", "bad_run"),
        ("excerpts.length_s=0", "bad_run"),
        ("excerpts.count=some", "bad_run"),
        ("base=nothing", "unreadable_model"),
        ("corpora=[nothing.corpus]", "no_corpus"),
        ("engine=moon", "unknown_engine"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    run: Any, tmp_path: Path, override: str, code: str
) -> None:
    catalogue = of_pairs(tmp_path / "few.catalogue")
    words = (f"run={tmp_path}/run", "logging=none", override, "--json")
    assert run("finetune", catalogue, *words).document["error"]["code"] == code
    assert not (tmp_path / "run").exists()


def test_an_earlier_run_is_replaced_by_force_alone(
    run: Any, catalogue: Path, tmp_path: Path
) -> None:
    proof = tmp_path / "run" / "proof" / "proof.json"
    proof.parent.mkdir(parents=True)
    proof.write_text("of an earlier run")
    words = ("finetune", catalogue, f"run={tmp_path}/run", "logging=none", "base=none", "--json")
    done = run(*words)
    assert (done.code, done.document["error"]["code"]) == (74, "exists")
    assert "--force" in done.err
    forced = run(*words, "--force")
    assert forced.document["error"]["code"] != "exists"  # it goes on to the base, which is none
    assert proof.read_text() == "of an earlier run"


def test_what_is_no_catalogue_is_refused(run: Any, tmp_path: Path) -> None:
    words = (f"run={tmp_path}/run", "jobs=1", "logging=none", "--json")
    done = run("finetune", tmp_path / "none", *words)
    assert (done.code, done.document["error"]["code"]) == (65, "not_found")


def test_the_configuration_composes() -> None:
    config = compose_command("finetune", ["logging=none", "name=mine", "excerpts.count=2"])
    assert (config.name, config.excerpts.count, config.logging.uri) == ("mine", 2, "none")
    assert (config.leaks, list(config.corpora)) == ("refuse", ["shipped"])
    assert compose_command("finetune", []).logging.alias == "champion"


def test_without_the_extra_one_line_names_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: ())
    done = run("catalogue", "style", "mine.catalogue", "--json")
    assert done.code == 64
    assert done.document["error"]["code"] == "extra_missing"
    assert "pip install 'glassmaster[train]'" in done.err
    assert done.err.count("\n") == 1
