"""From a configuration to the parts of a run: network, engine, examples, trainer."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from ...inference.learned.model_file import read_model_file
from ...models.errors import ModelError
from ...models.network.network import MoveNetwork
from ..linear.inputs import input_matrix
from ..linear.learning import LinearRun
from .composing import instantiated
from .curriculum import Curriculum, Phase
from .engine import Engine, ValidationSet
from .plans import PlanRules, plain
from .pool import SongPool, package_labels
from .songs import Songs
from .stream import COMPANY, ONE_CLICK, PlanStream, Share, fixed_plans


def plan_rules(config: DictConfig) -> PlanRules:
    """Return how examples are drawn."""
    return PlanRules(
        **config.examples,
        degradation=instantiated(config.degradation, _convert_="all"),
        style=instantiated(config.style),
    )


def linear_run(config: DictConfig) -> LinearRun:
    """Return how a linear estimate is learned."""
    chosen = config.linear.compressor
    return LinearRun(
        config.linear.examples,
        config.linear.tried,
        config.seed,
        tuple(config.linear.inputs),
        None if chosen is None else dict(chosen),
    )


def build_network(config: DictConfig, songs: Songs) -> MoveNetwork:
    """Return the network as training starts from it: a pure function of configuration and songs."""
    statistics = songs.fit.statistics.double().numpy()
    matrix = input_matrix(config.inputs, statistics, package_labels(songs.fit))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network: MoveNetwork = instantiated(config.model, inputs=len(matrix))
    network.standardize(statistics, matrix)
    if songs.linear is not None:
        start_from_linear(network, songs.linear)
    return network


def start_from_linear(network: MoveNetwork, path: Path) -> None:
    """Give a network the linear estimates of a file to start from, with and without references.

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
    for prefix, times in (("", 1), ("referred_", 2)):
        weight = file.arrays[f"{prefix}weights"] / np.tile(file.arrays["scale"], times)
        bias = file.arrays[f"{prefix}bias"]
        bias = bias + weight @ np.tile(mean - file.arrays["mean"], times)
        network.set_linear(weight * np.tile(scale, times), bias, referred=times == 2)


def build_engine(config: DictConfig, songs: Songs, network: MoveNetwork) -> Engine:
    """Return what trains a network."""
    return Engine(
        network,
        songs.fit,
        songs.validation,
        validation_sets(config, songs.validation, plan_rules(config)),
        weights=instantiated(config.objective),
        optimization=instantiated(config.optimizer),
        steps=config.steps,
        seed=config.seed,
    )


def validation_sets(
    config: DictConfig, pool: SongPool, rules: PlanRules
) -> tuple[ValidationSet, ...]:
    """Return mixes made of masters, for one click and with finished songs that they are like."""
    mixes = Curriculum((Phase(0.0, forward=0.0),))
    alone = plain(rules)
    company = replace(alone, no_reference=0.0)
    return tuple(
        ValidationSet(
            name, fixed_plans(pool, own, mixes, config.seed, stream, config.validation_examples)
        )
        for name, own, stream in (("one_click", alone, ONE_CLICK), ("company", company, COMPANY))
    )


def build_loader(config: DictConfig, songs: Songs, trainer: lightning.Trainer) -> DataLoader[Any]:
    """Return the plans of each step from the one on at which the trainer is."""
    stream = PlanStream(
        songs.fit,
        plan_rules(config),
        instantiated(config.curriculum),
        seed=config.seed,
        batch_size=config.batch_size,
        steps=config.steps,
        first_step=lambda: int(trainer.global_step),
        share=lambda: Share(trainer.global_rank, trainer.world_size),
    )
    return DataLoader(stream, batch_size=None, num_workers=config.trainer.workers)


def build_trainer(config: DictConfig, callbacks: list[lightning.Callback]) -> lightning.Trainer:
    """Return the trainer, which keeps no checkpoints or records but those of callbacks."""
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
