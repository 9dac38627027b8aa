"""Reasons as the reports tell them: never of a move that was not made."""

from __future__ import annotations

from ...models.settings import BLOCKS, BlockSettings
from ..predictor import Reason
from ..results import MasteringResult

TIMES = "\N{MULTIPLICATION SIGN}"
WHOLE_WITHIN = 1e-6


def told_reasons(result: MasteringResult) -> tuple[Reason, ...]:
    """Return why the settings are what they are; empty for settings from a recipe.

    A predictor speaks of whole moves. Where an amount below 1 was asked for, each reason of a block
    that moves carries that factor.
    """
    if result.prediction is None:
        return ()
    whole, applied = result.prediction.settings, result.recipe.settings
    return tuple(
        _scaled(each, whole[each.block], applied[each.block]) for each in result.prediction.reasons
    )


def _scaled(reason: Reason, whole: BlockSettings, applied: BlockSettings) -> Reason:
    if whole.bypass:
        return reason
    if applied.bypass:
        factor = "0: the block is bypassed"
    else:
        amounts = (
            spec.amount_of(applied.values[spec.key], whole.values[spec.key])
            for spec in BLOCKS[reason.block]
        )
        amount = next((amount for amount in amounts if amount is not None), 1.0)
        if abs(amount - 1.0) < WHOLE_WITHIN:
            return reason
        factor = f"{amount:.3g}"
    return Reason(reason.block, f"{reason.text.removesuffix('.')} ({TIMES} {factor}).")
