"""YAML files of frozen numbers: read into dataclasses, those of the benchmark with SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ..inference.documents import load_yaml
from ..models.errors import ParameterError

T = TypeVar("T")


BENCHMARK = "benchmark"


def configuration_names(folder: str = BENCHMARK) -> tuple[str, ...]:
    """Return the names of all files of a folder of ``configs``.

    Those of the benchmark decide its numbers.
    """
    names = (item.name for item in (files("glassmaster.configs") / folder).iterdir())
    return tuple(sorted(name[:-5] for name in names if name.endswith(".yaml")))


def configuration_text(name: str, folder: str = BENCHMARK) -> str:
    """Return a file as it lies in a folder of ``configs``.

    Args:
        name: Without the suffix.
        folder: Of ``configs``.

    Raises:
        ParameterError: There is no such file.

    """
    file = files("glassmaster.configs") / folder / f"{name}.yaml"
    if not file.is_file():
        raise ParameterError(
            f"configs/{folder} has no {name}.yaml; it has {', '.join(configuration_names(folder))}",
            code="unknown_generator",
        )
    return file.read_text("utf-8")


def configuration_hashes() -> dict[str, str]:
    """Return the SHA-256 of every file by name, in hexadecimal."""
    return {
        name: hashlib.sha256(configuration_text(name).encode()).hexdigest()
        for name in configuration_names()
    }


def load_configuration(name: str, kind: type[T], folder: str = BENCHMARK) -> T:
    """Read a file as a dataclass whose fields are its entries.

    Args:
        name: Without the suffix.
        kind: Frozen dataclass of numbers, texts, tuples and other such dataclasses.
        folder: Of ``configs``.

    Raises:
        ParameterError: An entry is missing, unknown or of another type.

    """
    built: T = _built(kind, load_yaml(configuration_text(name, folder)), f"{folder}/{name}")
    return built


def _built(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _record(kind, value, where)
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        inner = get_args(kind)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) != len(value):
            raise _wrong(where, f"a list of {len(kinds)}", value)
        pairs = enumerate(zip(kinds, value, strict=True))
        return tuple(_built(each, item, f"{where}[{index}]") for index, (each, item) in pairs)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise _wrong(where, f"of type {kind.__name__}", value)
    return value


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, "a mapping", value)
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    if set(names) != set(value):
        odd = ", ".join(sorted(set(names) ^ set(value)))
        raise ParameterError(
            f"configs: {where} lacks these entries or has too many: {odd}",
            code="bad_generator",
        )
    return kind(**{name: _built(hints[name], value[name], f"{where}.{name}") for name in names})


def _wrong(where: str, wanted: str, value: Any) -> ParameterError:
    return ParameterError(
        f"configs: {where} is {value!r}; it must be {wanted}", code="bad_generator"
    )
