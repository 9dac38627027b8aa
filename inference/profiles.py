"""Delivery profiles: what a destination asks for, as dated data with its source.

A profile is a YAML file in ``configs/profiles``; ``default.yaml`` is what every other one starts
from, but for the date. Services change their levels without notice, so nothing of this is written
in code.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ..models.errors import UsageError
from .documents import load_yaml

DEFAULT = "default"

ROUNDING = 1e-6
"""How far a figure may pass a limit, in dB or LU, and still count as at the limit."""


@dataclass(frozen=True, slots=True)
class DeliveryProfile:
    """What a destination asks for.

    Attributes:
        name: Name of the file.
        title: What a person calls it.
        date: When the facts were looked up, as ISO 8601.
        source: Where they come from.
        confidence: How sure they are.
        purpose: ``production`` where the loudness is one to produce at; ``playback`` where it is
            only what a service plays back at, which is shown and never produced.
        target_lufs: Loudness to produce; None for `aim_lufs` as far as half the budget allows.
        aim_lufs: Loudest level that is aimed at where there is no target.
        tolerance_lu: Largest departure from the target, and from `louder_than_lufs`.
        true_peak_dbtp: Ceiling.
        louder_than_lufs: Above this loudness `louder_true_peak_dbtp` holds instead.
        louder_true_peak_dbtp: See `louder_than_lufs`.
        short_term_max_lufs: Largest short-term loudness allowed.
        playback_lufs: Level that the service plays back at.
        turns_up: Whether quieter masters are raised to it; None where unknown.
        most_limiting_lu: Budget: loudness at the limiter's input minus that at its output.
        most_reduction_db: Budget: 95th percentile over 100 ms of the largest gain reduction.
        sample_rate: Rate asked for, in Hz; None keeps the source's.
        bit_depth: Word length asked for.

    """

    name: str
    title: str
    date: str
    source: str
    confidence: str
    purpose: Literal["production", "playback"]
    target_lufs: float | None
    aim_lufs: float
    tolerance_lu: float
    true_peak_dbtp: float
    louder_than_lufs: float | None
    louder_true_peak_dbtp: float | None
    short_term_max_lufs: float | None
    playback_lufs: float | None
    turns_up: bool | None
    most_limiting_lu: float
    most_reduction_db: float
    sample_rate: int | None
    bit_depth: Literal["16", "24", "32f"]

    def ceiling_dbtp(self, loudness_lufs: float | None) -> float:
        """Return the ceiling for a master of this loudness.

        A master made at `louder_than_lufs` comes out a little above or below it: within the
        tolerance it counts as not louder.
        """
        if (
            self.louder_true_peak_dbtp is not None
            and self.louder_than_lufs is not None
            and loudness_lufs is not None
            and loudness_lufs > self.louder_than_lufs + self.tolerance_lu + ROUNDING
        ):
            return self.louder_true_peak_dbtp
        return self.true_peak_dbtp

    def playback_gain_db(self, loudness_lufs: float) -> float | None:
        """Return by how much the service changes a master's level; None where it is unknown."""
        if self.playback_lufs is None:
            return None
        gain_db = self.playback_lufs - loudness_lufs
        if gain_db > 0.0 and not self.turns_up:
            return None if self.turns_up is None else 0.0
        return gain_db


def profile_names() -> tuple[str, ...]:
    """Return the names of all profiles, the default first."""
    folder = files("glassmaster.configs") / "profiles"
    names = sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


@cache
def load_profile(name: str) -> DeliveryProfile:
    """Load a profile by name.

    Raises:
        UsageError: There is no such profile, or its file is incomplete.

    """
    if name not in profile_names():
        raise UsageError(
            f"there is no profile {name!r}; choose from {', '.join(profile_names())}",
            code="unknown_profile",
        )
    own = _read(name)
    if missing := [key for key in ("date", "source") if key not in own]:
        raise UsageError(
            f"profile {name} has no {' and no '.join(missing)}; facts need both",
            code="unknown_profile",
        )
    values = {**_read(DEFAULT), **own, "name": name}
    values["date"] = str(values["date"])
    values["source"] = " ".join(str(values["source"]).split())
    if unknown := values.keys() - {item.name for item in fields(DeliveryProfile)}:
        raise UsageError(
            f"profile {name} has unknown entries: {', '.join(sorted(unknown))}",
            code="unknown_profile",
        )
    return DeliveryProfile(**values)


def _read(name: str) -> dict[str, Any]:
    text = (files("glassmaster.configs") / "profiles" / f"{name}.yaml").read_text("utf-8")
    return load_yaml(text)
