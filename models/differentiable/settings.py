"""Settings of many examples at once, in physical units or as one normalized tensor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import ParameterError
from ..parameters import ParameterSpec
from ..settings import BLOCKS, BlockSettings, ChainSettings

PARAMETERS: tuple[tuple[str, ParameterSpec], ...] = tuple(
    (block, spec) for block, specs in BLOCKS.items() for spec in specs
)
"""Block and parameter at each place of a normalized tensor, in signal order."""


@dataclass(frozen=True, slots=True, eq=False)
class SettingsBatch:
    """The settings of a batch of examples.

    Attributes:
        settings: Values of shape ``(batch,)``; a block is bypassed if it is so in every example.
        active: Which examples run a block, by its name: truth values of shape ``(batch,)``.

    """

    settings: ChainSettings
    active: Mapping[str, Tensor]

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(next(iter(self.active.values())))


def batch_settings(
    examples: Sequence[ChainSettings],
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> SettingsBatch:
    """Put the settings of several songs together.

    Args:
        examples: At least one.
        dtype: Of the values.
        device: Where they shall be.

    """
    values = {
        block: {
            spec.key: torch.tensor([one[block].values[spec.key] for one in examples], dtype=dtype)
            for spec in specs
        }
        for block, specs in BLOCKS.items()
    }
    active = {
        block: torch.tensor([not one[block].bypass for one in examples], device=device)
        for block in BLOCKS
    }
    moved = {b: {k: v.to(device) for k, v in of_block.items()} for b, of_block in values.items()}
    return _batch(moved, active)


def settings_from_normalized(
    normalized: Tensor, active: Mapping[str, Tensor] | None = None
) -> SettingsBatch:
    """Read settings from a tensor, with gradients.

    Args:
        normalized: Each parameter from 0 to 1 of its range, in the order of `PARAMETERS`, shape
            ``(batch, parameters)``. Values beyond are clipped, and get no gradient.
        active: Which examples run a block; all do where a block is not named.

    Raises:
        ParameterError: The tensor has another number of parameters.

    """
    if normalized.ndim != 2 or normalized.shape[1] != len(PARAMETERS):
        raise ParameterError(
            f"settings have the shape {tuple(normalized.shape)}; it must be "
            f"(batch, {len(PARAMETERS)})",
            code="bad_shape",
        )
    z = normalized.clamp(0.0, 1.0)
    values: dict[str, dict[str, Tensor]] = {block: {} for block in BLOCKS}
    for (block, spec), column in zip(PARAMETERS, z.unbind(1), strict=True):
        if spec.log:
            values[block][spec.key] = spec.low * torch.exp(column * math.log(spec.high / spec.low))
        else:
            values[block][spec.key] = spec.low + column * (spec.high - spec.low)
    everywhere = torch.ones(len(normalized), dtype=torch.bool, device=normalized.device)
    given = active or {}
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
