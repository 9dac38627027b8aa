"""Random numbers of the benchmark: a pure function of its seed and of names."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return a generator of its own for this seed and these names.

    A Philox counter (J. K. Salmon et al., 2011) keyed by the seed and the SHA-256 of the names, so
    that a song's draws do not depend on which other songs there are.

    Args:
        seed: 0 or more.
        names: For example a generator's name and a song's identity.

    """
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    words = np.frombuffer(digest, "<u4").tolist()
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words])))
