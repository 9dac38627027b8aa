"""Random numbers that are a pure function of counters, whatever was drawn before or beside them."""

from __future__ import annotations

import numpy as np


def generator(*counters: int) -> np.random.Generator:
    """Return a generator for this combination of counters, each 0 or more.

    Philox (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), keyed by
    numpy's ``SeedSequence`` of the counters: equal counters give equal numbers in every process.

    Args:
        counters: For example a seed, the global step and the index of an example.

    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(counters)))
