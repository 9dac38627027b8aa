from __future__ import annotations

import html.parser
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from glassmaster.models.errors import UsageError
from glassmaster.training.benchmark.composing import compose_evaluation
from glassmaster.training.benchmark.document import Run, benchmark_document
from glassmaster.training.benchmark.evaluation import Evaluated, evaluate
from glassmaster.training.benchmark.floors import Floor
from glassmaster.training.benchmark.publishing import answer_entry, publish
from glassmaster.training.benchmark.report.charts import Bar, interval_chart, song_chart
from glassmaster.training.benchmark.report.table import text_table
from glassmaster.training.benchmark.results import MethodOutcome, TaskOutcome
from glassmaster.training.benchmark.testing_log import LOG_NAME, log_test
from glassmaster.training.frozen import configuration_hashes

SCHEMA = json.loads(
    (files("glassmaster.configs") / "schemas" / "benchmark.json").read_text("utf-8")
)
RUN = Run(
    command="glassmaster evaluate <odd>",
    commit="0" * 40,
    date="2026-01-01T00:00:00+00:00",
    split="validation",
    subset="quick",
    generators=configuration_hashes(),
    weights={"network": "a" * 64},
    floors={"floor_lmmse": Floor("floor_lmmse", np.zeros((17, 17)), 1.5, 2.1, 100)},
    left_out={"matchering": "needs another Python"},
    leaks=("test and fit share the artist <b>x</b>",),
    not_checked=("network: no corpus",),
    data={"shard.bin": "b" * 64},
)
ERRORS = {"unchanged": 2.0, "network": 1.2, "baseline": 1.6, "oracle": 0.8, "floor_lmmse": 1.0}


def outcomes(others: float = 0.0) -> list[TaskOutcome]:
    rng = np.random.default_rng(0)
    found = []
    for index in range(24):
        hard = rng.random()
        methods = {}
        for name, error in ERRORS.items():
            own = error + hard + 0.05 * rng.standard_normal()
            worse = others if name == "network" else 0.0
            metrics: dict[str, float | None] = {
                "LN-MEL": own,
                "DYN": 1.0 + hard + worse + 0.01 * rng.standard_normal(),
                "WID": 1.0 + hard + worse + 0.01 * rng.standard_normal(),
                "LRA": None if index == 3 else hard,
            }
            if name == "network":
                metrics |= {
                    "TRUE response_db@63": float(index),
                    "ACTIVE response_db@63": float(index >= 4),
                    "IN response_db@63": float(index % 10 > 0),
                    "WIDTH response_db@63": 3.0,
                    "COVERAGE": 0.9,
                }
            methods[name] = MethodOutcome("f", metrics, 0.5)
        methods["matchering"] = MethodOutcome("f", {}, 0.0, "failed")
        package = f"package-{index // 3}"
        found.append(
            TaskOutcome("DEG", f"{package}/{index}", package, 1.0 + index % 3, "f", methods)
        )
    broken = TaskOutcome("DEG", "z/broken", "z", 1.0, "f", {}, "it is silent")
    return [*found, broken]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return benchmark_document(outcomes(), RUN)


def test_document_follows_its_schema(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(json.dumps(document, allow_nan=False)), SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "suites": {"DEG": {}}}, SCHEMA)


def test_figures_are_those_of_the_songs(document: dict[str, Any]) -> None:
    known = [each for each in outcomes() if each.methods]
    own = np.array([each.methods["network"].metrics["LN-MEL"] for each in known], float)
    base = np.array([each.methods["unchanged"].metrics["LN-MEL"] for each in known], float)
    weights = np.array([each.weight for each in known])
    figures = document["suites"]["DEG"]["methods"]["network"]["LN-MEL"]
    assert figures["mean"] == pytest.approx(own.mean())
    assert figures["median"] == pytest.approx(np.median(own))
    assert figures["low"] < figures["mean"] < figures["high"]
    pair = document["suites"]["DEG"]["paired"]["network - unchanged"]["LN-MEL"]
    assert pair["mean"] == pytest.approx((own - base).mean())
    assert (pair["wins"], pair["n"]) == (1.0, 24)
    assert pair["high"] < 0.0
    weighted = document["weighted"]["DEG"]["methods"]["network"]["LN-MEL"]["mean"]
    assert weighted == pytest.approx(np.average(own, weights=weights))
    assert "matchering" not in document["suites"]["DEG"]["methods"]
    assert document["suites"]["DEG"]["paired"]["network - unchanged"]["LRA"]["n"] == 23


def test_shares_of_the_way_to_oracle_and_floor(document: dict[str, Any]) -> None:
    means = {
        name: figures["LN-MEL"]["mean"]
        for name, figures in document["suites"]["DEG"]["methods"].items()
    }
    shares = document["shares"]["flat"]["DEG"]["network"]
    gain = means["unchanged"] - means["network"]
    assert shares["of_unchanged"]["mean"] == pytest.approx(means["network"] / means["unchanged"])
    for name, goal in (("oracle_gap_closed", "oracle"), ("to_floor_lmmse", "floor_lmmse")):
        expected = gain / (means["unchanged"] - means[goal])
        assert shares[name]["mean"] == pytest.approx(expected)


