"""The configuration of an evaluation: files that ship, and overrides."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ...models.errors import UsageError
from .evaluation import Request

FOLDER = "evaluation"
"""Folder of the configuration in ``configs``, apart: there, folders are no groups by chance."""

_FOLDERS = {"REALMIX": "realmix", "PAIR": "pairs"}


def compose_evaluation(overrides: Sequence[str], command: str) -> Request:
    """Compose what ``glassmaster evaluate`` runs; the working directory stays what it is.

    Args:
        overrides: As in ``split=validation subset=full``.
        command: The whole command line, for the record.

    Raises:
        UsageError: An override is unknown or malformed.

    """
    GlobalHydra.instance().clear()
    try:
        folder = str(files("glassmaster.configs") / FOLDER)
        with initialize_config_dir(config_dir=folder, version_base="1.3"):
            config = compose("evaluate", overrides=list(overrides))
        values: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        return _request(values, command)
    except (HydraException, OmegaConfBaseException) as error:
        lines = (line for line in str(error).splitlines() if line.strip())
        first = next(lines, type(error).__name__)
        raise UsageError(f"evaluate: {first}", code="bad_override") from error
    except (TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"evaluate: a value is of no use: {reason}", code="bad_override"
        ) from error


def _request(values: dict[str, Any], command: str) -> Request:
    models = {str(name): _text(value) for name, value in values["models"].items()}
    if values["weights"] is not None:
        models["network"] = str(values["weights"])
    subset = values["subset"]
    return Request(
        command=command,
        split=str(values["split"]),
        release=bool(values["release"]),
        output=Path(values["output"]),
        subset=str(subset["name"]),
        quick=bool(subset["quick"]),
        dear=bool(subset["dear"]),
        limits={str(name): int(count) for name, count in subset["limits"].items()},
        suites=_suites(values),
        methods=tuple(dict.fromkeys((*_names(values["methods"]), *_names(values["leak_checks"])))),
        models=models,
        matchering=_text(values["matchering"]["python"]),
        corpus=_path(values["corpus"]),
        packages=Path(values["packages"]),
        folders=tuple(Path(name) for name in _names(values["folders"])),
        splits=_path(values["splits"]),
        excerpts=_path(values["excerpts"]),
        realmix=_path(values["realmix"]),
        pairs=_path(values["pairs"]),
        workers=int(values["workers"]),
    )


def _suites(values: dict[str, Any]) -> tuple[str, ...]:
    """Return the suites that were named, and those whose folders were."""
    given = [suite for suite, key in _FOLDERS.items() if values[key] is not None]
    return tuple(dict.fromkeys((*_names(values["suites"]), *given)))


def _names(values: Any) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, list):
        raise ValueError(f"{values!r} is no list; write [A,B]")
    return tuple(str(value) for value in values)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _path(value: Any) -> Path | None:
    return None if value is None else Path(str(value))
