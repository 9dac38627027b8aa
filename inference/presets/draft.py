"""What a reader of one form makes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...data.findings import Finding
from ...models.settings import ChainSettings
from ..recipe import Delivery
from .given import Threshold

MOST_NAMED = 12
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Draft:
    """What was understood of a file; see `GivenSettings` for the fields that are as there."""

    form: str
    stages: tuple[str, ...]
    settings: ChainSettings
    thresholds: tuple[Threshold, ...] = ()
    findings: tuple[Finding, ...] = ()
    delivery: Delivery | None = None


def left_out(things: Sequence[str]) -> Finding:
    """Return the finding that names what was left out."""
    named = [shortly(thing) for thing in things[:MOST_NAMED]]
    rest = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
    return Finding("left_out_of_file", f"Left out of the file: {', '.join(named)}{rest}.")


def level_left_out(what: str, gain_db: float) -> Finding:
    """Return the finding that a gain plays no part."""
    message = f"{what} of {gain_db:g} dB is left out: the chain sets the level itself."
    return Finding("level_left_out", message)


def shortly(text: str) -> str:
    """Return a text that a file holds, no longer than a message bears."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
