"""The configuration of a run: groups of YAML files that ship, and overrides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ...models.errors import GlassmasterError, UsageError
from .checking import check_training

MODULE = "glassmaster.configs"


def compose_training(overrides: Sequence[str]) -> DictConfig:
    """Compose what ``glassmaster train`` runs.

    Args:
        overrides: As in ``experiment=smoke seed=3``.

    Raises:
        UsageError: An override is unknown or malformed, or a value is missing or cannot be.

    """
    config = compose_command("train", overrides)
    check_training(config)
    return config


def compose_command(command: str, overrides: Sequence[str]) -> DictConfig:
    """Compose what a command runs; the working directory stays what it is.

    Args:
        command: Its name, and that of its file.
        overrides: As in ``run=FOLDER logging=none``.

    Raises:
        UsageError: An override is unknown or malformed, or a value is missing.

    """
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module(config_module=MODULE, version_base="1.3"):
            config = compose(command, overrides=list(overrides))
        missing = sorted(OmegaConf.missing_keys(config))
    except (HydraException, OmegaConfBaseException) as error:
        raise UsageError(f"{command}: {_first_line(error)}", code="bad_override") from error
    if missing:
        raise UsageError(
            f"{command}: {', '.join(missing)} has no value; give {missing[0]}=…",
            code="missing_value",
        )
    return config


def instantiated(node: Any, **arguments: Any) -> Any:
    """Make what a node of the configuration describes.

    Raises:
        GlassmasterError: As what is made raises it; hydra would hide it in an error of its own.
        UsageError: The node does not fit what it describes.

    """
    try:
        return instantiate(node, **arguments)
    except HydraException as error:
        if isinstance(error.__cause__, GlassmasterError):
            raise error.__cause__ from None
        if isinstance(error.__cause__, (TypeError, ValueError)):
            raise UsageError(
                f"train: {node.get('_target_')}: {error.__cause__}", code="bad_override"
            ) from error
        raise


def flattened(config: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested values by dotted names, as records want them."""
    if isinstance(config, DictConfig):
        config = OmegaConf.to_container(config, resolve=True)
    if isinstance(config, dict):
        start = f"{prefix}." if prefix else ""
        items = [(f"{start}{key}", value) for key, value in config.items()]
    elif isinstance(config, list) and any(isinstance(item, dict) for item in config):
        items = [(f"{prefix}.{place}", value) for place, value in enumerate(config)]
    else:
        return {prefix: config}
    return {name: value for key, inner in items for name, value in flattened(inner, key).items()}


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
