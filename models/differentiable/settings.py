"""Settings of many examples at once, in physical units or as one normalized tensor.

Values are float64 whatever comes in: filters at low frequencies cannot be designed in less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import ParameterError
from ..settings import BLOCKS, PARAMETERS, BlockSettings, ChainSettings


@dataclass(frozen=True, slots=True, eq=False)
class SettingsBatch:
    """The settings of a batch of examples.

    Attributes:
        settings: Values of shape ``(batch,)``, float64; a block is bypassed if it is so in every
            example.
        active: Which examples run a block, by its name: truth values of shape ``(batch,)``.

    """

    settings: ChainSettings
    active: Mapping[str, Tensor]

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(next(iter(self.active.values())))


def batch_settings(
    examples: Sequence[ChainSettings], *, device: torch.device | str = "cpu"
) -> SettingsBatch:
    """Put the settings of several songs together.

    Args:
        examples: Of each song.
        device: Where the values shall be.

    """

    def column(block: str, key: str) -> Tensor:
        values = [one[block].values[key] for one in examples]
        return torch.tensor(values, dtype=torch.float64, device=device)

    values = {b: {s.key: column(b, s.key) for s in specs} for b, specs in BLOCKS.items()}
    active = {
        block: torch.tensor([not one[block].bypass for one in examples], device=device)
        for block in BLOCKS
    }
    return _batch(values, active)


def settings_from_normalized(
    normalized: Tensor, active: Mapping[str, Tensor] | None = None
) -> SettingsBatch:
    """Read settings from a tensor, with gradients.

    Args:
        normalized: Each parameter from 0 to 1 of its range, in the order of
            `glassmaster.models.settings.PARAMETERS`, shape
            ``(batch, parameters)``, of any type. Values beyond are clipped, and get no gradient.
        active: Which examples run a block, shape ``(batch,)``; all do where a block is not named.

    Raises:
        ParameterError: The tensor has another number of parameters, or ``active`` names no block of
            the chain or is of another batch.

    """
    if normalized.ndim != 2 or normalized.shape[1] != len(PARAMETERS):
        raise ParameterError(
            f"settings have the shape {tuple(normalized.shape)}; it must be "
            f"(batch, {len(PARAMETERS)})",
            code="bad_shape",
        )
    z = normalized.double().clamp(0.0, 1.0)
    values: dict[str, dict[str, Tensor]] = {block: {} for block in BLOCKS}
    for (block, spec), column in zip(PARAMETERS, z.unbind(1), strict=True):
        if spec.log:
            values[block][spec.key] = spec.low * torch.exp(column * math.log(spec.high / spec.low))
        else:
            values[block][spec.key] = spec.low + column * (spec.high - spec.low)
    everywhere = torch.ones(len(normalized), dtype=torch.bool, device=normalized.device)
    given = active or {}
    for block, flags in given.items():
        if block not in BLOCKS or flags.shape != everywhere.shape:
            raise ParameterError(
                f"active: {block!r} of shape {tuple(flags.shape)} is no block of {len(z)} examples",
                code="bad_shape",
            )
    return _batch(values, {block: given.get(block, everywhere) for block in BLOCKS})


def normalized_settings(batch: SettingsBatch) -> Tensor:
    """Return settings as one tensor, shape ``(batch, parameters)``: 0 to 1, as `PARAMETERS`."""
    columns = []
    for block, spec in PARAMETERS:
        value = batch.settings[block].values[spec.key]
        if spec.log:
            columns.append(torch.log(value / spec.low) / math.log(spec.high / spec.low))
        else:
            columns.append((value - spec.low) / (spec.high - spec.low))
    return torch.stack(columns, 1)


def example_settings(batch: SettingsBatch, index: int) -> ChainSettings:
    """Return one example's settings as numbers, for a recipe.

    Rounding may have left the range of a parameter by its last digits; they are cut.
    """
    blocks = {}
    for block, specs in BLOCKS.items():
        found = {
            spec.key: float(batch.settings[block].values[spec.key][index].detach())
            for spec in specs
        }
        values = {spec.key: min(max(found[spec.key], spec.low), spec.high) for spec in specs}
        blocks[block] = BlockSettings(not bool(batch.active[block][index]), values)
    return ChainSettings(blocks)


def _batch(
    values: Mapping[str, Mapping[str, Tensor]], active: Mapping[str, Tensor]
) -> SettingsBatch:
    blocks = {
        block: BlockSettings(not bool(active[block].any()), values[block]) for block in BLOCKS
    }
    return SettingsBatch(ChainSettings(blocks), active)
