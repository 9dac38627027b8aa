from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.inference.documents import (
    MOST_BYTES,
    MOST_LEVELS,
    dump_yaml,
    load_yaml,
    read_document,
    write_text,
)
from glassmaster.inference.json_text import dump_json
from glassmaster.models.errors import OutputError, RecipeError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_plain_data_survives_both_forms(document: dict[str, object]) -> None:
    assert load_yaml(dump_yaml(document)) == document
    assert json.loads(dump_json(document)) == document


@pytest.mark.parametrize("text", ["1e5", "1e-05", "12e3", "null", "yes", "1", "0x1f", "~", ""])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert load_yaml(dump_yaml({"a": text})) == {"a": text}


def test_order_is_kept_and_text_is_readable() -> None:
    assert dump_yaml({"b": 1, "a": "Größe"}) == "b: 1\na: Größe\n"


def test_json_knows_no_infinities() -> None:
    document = {"a": [math.nan, 1.5], "b": {"c": math.inf, "d": (-math.inf,)}}
    assert json.loads(dump_json(document)) == {"a": [None, 1.5], "b": {"c": None, "d": [None]}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "a: &x\n  b: *x\n",
        "!!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system\n",
        "- 1\n- 2\n",
        "just text",
        "",
        "a: {",
        "a: b: c",
        "a: 1\nb: 2\na: 3\n",
        "a: 1\n'a': 1\n",
        "a: [{b: 1, c: 2, b: 1}]\n",
        '{"a": {"b": 1, "b": 2}}',
        "\0",
        "a: 1\n---\nb: 2\n",
        "[" * 300_000,
        '{"a":' * 300_000,
        "- " * 100_000,
        "#" * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_plain_mapping_is_refused_soon(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(RecipeError) as caught:
        load_yaml(text)
    assert caught.value.code == "damaged_recipe"
    assert "\n" not in caught.value.message
    assert time.monotonic() - started < 5.0


def test_one_name_may_stand_in_two_places() -> None:
    assert load_yaml("a: {b: 1}\nb: {b: 2}\n") == {"a": {"b": 1}, "b": {"b": 2}}
    assert load_yaml('"1": a\n1: b\n') == {"1": "a", 1: "b"}  # a text and a number


def test_many_entries_are_read_soon() -> None:
    text = "".join(f"a{i}: 1\n" for i in range(90_000))
    started = time.monotonic()
    assert len(load_yaml(text)) == 90_000
    assert time.monotonic() - started < 15.0


def test_levels_are_counted_from_the_top() -> None:
    def nested(levels: int) -> str:
        return "a: " + "[" * (levels - 1) + "]" * (levels - 1)

    assert "a" in load_yaml(nested(MOST_LEVELS))
    with pytest.raises(RecipeError):
        load_yaml(nested(MOST_LEVELS + 1))


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfa")
    (tmp_path / "good").write_text("a: 1\n", "utf-8")
    refusals = {
        tmp_path / "pipe": "not_a_file",
        tmp_path: "not_a_file",
        tmp_path / "missing": "not_found",
        Path("/dev/zero"): "not_a_file",
        tmp_path / "bytes": "damaged_recipe",
    }
    for path, code in refusals.items():
        with pytest.raises(RecipeError) as caught:
            read_document(path)
        assert caught.value.code == code
    assert read_document(tmp_path / "good") == {"a": 1}


def test_text_is_written_whole_and_replaces_only_when_forced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "Größe\n", force=False)
    with pytest.raises(OutputError) as caught:
        write_text(path, "other", force=False)
    assert caught.value.code == "exists"
    assert path.read_text("utf-8") == "Größe\n"
    write_text(path, "other", force=True)
    assert path.read_text("utf-8") == "other"
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800", force=True)
    assert path.read_text("utf-8") == "other"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError) as caught:
        write_text(tmp_path / "missing" / "a.txt", "x", force=True)
    assert caught.value.code == "no_directory"
