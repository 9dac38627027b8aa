"""YAML and JSON as this package reads and writes them: plain data, bounded, nothing executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..data.files.partial import PartialFile, output_error
from ..data.files.source import open_source
from ..models.errors import AudioFileError, OutputError, RecipeError

MOST_BYTES = 1 << 20
MOST_LEVELS = 16

# the compiled parser where the wheel has it: ten times faster, same safe subset
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _construct_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    """Build a mapping; YAML would let the last of two entries of one name win."""
    names: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if (key.tag, key.value) in names:
            raise RecipeError(f"has two entries {key.value!r}; keep one", code="damaged_recipe")
        names.add((key.tag, key.value))
    mapping: dict[Any, Any] = _SafeLoader.construct_mapping(loader, node, deep)
    return mapping


_Loader: Any = type("_Loader", (_SafeLoader,), {"construct_mapping": _construct_mapping})
_Dumper: Any = type("_Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {})
for _kind in (_Loader, _Dumper):
    # YAML 1.1 takes 1e-05, as JSON writes it, for text
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
        list("-+0123456789"),
    )
# a tuple, of a fixed length, stays on one line
_Dumper.add_representer(
    tuple,
    lambda dumper, values: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", values, flow_style=True
    ),
)


def load_yaml(text: str) -> dict[str, Any]:
    """Parse a YAML (or JSON) document whose top is a mapping.

    Raises:
        RecipeError: It is too large or too deep, uses aliases, names an entry twice, is no valid
            YAML or no mapping.

    """
    if len(text) > MOST_BYTES:
        raise RecipeError(f"is larger than {MOST_BYTES} bytes", code="damaged_recipe")
    try:
        _check_events(text)
        document = yaml.load(text, Loader=_Loader)
    except RecipeError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"is not valid YAML: {reason}", code="damaged_recipe") from error
    if not isinstance(document, dict):
        raise RecipeError("has no entries", code="damaged_recipe")
    return document


def read_bytes(path: Path) -> bytes:
    """Read a file of text, `MOST_BYTES` and one more at most.

    Raises:
        RecipeError: It is no regular file or cannot be read.

    """
    try:
        with open_source(path) as source:
            return source.read_at(0, MOST_BYTES + 1)
    except AudioFileError as error:
        reason = error.code.replace("_", " ")
        message = f"is no readable recipe ({reason}); check the path"
        raise RecipeError(message, code=error.code) from error


def read_document(path: Path) -> dict[str, Any]:
    """Read a YAML or JSON file whose top is a mapping.

    Raises:
        RecipeError: It is no regular file, cannot be read, or is refused by `load_yaml`.

    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError("is not text in UTF-8", code="damaged_recipe") from error
    return load_yaml(text)


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Write a text file, whole or not at all.

    Raises:
        OutputError: It exists and ``force`` is not given, or it cannot be written.

    """
    partial = PartialFile(path, force=force)
    try:
        partial.temporary.write_text(text, encoding="utf-8")
        partial.sync()
        partial.commit()
    except OutputError:
        raise
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        partial.abort()


def dump_yaml(document: dict[str, Any]) -> str:
    """Write plain data as YAML in the order given."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _check_events(text: str) -> None:
    """Refuse what takes far more memory or time than its size suggests, before it is built."""
    levels = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise RecipeError("uses YAML aliases, which are not read", code="damaged_recipe")
        levels += isinstance(event, yaml.CollectionStartEvent)
        levels -= isinstance(event, yaml.CollectionEndEvent)
        if levels > MOST_LEVELS:
            raise RecipeError(f"is nested deeper than {MOST_LEVELS} levels", code="damaged_recipe")
