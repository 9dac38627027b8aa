"""The settings of the whole chain: what a network predicts and a recipe stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from .errors import ParameterError
from .namespace import Quantity
from .parameters import ParameterSpec, complete
from .processors import deesser, equalizer, imager, limiter, multiband_compressor, saturator

BLOCKS: dict[str, tuple[ParameterSpec, ...]] = {
    "equalizer": equalizer.SPECS,
    "deesser": deesser.SPECS,
    "multiband_compressor": multiband_compressor.SPECS,
    "saturator": saturator.SPECS,
    "imager": imager.SPECS,
    "limiter": limiter.SPECS,
}
"""Parameters of every block with settings, in signal order."""

PARAMETERS: tuple[tuple[str, ParameterSpec], ...] = tuple(
    (block, spec) for block, specs in BLOCKS.items() for spec in specs
)
"""Block and parameter at each place of a vector of settings, in signal order."""


class BlockDocument(TypedDict):
    """A block as a recipe writes it."""

    bypass: bool
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """The settings of one block.

    Attributes:
        bypass: Whether the block is removed from the chain.
        values: Physical values by key, complete and checked; while learning, tensors that hold one
            for each example of a batch.

    """

    bypass: bool
    values: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """The settings of every block, by name and in signal order.

    Attributes:
        blocks: One entry for each name in `BLOCKS`.

    """

    blocks: Mapping[str, BlockSettings]

    def __getitem__(self, name: str) -> BlockSettings:
        return self.blocks[name]

    def with_block(
        self, name: str, values: Mapping[str, float], *, bypass: bool = False
    ) -> ChainSettings:
        """Return settings with one block replaced; missing values take their defaults."""
        block = BlockSettings(bypass, complete(name, _specs(name), values))
        return ChainSettings({**self.blocks, name: block})

    def scaled(self, amount: float | Mapping[str, float]) -> ChainSettings:
        """Move every block toward its neutral values.

        At 0, where they are reached, blocks are bypassed, except for the limiter: it guards the
        ceiling. A block that was engaged at its neutral values stays so before: the equalizer's
        lowest high-pass is there to remove an offset.

        Args:
            amount: 1 keeps the settings, 0 leaves nothing of them; of every block, or by name, 1
                for those that are not named.

        Raises:
            ParameterError: The amount lies outside [0, 1], or a block is unknown.

        """
        amounts = amount if isinstance(amount, Mapping) else dict.fromkeys(self.blocks, amount)
        for name, each in amounts.items():
            _specs(name)
            if not 0.0 <= each <= 1.0:
                raise ParameterError(
                    f"amount is {each}; it must lie in [0, 1]", code="out_of_range"
                )
        scaled = {}
        for name, block in self.blocks.items():
            own, specs = amounts.get(name, 1.0), BLOCKS[name]
            values = {s.key: s.toward_default(block.values[s.key], own) for s in specs}
            removed = own == 0.0 and name != "limiter"
            scaled[name] = BlockSettings(block.bypass or removed, values)
        return ChainSettings(scaled)

    def document(self) -> dict[str, BlockDocument]:
        """Return the settings as plain data for a recipe."""
        return {
            name: {"bypass": block.bypass, "values": dict(block.values)}
            for name, block in self.blocks.items()
        }


def default_settings() -> ChainSettings:
    """Return a chain with every block bypassed at its default values."""
    return ChainSettings(
        {name: BlockSettings(True, complete(name, specs, {})) for name, specs in BLOCKS.items()}
    )


def specification(block: str, key: str) -> ParameterSpec:
    """Return the parameter ``key`` of a block.

    Raises:
        ParameterError: There is no such block or parameter.

    """
    for spec in _specs(block):
        if spec.key == key:
            return spec
    raise ParameterError(f"{block} has no parameter {key}", code="unknown_parameter")


def settings_from_document(document: Mapping[str, BlockDocument]) -> ChainSettings:
    """Read settings back from plain data; missing blocks are bypassed, missing values default.

    Raises:
        ParameterError: A block or a parameter is unknown, or a value out of range.

    """
    settings = default_settings()
    for name, block in document.items():
        if unknown := block.keys() - {"bypass", "values"}:
            raise ParameterError(
                f"{name} has no entry {', '.join(sorted(unknown))}", code="unknown_parameter"
            )
        bypass = block.get("bypass", False)
        if not isinstance(bypass, bool):
            raise ParameterError(
                f"{name}: bypass is {bypass!r}; it is true or false", code="out_of_range"
            )
        settings = settings.with_block(name, block.get("values", {}), bypass=bypass)
    return settings


def _specs(name: str) -> tuple[ParameterSpec, ...]:
    if name not in BLOCKS:
        raise ParameterError(
            f"there is no block {name!r}; the chain has {', '.join(BLOCKS)}",
            code="unknown_parameter",
        )
    return BLOCKS[name]