def test_no_headline_while_two_other_metrics_worsen(document: dict[str, Any]) -> None:
    assert document["headlines"]["DEG"]["network"]["headline"]
    spoiled = benchmark_document(outcomes(others=0.5), RUN)["headlines"]["DEG"]["network"]
    assert spoiled == {"improves": True, "worse": ["DYN", "WID"], "headline": False}


def test_coverage_is_published_and_kept_out_of_the_tables(document: dict[str, Any]) -> None:
    coverage = document["coverage"]["DEG"]["network"]
    assert coverage["pooled"] == pytest.approx(21 / 24)
    assert coverage["pooled_active"] == pytest.approx(18 / 20)
    methods = document["suites"]["DEG"]["methods"]
    assert not any(metric.endswith("response_db@63") for metric in methods["network"])


def test_songs_that_failed_and_notes_are_told(document: dict[str, Any]) -> None:
    songs = document["songs"]["DEG"]
    assert songs["failed"] == ["z/broken: it is silent"]
    assert len(songs["notes"]) == 24
    assert 1.0 < songs["effective"] < songs["n"] == 25


def test_table_and_page_show_what_matters(document: dict[str, Any], tmp_path: Path) -> None:
    text = text_table(document)
    for expected in ("network", "floor_lmmse: response error 1.50 dB", "LEAK", "left out"):
        assert expected in text
    page, *_ = (
        path.read_text("utf-8")
        for path in publish(Evaluated(document, tuple(outcomes())), tmp_path)
        if path.suffix == ".html"
    )
    assert "<b>x</b>" not in page
    assert "&lt;odd&gt;" in page
    assert page.count("<svg") == 3
    checker = Tags()
    checker.feed(page)
    assert checker.open == []
    for expected in ("intervals of network: 87.5% hold the truth", "not checked: network: no"):
        assert expected in text
    kept = json.loads((tmp_path / "benchmark.json").read_text("utf-8"))
    assert kept["suites"].keys() == {"DEG"}


class Tags(html.parser.HTMLParser):
    VOID = frozenset(("meta", "line", "rect", "circle", "polyline", "polygon", "br"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_machine_is_told_scores_and_weights(document: dict[str, Any], tmp_path: Path) -> None:
    entry = answer_entry(document, (tmp_path / "benchmark.json", tmp_path / "benchmark.html"))
    folder = files("glassmaster.configs") / "schemas"
    parts = [json.loads((folder / name).read_text("utf-8")) for name in ("common.json",)]
    schema = json.loads((folder / "evaluate.json").read_text("utf-8"))
    registry: Registry[Any] = Registry().with_resources(
        [("common.json", Resource.from_contents(part)) for part in parts]
    )
    answer = {"schema": 1, "command": "evaluate", "version": "1", "files": [entry], "error": None}
    jsonschema.Draft202012Validator(schema, registry=registry).validate(answer)
    means = entry["scores"]["DEG"]["means"]  # type: ignore[index]
    assert means["network"] == document["suites"]["DEG"]["methods"]["network"]["LN-MEL"]["mean"]
    assert entry["weights"] == {"network": "a" * 64}


def test_charts_of_nothing_and_of_equal_values() -> None:
    assert interval_chart("t", "dB", (), zero=True) == ""
    assert song_chart("t", ("a", "b"), (), "dB") == ""
    flat = interval_chart("t", "dB", (Bar("a", 0.0, 0.0, 0.0),), zero=True)
    assert "nan" not in flat
    assert "circle" in song_chart("t", ("a", "b"), ((1.0, 1.0),), "dB")


def test_every_override_is_checked() -> None:
    request = compose_evaluation(["split=test", "subset=full", "weights=x/y.onnx"], "c")
    assert (request.split, request.quick, request.models["network"]) == ("test", False, "x/y.onnx")
    assert {"network_shuffled_references", "network_without_references", "inversion"} <= {
        *request.methods
    }
    for wrong in ("nonsense=1", "subset=huge", "suites=DEG", "workers=many"):
        with pytest.raises(UsageError) as raised:
            compose_evaluation([wrong], "c")
        assert raised.value.code == "bad_override"


def test_a_folder_that_is_named_brings_its_suite() -> None:
    assert not {"REALMIX", "PAIR"} & {*compose_evaluation([], "c").suites}
    request = compose_evaluation(["realmix=mixes", "suites=[DEG]"], "c")
    assert request.suites == ("DEG", "REALMIX")
    request = compose_evaluation(["pairs=p", "suites=[PAIR]"], "c")
    assert request.suites == ("PAIR",)


def test_the_test_split_is_opened_for_a_release_only() -> None:
    request = compose_evaluation(["split=test"], "c")
    with pytest.raises(UsageError) as raised:
        evaluate(request, lambda what, done, count: None)
    assert raised.value.code == "not_a_release"
    with pytest.raises(UsageError, match="no split"):
        evaluate(replace(request, split="train"), lambda what, done, count: None)


def test_every_opening_of_the_test_split_is_logged(tmp_path: Path) -> None:
    log_test(RUN, tmp_path)
    log_test(replace(RUN, subset="full"), tmp_path)
    lines = (tmp_path / LOG_NAME).read_text("utf-8").splitlines()
    assert [json.loads(line)["subset"] for line in lines] == ["quick", "full"]
    assert json.loads(lines[0])["weights"] == {"network": "a" * 64}
