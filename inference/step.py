"""How work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Step: TypeAlias = Callable[[str, float], None]
"""Told the name of the step under way and the share of it that is done."""
