from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from glassmaster.models.errors import CatalogueError
from glassmaster.models.weights import FOLDER
from glassmaster.training.benchmark.document import Run, benchmark_document
from glassmaster.training.benchmark.joining import joined_documents
from glassmaster.training.benchmark.results import MethodOutcome, TaskOutcome

SCHEMA = json.loads(
    (files("glassmaster.configs") / "schemas" / "benchmark.json").read_text("utf-8")
)
RUN = Run(
    command="glassmaster evaluate",
    commit="0" * 40,
    date="2026-01-01T00:00:00+00:00",
    split="test",
    subset="full",
    generators={"deg_v1": "c" * 64},
    weights={"network": "a" * 64},
    leaks=("shared",),
    data={"shard.bin": "b" * 64},
)
LATER = replace(
    RUN,
    command="glassmaster evaluate 'suites=[SYN]'",
    commit="1" * 40,
    weights={"linear": "d" * 64},
    leaks=("shared", "another shard"),
    left_out={"matchering": "needs another Python"},
    data={"shard.bin": "e" * 64},
)


def document(suite: str, run: Run) -> dict[str, Any]:
    outcomes = [
        TaskOutcome(
            suite,
            f"p{index % 3}/{index}",
            f"p{index % 3}",
            1.0,
            "f",
            {name: MethodOutcome("f", {"LN-MEL": base + index}, 0.5) for name, base in BASES},
        )
        for index in range(6)
    ]
    return benchmark_document(outcomes, run)


BASES = (("unchanged", 2.0), ("network", 1.0))


def test_suites_of_two_runs_stand_side_by_side_with_what_was_run() -> None:
    parts = [document("DEG", RUN), document("SYN", LATER)]
    found = joined_documents(parts)
    jsonschema.validate(json.loads(json.dumps(found, allow_nan=False)), SCHEMA)
    for part, suite in zip(parts, ("DEG", "SYN"), strict=True):
        for key in ("suites", "weighted", "headlines", "coverage", "songs", "cost"):
            assert found[key][suite] == part[key][suite]
        assert found["shares"]["flat"][suite] == part["shares"]["flat"][suite]
    assert found["command"] == RUN.command
    runs = [(r["suites"], r["command"], r["commit"][0], r["data"]) for r in found["runs"]]
    assert runs == [
        (["DEG"], RUN.command, "0", RUN.data),
        (["SYN"], LATER.command, "1", LATER.data),
    ]
    assert found["leaks"] == ["shared", "another shard"]
    assert found["weights"] == {"linear": "d" * 64, "network": "a" * 64}
    assert found["left_out"].keys() == {"matchering"}


def test_a_joined_document_can_be_joined_again() -> None:
    first = joined_documents([document("DEG", RUN), document("SYN", LATER)])
    found = joined_documents([first, document("STYLE-X", LATER)])
    assert [run["suites"] for run in found["runs"]] == [["DEG"], ["SYN"], ["STYLE-X"]]
    assert list(found["suites"]) == ["DEG", "STYLE-X", "SYN"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (document("DEG", LATER), "DEG is in two"),
        (document("SYN", replace(LATER, split="validation")), "differ in split"),
        (document("SYN", replace(LATER, weights={"network": "f" * 64})), "weights of network"),
        (document("SYN", replace(LATER, generators={"deg_v1": "f" * 64})), "generators of deg_v1"),
    ],
)
def test_results_that_were_not_made_alike_are_not_joined(other: dict[str, Any], said: str) -> None:
    with pytest.raises(CatalogueError, match=said):
        joined_documents([document("DEG", RUN), other])


def test_what_ships_follows_the_schema_and_tells_the_run_of_each_suite() -> None:
    shipped = json.loads((FOLDER / "benchmark.json").read_text("utf-8"))
    jsonschema.validate(shipped, SCHEMA)
    told = [suite for run in shipped["runs"] for suite in run["suites"]]
    assert sorted(told) == list(shipped["suites"])


def test_what_ships_is_of_the_weights_that_ship() -> None:
    shipped = json.loads((FOLDER / "benchmark.json").read_text("utf-8"))
    card = (FOLDER / "MODEL_CARD.md").read_text("utf-8")
    for name, method in (("network", "network"), ("linear", "lmmse")):
        sha256 = hashlib.sha256((FOLDER / f"{name}.safetensors").read_bytes()).hexdigest()
        assert f"`{sha256[:12]}…`" in card
        assert shipped["weights"][method] == sha256
        assert {run["weights"].get(method, sha256) for run in shipped["runs"]} == {sha256}
