"""What counts: frames that are heard, levels that matter, and means over these."""

from __future__ import annotations

from ..namespace import Quantity, namespace

SMALLEST_POWER = 1e-12
"""Power of a cell below which it does not matter (-120 dB): a cell never counts as less."""

ABSOLUTE_GATE = 1e-7
"""Power of a frame that is silence whatever surrounds it: -70 dB re a full-scale sine."""

RELATIVE_GATE = 1e-2
"""Power of a frame that is silence, relative to the mean of the others: -20 dB."""

RELEVANT_RANGE = 1e-8
"""What lies this far below the loudest does not matter: -80 dB."""


def audible_frames(mid: Quantity, side: Quantity) -> Quantity:
    """Return which frames are not silence, boolean, shape ``(batch, frame)``.

    The rule is that of EBU Tech 3342: a frame counts if it lies above -70 dB, and then above the
    mean power of all such frames minus 20 dB.

    Args:
        mid: Powers, shape ``(batch, band, frame)``.
        side: Powers, same shape.

    """
    power = (mid + side).sum(1)
    loud = power > ABSOLUTE_GATE
    return loud & (power > RELATIVE_GATE * mean_of(power, loud, 1)[:, None])


def mean_of(values: Quantity, counted: Quantity, axis: int | tuple[int, ...]) -> Quantity:
    """Return the mean of what counts, 0 where nothing does.

    Args:
        values: Finite, any shape.
        counted: Boolean, same shape or one that broadcasts except along ``axis``.
        axis: Reduced.

    """
    count = counted.sum(axis)
    return (values * counted).sum(axis) / namespace(values).clip(count, 1, None)


def levels_db(power: Quantity) -> Quantity:
    """Return powers in dB, any shape; what is below `SMALLEST_POWER` counts as that."""
    xp = namespace(power)
    return 10.0 * xp.log10(xp.clip(power, SMALLEST_POWER, None))
