"""What the network's two forms have in common: the one that learns and the one that masters."""

from __future__ import annotations

STUDIO_LENGTH = 8
"""Length of a studio token."""

FARTHEST = 6.0
"""Standard deviations that an input may be off before it counts as odd and is held there."""

WIDEST_LOG_SIGMA = 3.0
"""Bound of the natural logarithm of a quantity's standard deviation, both ways."""

REDUCTION_START = -3.0
"""Softplus of this is 0.05 dB: a compressor starts idle."""
