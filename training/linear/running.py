"""A run that learns the linear estimate, from its configuration to the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from omegaconf import DictConfig

from ..learning.building import linear_run, plan_rules
from ..learning.composing import instantiated
from ..learning.identity import run_facts
from ..learning.running import Outcome, calibrated
from ..learning.songs import Songs
from ..learning.tracking import MODEL_FOLDER
from .learning import export_linear, learn


def train_linear(config: DictConfig, command: str, report: Callable[[str], None]) -> Outcome:
    """Learn the linear estimate.

    Args:
        config: As `compose_training` returns it.
        command: The command line, for the record.
        report: Told what is going on.

    Raises:
        GlassmasterError: Something in the configuration or in the songs is not as it must be.

    """
    torch.set_num_threads(config.trainer.threads)
    torch.set_flush_denormal(True)
    report("reading songs")
    songs: Songs = instantiated(config.data)
    facts = run_facts(config, command, songs.hashes)
    run = linear_run(config)
    arrays = learn(songs.fit, plan_rules(config), run, report)
    folder = Path(config.run) / MODEL_FOLDER
    described = "Settings by a linear estimate from the song's statistics, learned from masters."
    path = export_linear(
        folder / f"{config.name}.safetensors", arrays, {**facts, "describe": described}
    )
    report("calibrating on songs that nothing was learned from")
    return Outcome(path, None, run.examples, "", calibrated(config, path, songs))
