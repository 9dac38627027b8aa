"""From a name to a predictor: the baseline, shipped weights, a file, or a model of a registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from ...data.files.names import display_name
from ...data.findings import Finding
from ...models.errors import UsageError
from ...models.weights import FOLDER
from ..baseline import BaselinePredictor
from ..extra import needs_extra
from ..predictor import Predictor
from .estimate import Estimator
from .linear import LinearEstimator
from .model_file import DAMAGED, SUFFIX, ModelFile, model_error, read_model_file
from .network import NetworkEstimator
from .predictor import LearnedPredictor

BASELINE = "baseline"
INDEX = "default.json"
REGISTRY_SCHEME = "models:/"
REGISTRY_GROUP = "glassmaster.models"

_NOTHING_SHIPPED = Finding(
    "no_weights", "No trained weights are shipped with this version: the baseline chose."
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """Which weights ship with the package.

    Attributes:
        default: Name of the predictor that is used unless another is asked for.
        models: Files by name.
        is_listed: Whether an index says so; without one nothing was meant to ship.

    """

    default: str
    models: Mapping[str, Path]
    is_listed: bool = True


def choose_predictor(name: str | None) -> tuple[Predictor, tuple[Finding, ...]]:
    """Return the predictor of this name, and what a person should know about the choice.

    Args:
        name: ``baseline``, the name of shipped weights, the path of a file of weights or of the
            folder of one, or ``models:/name@alias``; None for the best that ships.

    Raises:
        UsageError: There is none of this name.
        ModelError: Its weights are damaged or were made for another chain.

    """
    known = shipped()
    findings: tuple[Finding, ...] = ()
    if name is None:
        findings = () if known.is_listed else (_NOTHING_SHIPPED,)
        name = known.default
    if name == BASELINE:
        return BaselinePredictor(), findings
    if name in known.models:
        return load_model(known.models[name]), findings
    if name.startswith(REGISTRY_SCHEME):
        return load_model(_from_registry(name)), findings
    path = Path(name)
    if path.suffix or path.exists():
        return load_model(path), findings
    names = ", ".join((BASELINE, *known.models))
    message = f"there is no model {display_name(name)!r}; choose one of {names}, or name a file"
    raise UsageError(message, code="unknown_model")


def load_model(path: Path) -> LearnedPredictor:
    """Read weights.

    Args:
        path: A file of weights, the graph of a network beside one, or a folder that holds one.

    Raises:
        ModelError: They cannot be read, are damaged, or were made for another chain.

    """
    if path.is_dir():
        found = sorted(path.glob(f"*{SUFFIX}"))
        if len(found) != 1:
            what = f"holds {len(found)} files of weights ({SUFFIX}); name one of them"
            raise model_error(path, what, "unknown_model")
        path = found[0]
    file = read_model_file(path.with_suffix(SUFFIX) if path.suffix == ".onnx" else path)
    return LearnedPredictor(file, load_estimator(file))


def load_estimator(file: ModelFile) -> Estimator:
    """Return the estimator that a file of weights holds.

    Raises:
        ModelError: What it holds is damaged.

    """
    return LinearEstimator(file) if file.kind == "linear" else NetworkEstimator(file)


def shipped(folder: Path = FOLDER) -> Shipped:
    """Return what a folder of weights holds by its index; without one, the baseline alone.

    Raises:
        ModelError: The index is damaged.

    """
    index = folder / INDEX
    try:
        document = json.loads(index.read_text(encoding="utf-8"))
        models = {str(name): folder / Path(file).name for name, file in document["models"].items()}
        default = str(document["default"])
        if default != BASELINE and default not in models:
            raise ValueError(f"its default {default!r} is not among its models")
    except FileNotFoundError:
        return Shipped(BASELINE, {}, is_listed=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        what = f"is damaged: {reason}; install the package again"
        raise model_error(index, what, DAMAGED) from error
    return Shipped(default, models)


def _from_registry(uri: str) -> Path:
    """Return the file of a registered model, which only the installation for training can find."""
    found = next(iter(entry_points(group=REGISTRY_GROUP)), None)
    try:
        if found is None:
            raise ModuleNotFoundError("its entry point is not registered")
        locate = found.load()
        path = Path(locate(uri))
    except ModuleNotFoundError as error:
        raise needs_extra(f"the registry of {display_name(uri)}", error) from error
    return path
