"""A training run from its configuration to exported files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig

from ...models.errors import ParameterError
from ..calibrating import Calibration, Trials, calibrate
from ..export import export_network
from ..linear.shown import learn_shown
from .building import build_engine, build_loader, build_network, build_trainer, plan_rules
from .checkpoints import StepCheckpoints
from .composing import flattened, instantiated
from .identity import checkpoint_to_resume, run_facts, run_identity
from .recording import record_model
from .rehearsing import rehearse
from .songs import Songs
from .starting import with_start
from .tracking import MODEL_FOLDER, NO_RECORDS, MetricsCallback, Records

Report = Callable[[int, int, Mapping[str, float]], None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind.

    Attributes:
        weights: File of the exported weights.
        score: Of the exported weights on validation: mel distance over that of leaving mixes
            unchanged; None for what has no validation of its own.
        steps: Length of the training.
        version: Under which the model is registered; empty if it is not.
        calibration: What was found about the model after training; None on all processes but one.
        is_first: Whether this is the process that exports and speaks for all of them.

    """

    weights: Path
    score: float | None
    steps: int
    version: str
    calibration: Calibration | None
    is_first: bool = True


class _Progress(lightning.Callback):
    def __init__(self, report: Report) -> None:
        self._report = report

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero:
            shown = {"loss": float(pl_module.metrics["loss"]), **pl_module.validation}
            self._report(trainer.global_step, trainer.max_steps, shown)


def train(
    config: DictConfig,
    command: str,
    report: Report | None = None,
    tell: Tell = lambda text: None,
) -> Outcome:
    """Train, or go on where a run that was ended left off, and export.

    Args:
        config: As `compose_training` returns it.
        command: The command line, for the record.
        report: Told of the step, the number of steps and some metrics.
        tell: Told what is going on apart from steps.

    Raises:
        UsageError: The folder holds another run.
        GlassmasterError: Something in the configuration or in the songs is not as it must be, or
            what is learned is no longer a number.

    """
    folder = Path(config.run)
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.trainer.threads)
    torch.set_flush_denormal(True)
    songs: Songs = instantiated(config.data)
    identity = run_identity(config, songs.hashes)
    resumed = checkpoint_to_resume(folder, identity)
    songs = with_start(config, songs, command, tell)
    facts = run_facts(config, command, songs.hashes)
    records = Records(
        folder,
        config.logging.uri if _is_first() else NO_RECORDS,
        config.logging.experiment,
        config.logging.every,
    )
    with records:
        records.parameters({**flattened(config), **facts})
        return _trained(config, songs, records, facts, identity, resumed, report, tell)


def _is_first() -> bool:
    """Return whether this process is to be the first of all; each machine counts its own from 0."""
    machine = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
    return getattr(rank_zero_only, "rank", 0) == 0 and machine == "0"


def _trained(
    config: DictConfig,
    songs: Songs,
    records: Records,
    facts: Mapping[str, str],
    identity: str,
    resumed: Path | None,
    report: Report | None,
    tell: Tell,
) -> Outcome:
    folder = Path(config.run)
    network = build_network(config, songs)
    if resumed is None:  # a checkpoint has what was rehearsed in it
        rehearse(
            network,
            songs.fit,
            plan_rules(config),
            instantiated(config.rehearsal),
            instantiated(config.objective),
            seed=config.seed,
            report=tell,
        )
    engine = build_engine(config, songs, network)
    checkpoints = StepCheckpoints(
        folder, config.checkpoint_every, config.validate_every, identity=identity
    )
    callbacks = [checkpoints, MetricsCallback(records, config.checkpoint_every)]
    if report is not None:
        callbacks.append(_Progress(report))
    trainer = build_trainer(config, callbacks)
    if config.batch_size % trainer.world_size:
        raise ParameterError(
            f"batch_size is {config.batch_size} and there are {trainer.world_size} processes; let "
            "each have equally many examples",
            code="bad_run",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Lightning advises does not suit an endless stream
        trainer.fit(
            engine,
            build_loader(config, songs, trainer),
            ckpt_path=None if resumed is None else str(resumed),
            weights_only=True,
        )
    score = checkpoints.last_score
    if config.keep == "best":
        score = checkpoints.best_score
        network.load_state_dict(checkpoints.best)
    weights = folder / MODEL_FOLDER / f"{config.name}.safetensors"
    if not trainer.is_global_zero:  # it has the same weights, and leaves it to the first process
        return Outcome(weights, score, config.steps, "", None, is_first=False)
    told = {**facts, "steps": str(config.steps), "score": f"{score:.6f}"}
    finished = songs.fit.statistics.double().numpy()
    shown = learn_shown(finished, plan_rules(config).style, seed=config.seed)
    weights = export_network(network, folder / MODEL_FOLDER, config.name, told, shown)
    calibration = calibrated(config, weights, songs)
    registered = record_model(config, records, weights, checkpoints.history)
    return Outcome(weights, score, config.steps, registered, calibration)


def calibrated(config: DictConfig, weights: Path, songs: Songs) -> Calibration:
    """Calibrate exported weights as configured."""
    trials = Trials(**config.calibration)
    return calibrate(weights, songs, plan_rules(config), trials, seed=config.seed)
