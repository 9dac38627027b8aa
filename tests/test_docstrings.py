from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SUBPACKAGES = ("configs", "data", "inference", "models", "training")
FILES = sorted(path for folder in SUBPACKAGES for path in (ROOT / folder).rglob("*.py"))

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("glassmaster", *(part for part in parts if part != "__init__")))


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}{node.name}.")


def is_property_setter(node: Definition) -> bool:
    return any(
        isinstance(decorator, ast.Attribute) and decorator.attr in {"setter", "deleter"}
        for decorator in node.decorator_list
    )


def undocumented(source: str) -> list[str]:
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for name, node in public_definitions(tree.body):
        text = ast.get_docstring(node)
        if is_property_setter(node):
            continue
        if text is None or not text.splitlines()[0].endswith("."):
            missing.append(name)
    return missing


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_examples_in_docstrings_hold(path: Path) -> None:
    result = doctest.testmod(importlib.import_module(module_name(path)))
    assert result.failed == 0


def test_everything_public_has_a_docstring() -> None:
    missing = {module_name(path): undocumented(path.read_text(encoding="utf-8")) for path in FILES}
    assert {name: places for name, places in missing.items() if places} == {}


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("x = 1", ["the module"]),
        ('"""A module."""\ndef level():\n    """no sentence"""', ["level"]),
        ('"""A module."""\nclass Meter:\n    """M."""\n    def feed(self): ...', ["Meter.feed"]),
        ('"""A module."""\ndef _hidden(): ...', []),
    ],
)
def test_a_missing_docstring_is_noticed(source: str, missing: list[str]) -> None:
    assert undocumented(source) == missing
