"""What the settings of a master do to a mix, against what the true ones do.

Blocks can stand in for each other: a trim of the compressor's bands, or a steady reduction of
theirs, does what an equalizer could have done. So responses are compared of all blocks together.
"""

from __future__ import annotations

import numpy as np

from ....inference.effects import Effects

ACTIVE_DB = 0.1
"""A band works where its true reduction is larger on average."""


def total_error_db(found: Effects, true: Effects) -> float:
    """Return the mean absolute difference of the responses of everything up to the limiter, in dB.

    Gain is part of a response: a master that is limited less at the same loudness is off by it.
    """
    return float(np.abs(found.total_db - true.total_db).mean())


def reduction_error_db(found: Effects, true: Effects) -> float:
    """Return the mean absolute difference of gain reductions over time, in dB.

    The bands of the compressor and the limiter count alike, those that work in truth; 0 where none
    does.
    """
    wanted = np.vstack((true.reductions_db, true.limiting_db[None]))
    reached = np.vstack((found.reductions_db, found.limiting_db[None]))
    active = wanted.mean(axis=1) > ACTIVE_DB
    return float(np.abs(reached - wanted)[active].mean()) if active.any() else 0.0
