"""What a network starts from: a linear estimate, learned first where none is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from ..linear.learning import export_linear, learn
from .building import linear_run, plan_rules
from .songs import Songs

START = "start.safetensors"


def with_start(
    config: DictConfig, songs: Songs, facts: Mapping[str, str], tell: Callable[[str], None]
) -> Songs:
    """Return songs with the file of a linear estimate to start from, if the run wants one.

    It is learned of the same songs and kept in the run's folder, where a run that goes on finds it.

    Args:
        config: As `compose_training` returns it.
        songs: To learn from; a file that they name is taken as it is.
        facts: What a person should know of the run.
        tell: Told what is going on.

    """
    if songs.linear is not None or not config.linear.start:
        return songs
    path = Path(config.run) / START
    if not path.is_file():
        tell("learning the linear estimate to start from")
        export_linear(path, learn(songs.fit, plan_rules(config), linear_run(config), tell), facts)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(songs, linear=path, hashes={**songs.hashes, "linear": digest})
