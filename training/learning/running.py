"""A training run from its configuration to exported files."""

from __future__ import annotations

import logging
import subprocess
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from hydra.utils import instantiate
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from ...inference.learned.model_file import read_model_file
from ...models.errors import ModelError, ParameterError
from ...models.network.network import MoveNetwork
from ..calibrating import Calibration, calibrate
from ..export import export_network
from ..linear.inputs import compact_inputs
from .checkpoints import LAST, StepCheckpoints
from .composing import flattened
from .curriculum import Curriculum, Phase
from .engine import Engine, ValidationSet
from .plans import PlanRules, plain
from .pool import SongPool
from .showing import CURVES, write_curves, write_example
from .songs import Songs
from .stream import ONE_CLICK, STYLED, PlanStream, Share, fixed_plans
from .tracking import MODEL_FOLDER, NO_RECORDS, MetricsCallback, Records

Report = Callable[[int, int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind.

    Attributes:
        weights: File of the exported weights.
        best_score: Lowest score on validation: mel distance over that of leaving mixes unchanged;
            None for what has no validation of its own.
        steps: Length of the training.
        version: Under which the model is registered; empty if it is not.
        calibration: What was found about the model after training; None on all processes but one.

    """

    weights: Path
    best_score: float | None
    steps: int
    version: str
    calibration: Calibration | None


class _Progress(lightning.Callback):
    def __init__(self, report: Report) -> None:
        self._report = report

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero:
            shown = {"loss": float(pl_module.metrics["loss"]), **pl_module.validation}
            self._report(trainer.global_step, trainer.max_steps, shown)


def train(config: DictConfig, command: str, report: Report | None = None) -> Outcome:
    """Train, or go on where a run that was ended left off, and export.

    Args:
        config: As `compose_training` returns it.
        command: The command line, for the record.
        report: Told of the step, the number of steps and some metrics.

    Raises:
        GlassmasterError: Something in the configuration or in the songs is not as it must be.

    """
    if config.steps < 1 or config.keep not in ("best", "last"):
        raise ParameterError(
            f"steps is {config.steps} and keep {config.keep}; train at least one step, and keep "
            "best or last",
            code="bad_run",
        )
    folder = Path(config.run)
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.trainer.threads)
    torch.set_flush_denormal(True)
    songs: Songs = instantiate(config.data)
    network = build_network(config, songs)
    records = Records(
        folder,
        config.logging.uri if getattr(rank_zero_only, "rank", 0) == 0 else NO_RECORDS,
        config.logging.experiment,
        config.logging.every,
    )
    checkpoints = StepCheckpoints(folder, config.checkpoint_every, config.validate_every)
    engine = _engine(config, songs, network)
    callbacks: list[lightning.Callback] = [checkpoints, MetricsCallback(records)]
    if report is not None:
        callbacks.append(_Progress(report))
    records.parameters({**flattened(config), "command": command, **songs.hashes})
    trainer = _trainer(config, callbacks)
    last = folder / LAST
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Lightning advises does not suit an endless stream
        trainer.fit(
            engine,
            _loader(config, songs, trainer),
            ckpt_path=str(last) if last.is_file() else None,
            weights_only=True,
        )
    if config.keep == "best" and checkpoints.best:
        network.load_state_dict(checkpoints.best)
    facts = {
        "command": command,
        "seed": str(config.seed),
        "steps": str(config.steps),
        "score": f"{checkpoints.best_score:.6f}",
        "commit": commit(),
        "version": version("glassmaster"),
        **{f"{name}_sha256": value for name, value in songs.hashes.items()},
    }
    score, weights = checkpoints.best_score, folder / MODEL_FOLDER / f"{config.name}.safetensors"
    if not trainer.is_global_zero:  # it has the same weights, and leaves it to the first process
        return Outcome(weights, score, config.steps, "", None)
    weights = export_network(network, folder / MODEL_FOLDER, config.name, facts)
    calibration = calibrated(config, weights, songs)
    registered = _recorded(config, records, weights, checkpoints.history)
    return Outcome(weights, score, config.steps, registered, calibration)


def calibrated(config: DictConfig, weights: Path, songs: Songs) -> Calibration:
    """Calibrate exported weights as configured."""
    return calibrate(
        weights,
        songs,
        plan_rules(config),
        count=config.calibration.examples,
        tried=config.calibration.tried,
        seed=config.seed,
    )


def build_network(config: DictConfig, songs: Songs) -> MoveNetwork:
    """Return the network as training starts from it: a pure function of configuration and songs."""
    statistics = songs.fit.statistics.double().numpy()
    matrix = compact_inputs(statistics) if config.inputs == "compact" else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network: MoveNetwork = instantiate(
            config.model, inputs=None if matrix is None else len(matrix)
        )
    network.standardize(statistics, matrix)
    if songs.linear is not None:
        start_from_linear(network, songs.linear)
    return network


def start_from_linear(network: MoveNetwork, path: Path) -> None:
    """Give a network the linear estimate of a file to start from.

    Raises:
        ModelError: The file holds something else, or is damaged.

    """
    file = read_model_file(path)
    if file.kind != "linear":
        raise ModelError(
            f"{path.name}: holds a {file.kind}; name the weights of a linear estimate",
            code="no_linear",
            path=path,
        )
    mean, scale = network.mean.double().numpy(), network.scale.double().numpy()
    for prefix, times, referred in (("", 1, False), ("referred_", 2, True)):
        if f"{prefix}weights" not in file.arrays:
            continue
        weight = file.arrays[f"{prefix}weights"] / np.tile(file.arrays["scale"], times)
        offset = np.tile(mean - file.arrays["mean"], times)
        bias = file.arrays[f"{prefix}bias"] + weight @ offset
        network.set_linear(weight * np.tile(scale, times), bias, referred=referred)


def commit() -> str:
    """Return the commit of the working copy this runs in; ``unknown`` outside of one."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def plan_rules(config: DictConfig) -> PlanRules:
    """Return how examples are drawn."""
    return PlanRules(
        **config.examples,
        degradation=instantiate(config.degradation, _convert_="all"),
        style=instantiate(config.style),
    )


def _recorded(
    config: DictConfig,
    records: Records,
    weights: Path,
    history: Mapping[int, Mapping[str, float]],
) -> str:
    """Record the model, curves and an example to listen to; return the registered version."""
    if not records.kept:
        return ""
    shown = Path(config.run) / "shown"
    write_example(shown, weights)
    write_curves(shown / CURVES, history)
    records.files(shown, "shown")
    records.files(weights.parent, MODEL_FOLDER)
    version = records.register(config.name, config.logging.alias) if config.logging.register else ""
    records.finish()
    return version


def _engine(config: DictConfig, songs: Songs, network: MoveNetwork) -> Engine:
    rules = plan_rules(config)
    return Engine(
        network,
        songs.fit,
        songs.validation,
        validation_sets(config, songs.validation, rules),
        weights=instantiate(config.objective),
        optimization=instantiate(config.optimizer),
        steps=config.steps,
        seed=config.seed,
    )


def validation_sets(
    config: DictConfig, pool: SongPool, rules: PlanRules
) -> tuple[ValidationSet, ...]:
    """Return examples of one click, and of known settings with references."""
    mixes, styles = (Curriculum((Phase(0.0, forward=share),)) for share in (0.0, 1.0))
    seed, count = config.seed, config.validation_examples
    referred = replace(rules, no_reference=0.0, no_intent=1.0)
    return (
        ValidationSet("one_click", fixed_plans(pool, plain(rules), mixes, seed, ONE_CLICK, count)),
        ValidationSet("styled", fixed_plans(pool, referred, styles, seed, STYLED, count)),
    )


def _loader(config: DictConfig, songs: Songs, trainer: Any) -> DataLoader[Any]:
    stream = PlanStream(
        songs.fit,
        plan_rules(config),
        instantiate(config.curriculum),
        seed=config.seed,
        batch_size=config.batch_size,
        steps=config.steps,
        first_step=lambda: int(trainer.global_step),
        share=lambda: Share(trainer.global_rank, trainer.world_size),
    )
    return DataLoader(stream, batch_size=None, num_workers=config.trainer.workers)


def _trainer(config: DictConfig, callbacks: list[lightning.Callback]) -> lightning.Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return lightning.Trainer(
        **config.trainer.arguments,
        max_steps=config.steps,
        max_epochs=-1,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        default_root_dir=config.run,
    )
