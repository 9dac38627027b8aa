"""``glassmaster train``: learn to master from a shard of the corpus."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from ...inference.commands.answer import Answer
    from ..calibrating import Calibration
    from ..learning.running import Outcome

SHORTEST_S = 0.5

_UNITS = {"network": "steps", "linear": "examples"}
_METHODS = (
    "methods=[unchanged,ltas_match,corpus_mean,nearest,baseline,lmmse,oracle]",
    "leak_checks=[]",
)
"""Of the benchmark where there is no network."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _choices()
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
    command = shlex.join(["glassmaster", "train", *arguments.overrides])
    if config.learner == "embedding":
        return _embedded(config, command, arguments.answer)
    outcome = _learned(config, command)
    if not outcome.is_first:  # of several processes one speaks
        return 0
    if outcome.calibration is not None:
        print(_told(outcome.calibration), file=sys.stderr)
    text = f"{outcome.weights}: {outcome.steps} {_UNITS[config.learner]}"
    if outcome.score is not None:
        text += f", {outcome.score:.3f} of unchanged"
    print(text + (f", version {outcome.version}" if outcome.version else ""), file=sys.stderr)
    arguments.answer.entries.append(_entry(outcome))
    arguments.answer.give()
    return _evaluated(config, outcome)


def _embedded(config: DictConfig, command: str, answer: Answer) -> int:
    from ..retrieval.embedding import train_embedding

    path = train_embedding(config, command, _tell)
    _tell(str(path))
    answer.give()
    return 0


def _evaluated(config: DictConfig, outcome: Outcome) -> int:
    """Run the benchmark's subset, and return its exit status."""
    if not config.evaluate.after:
        return 0
    if config.evaluate.packages is None:
        print(
            "the benchmark is left out, since evaluate.packages names no folder with the corpus's "
            "packages",
            file=sys.stderr,
        )
        return 0
    from ...inference.cli import main

    return main(["evaluate", *evaluation_words(config, outcome.weights)])


def evaluation_words(config: DictConfig, weights: Path) -> list[str]:
    """Return what ``glassmaster evaluate`` is given to measure a model that was just trained.

    Args:
        config: Of the training.
        weights: File of the model.

    """
    evaluate = config.evaluate
    words = [f"packages={_quoted(evaluate.packages)}"]
    if evaluate.corpus is not None:
        words.append(f"corpus={_quoted(evaluate.corpus)}")
    words.append(f"output={_quoted(Path(config.run) / 'evaluation')}")
    words += _METHODS if config.learner == "linear" else []
    key = "models.lmmse" if config.learner == "linear" else "weights"
    return [*words, *evaluate.overrides, f"{key}={_quoted(weights)}"]


def _quoted(path: Path | str) -> str:
    """Return a path as a value whose signs mean nothing in an override."""
    escaped = re.sub(r"(\\*)'", r"\1\1\'", str(path))
    return f"'{escaped}'"


def _entry(outcome: Outcome) -> dict[str, object]:
    return {
        "path": str(outcome.weights),
        "status": "ok",
        "exit_code": 0,
        "warnings": [],
        "error": None,
        "steps": outcome.steps,
        "score": outcome.score,
        "model_version": outcome.version or None,
    }


def _choices() -> str:
    """Return the groups with their choices, and what a value is unless it is given."""
    configs = files("glassmaster.configs")
    lines = (configs / "train.yaml").read_text("utf-8").splitlines()
    at = next(place for place, line in enumerate(lines) if not line.startswith((" ", "#", "def")))
    chosen = [line.strip(" -").split(": ") for line in lines[:at] if line.startswith("  - ")]
    told = ["choices of groups, the first one unless given:"]
    for group, default in (pair for pair in chosen if len(pair) == 2):
        names = (item.name for item in (configs / group).iterdir())
        others = sorted(name[:-5] for name in names if name.endswith(".yaml"))
        others.remove(default)
        told.append(f"  {group}={', '.join([default, *others])}")
    told += ["", "values, as they are unless given (an experiment sets some of its own):"]
    told += [f"  {line}" for line in lines[at:] if line]
    return "\n".join(told)


def _learned(config: DictConfig, command: str) -> Outcome:
    if config.learner == "linear":
        from ..linear.running import train_linear

        return train_linear(config, command, _tell)
    from ..learning.running import train

    with _Line() as line:
        return train(config, command, line, _tell)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


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
