"""What makes a run that run, and not another one in the same folder."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf

from ...models.errors import UsageError
from ..benchmark.provenance import commit

LAST = "last.ckpt"
IDENTITY = "identity"

_APART = ("run", "logging", "evaluate", "calibration")
_LEFT_OUT = {
    "data": ("path", "splits", "linear"),  # what lies there counts, and is hashed
    "trainer": ("threads", "workers"),
    "trainer.arguments": ("accelerator", "devices", "num_nodes", "strategy"),
}


def run_identity(config: DictConfig, hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 of all that decides what a run learns.

    Where it runs, what it records, and what is measured when it is over decide nothing.

    Args:
        config: As `compose_training` returns it.
        hashes: Of the files that are learned from.

    """
    kept = OmegaConf.masked_copy(config, [str(key) for key in config if key not in _APART])
    kept = copy.deepcopy(kept)
    OmegaConf.set_struct(kept, False)
    for name, keys in _LEFT_OUT.items():
        for key in keys:
            OmegaConf.select(kept, name).pop(key, None)
    values = OmegaConf.to_container(kept, resolve=True)
    text = json.dumps([values, dict(hashes)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def checkpoint_to_resume(folder: Path, identity: str) -> Path | None:
    """Return the checkpoint that a run goes on from; None where there is none.

    Args:
        folder: Of the run.
        identity: Of the run that is to go on.

    Raises:
        UsageError: The checkpoint is that of another run.

    """
    path = folder / LAST
    if not path.is_file():
        return None
    kept = torch.load(path, map_location="cpu", weights_only=True, mmap=True)["callbacks"]
    if identity not in [state.get(IDENTITY) for state in kept.values()]:
        raise UsageError(
            f"{folder}: this folder holds another run, of other settings or songs; name "
            "another run=…",
            code="other_run",
            path=folder,
        )
    return path


def run_facts(config: DictConfig, command: str, hashes: Mapping[str, str]) -> dict[str, str]:
    """Return what a person should know of a model, as it is before the first step."""
    return {
        "command": command,
        "seed": str(config.seed),
        "commit": commit() or "unknown",
        "version": version("glassmaster"),
        **{f"{name}_sha256": value for name, value in hashes.items()},
    }
