"""From songs to the file of a linear estimate, ready to ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from ...data.files.replacing import replace_file
from ...data.files.tensors import in_order
from ...inference.learned.signature import signature
from ...models.moves import THRESHOLD
from ..learning.plans import PlanRules
from ..learning.pool import SongPool, package_labels
from .estimator import LinearModel, learn_linear
from .inputs import input_matrix
from .tuning import choose_constants, compressor_constants, one_click_pairs

Array: TypeAlias = npt.NDArray[np.float64]
Report: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LinearRun:
    """How a linear estimate is learned.

    Attributes:
        examples: Number of each kind that lines are fitted to.
        tried: Number of examples on which thresholds and times are chosen.
        seed: Of all draws.
        inputs: What is read of a mix, of `glassmaster.training.linear.inputs.INPUTS`; of several
            the mean estimate is taken.
        compressor: Arguments of `glassmaster.training.linear.tuning.compressor_constants`; None
            chooses among a few on examples.

    """

    examples: int = 6000
    tried: int = 128
    seed: int = 1
    inputs: tuple[str, ...] = ("compact",)
    compressor: Mapping[str, float] | None = None


def learn(fit: SongPool, rules: PlanRules, run: LinearRun, report: Report) -> dict[str, Array]:
    """Learn a linear estimate and return the arrays of its file.

    Args:
        fit: Songs to learn from.
        rules: How examples are drawn.
        run: How much is drawn.
        report: Told what is going on.

    """
    report("fitting lines")
    packages, statistics = package_labels(fit), fit.statistics.double().numpy()
    model = learn_linear(
        fit,
        packages,
        rules,
        count=run.examples,
        seed=run.seed,
        inputs=[input_matrix(name, statistics, packages) for name in run.inputs],
    )
    for estimates, kind in ((model.alone, ""), (model.referred, ", with company")):
        for name, (error, nothing) in estimates.errors.items():
            report(f"{name}{kind}: error {error:.3f} on packages left out, unmoved {nothing:.3f}")
    if run.compressor is not None:
        constants = compressor_constants(**run.compressor)
    else:
        report("choosing thresholds and times")
        own = one_click_pairs(fit, rules, count=run.tried, seed=run.seed)
        constants = choose_constants(model.alone.moves.at, own, fit.sample_rate)
    return linear_arrays(model, constants, statistics)


def linear_arrays(model: LinearModel, constants: Array, statistics: Array) -> dict[str, Array]:
    """Return the arrays of a file, as `glassmaster.inference.learned.linear` reads them.

    Args:
        model: In units of statistics.
        constants: Thresholds and times among moves, shape ``(moves,)``.
        statistics: Of the songs, which standardize, shape ``(song, statistics)``.

    """
    mean = statistics.mean(axis=0)
    spread = statistics.std(axis=0)
    scale = np.where(spread > 1e-3, spread, 1.0)
    arrays = {
        "mean": mean,
        "scale": scale,
        "quantity_sigma": model.alone.sigma,
        "quantity_referred_sigma": model.referred.sigma,
    }
    lines = {
        "": (model.alone.moves, constants),
        "referred_": (model.referred.moves, constants),
        "quantity_": (model.alone.quantities, None),
        "quantity_referred_": (model.referred.quantities, None),
    }
    for prefix, (line, held) in lines.items():
        times = line.weights.shape[1] // len(mean)
        bias = line.bias + line.weights @ np.tile(mean, times)
        if held is not None:
            bias[THRESHOLD.start :] = held[THRESHOLD.start :]
        arrays[f"{prefix}weights"] = line.weights * np.tile(scale, times)
        arrays[f"{prefix}bias"] = bias
    return arrays


def export_linear(path: Path, arrays: Mapping[str, Array], facts: Mapping[str, str]) -> Path:
    """Write the file of a linear estimate.

    Args:
        path: Of the file, ending in ``.safetensors``.
        arrays: See `linear_arrays`.
        facts: What a person should know: command, seed, hashes of the shard and the like.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    replace_file(path, in_order(save(kept, {**facts, **signature(), "kind": "linear"})))
    return path
