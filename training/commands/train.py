"""``glassmaster train``: learn to master from a shard of the corpus."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...models.errors import UsageError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from ..calibrating import Calibration
    from ..learning.running import Outcome

NAME = "train"
HELP = "train a predictor"

SHORTEST_S = 0.5

_UNITS = {"network": "steps", "linear": "examples"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        help="what differs from the configuration, as in experiment=smoke or data.path=SHARD",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ..learning.composing import compose_training

    config = compose_training(arguments.overrides)
    command = shlex.join(["glassmaster", NAME, *arguments.overrides])
    outcome = _learned(config, command)
    if outcome.calibration is not None:
        print(_told(outcome.calibration), file=sys.stderr)
    text = f"{outcome.weights}: {outcome.steps} {_UNITS[config.learner]}"
    if outcome.best_score is not None:
        text += f", {outcome.best_score:.3f} of unchanged"
    print(text + (f", version {outcome.version}" if outcome.version else ""), file=sys.stderr)
    arguments.answer.give()
    if not config.evaluate.after:
        return 0
    from ...inference.cli import main

    return main(["evaluate", *config.evaluate.overrides, f"weights={outcome.weights}"])


def _learned(config: DictConfig, command: str) -> Outcome:
    if config.learner == "linear":
        from ..linear.running import train_linear

        return train_linear(config, command, lambda text: print(text, file=sys.stderr, flush=True))
    if config.learner == "network":
        from ..learning.running import train

        with _Line() as line:
            return train(config, command, line)
    raise UsageError(
        f"train: learner is {config.learner!r}; choose one of {', '.join(_UNITS)}",
        code="unknown_learner",
    )


def _told(found: Calibration) -> str:
    factors = ", ".join(f"{factor:.2f}" for factor in found.arrays["calibration.shrink"])
    return (
        f"shrunk by {factors}: {found.distance_db:.3f} dB ({found.unchanged_db:.3f} unchanged); "
        f"intervals are {found.relative_width:.2f} of the prior's"
    )


class _Line:
    """Shows the step under way, where stderr is a terminal; else a line every ten percent."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last_s = 0.0
        self._begun: tuple[float, int] | None = None

    def __call__(self, step: int, steps: int, metrics: Mapping[str, float]) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = (now, step)
        done = step - self._begun[1]
        left_s = (now - self._begun[0]) / done * (steps - step) if done else float("nan")
        text = f"step {step} of {steps}, loss {metrics['loss']:.3f}"
        if "score" in metrics:
            text += f", validation {metrics['score']:.3f} of unchanged"
        text += f", {left_s / 60.0:.1f} min left" if left_s == left_s else ""
        if self._terminal and now - self._last_s >= SHORTEST_S:
            self._last_s = now
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif not self._terminal and ("score" in metrics or step == steps):
            print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and self._last_s:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
