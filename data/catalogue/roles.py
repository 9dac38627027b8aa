"""Which of two files that hold the same music is the mix: by names, held against measurements."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .measuring import Facts
from .names import ParsedName, Role

CLEARLY_LOUDER_LU = 2.0
"""With `CLEARLY_DENSER_DB`: what masters have against their mixes and copies have not."""

CLEARLY_DENSER_DB = 1.0

_LOUDER_LU, _DENSER_DB = 0.7, 0.5
_QUIETER_LU, _PEAKIER_DB = -1.0, -1.5


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """A content with the file that stands for it.

    Attributes:
        sha256: Of the content.
        path: Of its first file.
        mtime_ns: Of that file.
        name: What its path says.
        facts: What was measured.

    """

    sha256: str
    path: Path
    mtime_ns: int
    name: ParsedName
    facts: Facts


@dataclass(frozen=True, slots=True)
class Direction:
    """Which of two is the mix, and why.

    Attributes:
        forward: Whether the first is the mix.
        trust: From 0 to 1.
        reason: One sentence.
        doubt: What speaks against it, or empty.

    """

    forward: bool
    trust: float
    reason: str
    doubt: str


def direction(first: Song, second: Song) -> Direction | None:
    """Return which of two files of one performance is the mix; None where neither is.

    Neither is where both are stems or copies, or are of one kind by their names or their levels.
    """
    roles = (first.name.role, second.name.role)
    if Role.STEM in roles or Role.COPY in roles:
        return None
    said = _said(roles)
    if said is None:
        return _measured(first, second, roles)
    mix, master = (first, second) if said else (second, first)
    louder, denser = _gains(mix, master)
    both = Role.UNSAID not in roles
    if louder < _QUIETER_LU or denser < _PEAKIER_DB:
        doubt = (
            f"The names say which is the master, yet it is {louder:+.1f} LU as loud and has "
            f"{-denser:+.1f} dB of PLR against the mix"
        )
        return Direction(said, 0.5, "The names say which is the mix", doubt)
    if both:
        return Direction(said, 0.99, "Names or folders say which is the mix", "")
    if Role.MIX in roles and not is_clearly_denser(mix, master):
        return None  # what is called a mix, and a revision of it whose name says nothing
    if louder < _LOUDER_LU and denser < _DENSER_DB:
        return None  # what is called a master, and a copy of it whose name says nothing
    reason = f"One name says so, and the master is {louder:.1f} LU louder"
    return Direction(said, 0.97, reason, "")


def is_clearly_denser(mix: Song, master: Song) -> bool:
    """Tell whether levels alone say that the second is a master of the first."""
    louder, denser = _gains(mix, master)
    return louder >= CLEARLY_LOUDER_LU and denser >= CLEARLY_DENSER_DB


def _said(roles: tuple[Role, Role]) -> bool | None:
    """Return whether the first is the mix by the names; None where they do not say."""
    if roles in ((Role.MIX, Role.MASTER), (Role.MIX, Role.UNSAID), (Role.UNSAID, Role.MASTER)):
        return True
    if roles in ((Role.MASTER, Role.MIX), (Role.UNSAID, Role.MIX), (Role.MASTER, Role.UNSAID)):
        return False
    return None


def _measured(first: Song, second: Song, roles: tuple[Role, Role]) -> Direction | None:
    for forward, mix, master in ((True, first, second), (False, second, first)):
        if is_clearly_denser(mix, master):
            louder, denser = _gains(mix, master)
            reason = f"The master is {louder:.1f} LU louder and has {denser:.1f} dB less PLR"
            doubt = ""
            if roles[0] is not Role.UNSAID:
                doubt = f"Both are called {roles[0].value}"
            return Direction(forward, 0.5 if doubt else 0.95, reason, doubt)
    return None


def _gains(mix: Song, master: Song) -> tuple[float, float]:
    """Return how many LU louder and how many dB less peaky the second is; 0 where unknown."""
    one, two = mix.facts, master.facts
    louder = denser = 0.0
    if one.integrated_lufs is not None and two.integrated_lufs is not None:
        louder = two.integrated_lufs - one.integrated_lufs
    if one.plr_db is not None and two.plr_db is not None:
        denser = one.plr_db - two.plr_db
    return louder, denser
