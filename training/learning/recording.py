"""What is recorded of a run that is over: the model, curves, and an example to listen to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from omegaconf import DictConfig

from .showing import CURVES, write_curves, write_example
from .tracking import MODEL_FOLDER, Records


def record_model(
    config: DictConfig,
    records: Records,
    weights: Path,
    history: Mapping[int, Mapping[str, float]],
) -> str:
    """Record a model and register it.

    Args:
        config: Of the run.
        records: Where to.
        weights: File of the model; that of its graph lies beside it.
        history: What was measured on validation by step.

    Returns:
        The registered version; empty where the model is not registered.

    """
    if not records.kept:
        return ""
    shown = Path(config.run) / "shown"
    write_example(shown, weights)
    write_curves(shown / CURVES, history)
    records.files(shown, "shown")
    # what else lies in the folder was exported under another name
    for path in (weights, weights.with_suffix(".onnx")):
        records.file(path, MODEL_FOLDER)
    return records.register(config.name, config.logging.alias) if config.logging.register else ""
