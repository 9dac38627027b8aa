"""Finite differences that gradients are held against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from signals import Array


def slope(function: Callable[[float], float], step: float) -> float:
    """Central differences around 0 at two steps, extrapolated to a step of zero (Richardson)."""
    coarse, fine = ((function(h) - function(-h)) / (2.0 * h) for h in (step, 0.5 * step))
    return (4.0 * fine - coarse) / 3.0


def units(shape: tuple[int, ...]) -> list[Array]:
    """Every direction of one entry, each of ``shape``."""
    return list(np.eye(int(np.prod(shape))).reshape(-1, *shape))
