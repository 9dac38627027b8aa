"""Values of a configuration that would only fail later, and with a message that tells nobody."""

from __future__ import annotations

import math
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ...models.errors import UsageError
from ..linear.inputs import INPUTS

_HIGHEST_SEED = 2**31 - 1
_LEAST = {
    "seed": 0,
    "batch_size": 1,
    "checkpoint_every": 1,
    "validate_every": 1,
    "validation_examples": 1,
    "examples.segments": 1,
    "examples.heard": 1,
    "examples.references": 1,
    "examples.company": 1,
    "calibration.examples": 1,
    "calibration.tried": 1,
    "linear.examples": 1,
    "linear.tried": 1,
    "logging.every": 1,
    "trainer.threads": 1,
    "trainer.workers": 0,
    "trainer.arguments.num_nodes": 1,
}
_NUMBERS = (
    "examples.no_reference",
    "examples.no_intent",
    "examples.loudness_lu",
    "examples.variation_db",
)
_CHOICES = {
    "learner": ("network", "linear", "embedding"),
    "inputs": INPUTS,
    "keep": ("best", "last"),
}
_COMPRESSOR = ("threshold_db", "attack_ms", "release_ms")
_SWITCHES = ("evaluate.after", "logging.register", "linear.start")


def check_training(config: DictConfig) -> None:
    """Refuse numbers that are none or too small, and choices that are not offered.

    Args:
        config: A composed one without missing values.

    Raises:
        UsageError: With the name of the value, and what it may be.

    """
    least = {**_LEAST, "steps": 1 if config.learner == "network" else 0}
    for name, lowest in least.items():
        value = _value(config, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise _refused(name, value, f"a whole number of {lowest} or more")
    if config.seed > _HIGHEST_SEED:
        raise _refused("seed", config.seed, f"{_HIGHEST_SEED} at most")
    for name in _NUMBERS:
        value = _value(config, name)
        if not _is_number(value) or value < 0.0:
            raise _refused(name, value, "a number of 0 or more")
    for name, choices in _CHOICES.items():
        if _value(config, name) not in choices:
            raise _refused(name, _value(config, name), f"one of {', '.join(choices)}")
    read = _value(config, "linear.inputs")
    if not OmegaConf.is_list(read) or not read or any(name not in INPUTS for name in read):
        raise _refused("linear.inputs", read, f"a list of {', '.join(INPUTS)}")
    compressor = _value(config, "linear.compressor")
    if compressor is not None and not _is_compressor(compressor):
        wanted = f"null, or {', '.join(_COMPRESSOR)}: numbers, times above 0"
        raise _refused("linear.compressor", compressor, wanted)
    for name in _SWITCHES:
        if not isinstance(_value(config, name), bool):
            raise _refused(name, _value(config, name), "true or false")
    devices = _value(config, "trainer.arguments.devices")
    if devices != "auto" and not _is_devices(devices):
        raise _refused("trainer.arguments.devices", devices, "a number of devices, a list, or auto")


def _value(config: DictConfig, name: str) -> Any:
    return OmegaConf.select(config, name)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) < math.inf


def _is_compressor(value: Any) -> bool:
    if not OmegaConf.is_dict(value) or set(value) != set(_COMPRESSOR):
        return False
    _, *times = _COMPRESSOR
    return all(_is_number(value[name]) for name in _COMPRESSOR) and all(
        value[name] > 0.0 for name in times
    )


def _is_devices(value: Any) -> bool:
    numbers = list(value) if OmegaConf.is_list(value) else [value]
    return bool(numbers) and all(type(number) is int and number >= -1 for number in numbers)


def _refused(name: str, value: Any, wanted: str) -> UsageError:
    return UsageError(f"train: {name} is {value!r}; it must be {wanted}", code="bad_value")
