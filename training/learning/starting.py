"""What a network starts from: a linear estimate, learned first where none is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from omegaconf import DictConfig

from ..linear.learning import export_linear, learn
from .building import linear_run, plan_rules
from .identity import run_facts
from .songs import Songs, linear_hash

START = "start.safetensors"


def with_start(
    config: DictConfig, songs: Songs, command: str, tell: Callable[[str], None]
) -> Songs:
    """Return songs with the file of a linear estimate to start from, if the run wants one.

    It is learned of the same songs and kept in the run's folder, where a run that goes on finds it.

    Args:
        config: As `compose_training` returns it.
        songs: To learn from; a file that they name is taken as it is.
        command: The command line, for the record.
        tell: Told what is going on.

    """
    if songs.linear is not None or not config.linear.start:
        return songs
    path = Path(config.run) / START
    if not path.is_file():
        tell("learning the linear estimate to start from")
        arrays = learn(songs.fit, plan_rules(config), linear_run(config), tell)
        export_linear(path, arrays, run_facts(config, command, songs.hashes))
    return replace(songs, linear=path, hashes=songs.hashes | linear_hash(path))
