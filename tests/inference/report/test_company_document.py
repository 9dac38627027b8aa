from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from glassmaster.inference.company import Listened
from glassmaster.inference.json_text import dump_json
from glassmaster.inference.reference import ReferenceMatch
from glassmaster.inference.report.company import match_entry
from glassmaster.inference.report.document import document
from glassmaster.inference.report.entries import master_entry
from glassmaster.inference.results import MasteringResult

FOLDER = files("glassmaster.configs") / "schemas"
SCHEMAS: dict[str, Any] = {
    name: json.loads((FOLDER / name).read_text(encoding="utf-8"))
    for name in ("common.json", "master.json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)


def problems(schema: dict[str, Any], content: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema, registry=REGISTRY)
    return [error.message for error in validator.iter_errors(content)]


def match_problems(content: object) -> list[str]:
    return problems({"$ref": "common.json#/$defs/match"}, content)


def read_back(content: dict[str, Any]) -> Any:
    return json.loads(dump_json(content).encode("utf-8"))


def test_a_match_is_valid_and_tells_all(match: ReferenceMatch) -> None:
    entry = read_back(match_entry(match))
    assert match_problems(entry) == []
    assert entry["figures"]["range_lu"] == {
        "mix": 6.7, "p10": 3.5, "p50": 5.5, "p90": 7.5, "percentile": 74.0,
    }  # fmt: skip
    assert entry["figures"]["crest_p50_db"]["mix"] is None
    assert entry["figures"]["crest_p50_db"]["percentile"] is None
    assert entry["figures"]["crest_p50_db"]["p50"] == 9.0
    bands = entry["third_octaves"]
    assert bands["frequency_hz"][17] == 1000.0
    # two dB an octave down; 80 Hz is the band of 78.745 Hz, 11 thirds below 1 kHz
    assert bands["tone_db"]["p50"][6] == pytest.approx(22.0 / 3.0, abs=1e-3)
    assert bands["tone_db"]["mix"][6] == pytest.approx(22.0 / 3.0 + 6.0, abs=1e-3)
    assert bands["width_db"]["p90"] == [-8.0] * 31
    assert bands["correlation"]["mix"] == [0.9] * 31
    assert entry["outside"] == {
        "tone": [
            {"low_hz": 63.0, "high_hz": 100.0, "by_db": 4.0},
            {"low_hz": 4000.0, "high_hz": 4000.0, "by_db": -3.0},
        ],
        "width": [],
    }
    assert len(entry["neighbors"]) == 16
    assert entry["neighbors"][0] == {
        "distance": 1.25,
        "corpus": "shipped",
        "identity": "album/0.ogg",
        "title": "Title 1",
        "artist": "Artist",
        "album": "album",
        "licence": "CC BY 4.0",
        "source": "package",
        "sha256": "a5" * 32,
        "duration_s": 200.0,
    }


def test_a_title_that_is_no_text_can_be_printed(matches: Callable[..., ReferenceMatch]) -> None:
    entry = read_back(match_entry(matches(names=("\udcff",), corpora=("\udcfe",))))
    assert match_problems(entry) == []
    assert entry["neighbors"][0]["title"] == "\\udcff"


def test_a_master_holds_its_company(result: MasteringResult, guided: MasteringResult) -> None:
    named = replace(guided, listened=(*guided.listened, Listened("\udcff.wav", 0.25, None)))
    content = read_back(document("master", [master_entry(named, None, None)]))
    assert problems(SCHEMAS["master.json"], content) == []
    entry = content["files"][0]
    assert entry["match"]["neighbors"][0]["title"] == "Title 1"
    assert entry["references"] == [
        {"name": "loud.wav", "share": 0.375, "integrated_lufs": -8.6},
        {"name": "mono.mp3", "share": 0.0, "integrated_lufs": None},
        {"name": "\\udcff.wav", "share": 0.25, "integrated_lufs": None},
    ]
    bare = master_entry(result, None, None)
    assert (bare["match"], bare["references"]) == (None, [])


def objects(content: Any) -> list[dict[str, Any]]:
    """Return every object of a document."""
    if isinstance(content, list):
        return [found for each in content for found in objects(each)]
    if isinstance(content, dict):
        return [content, *(found for each in content.values() for found in objects(each))]
    return []


def test_schema_of_a_match_refuses_what_is_wrong(
    matches: Callable[..., ReferenceMatch],
) -> None:
    entry = read_back(match_entry(matches(names=("Title",))))
    for index, part in enumerate(objects(entry)):
        for key in part:
            broken = deepcopy(entry)
            del objects(broken)[index][key]
            assert match_problems(broken), key
        broken = deepcopy(entry)
        objects(broken)[index]["extra"] = 1
        assert match_problems(broken), part
    entry["third_octaves"]["tone_db"]["percentile"][0] = 101.0
    assert match_problems(entry)
