"""What weights were made for, as hashes: the statistics they read and the chain they speak of.

Weights of another definition would give numbers that look right and are not, so they are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict

from ...models.mel_statistics import STATISTICS
from ...models.moves import MOVES, QUANTITIES
from ...models.settings import BLOCKS


def signature() -> dict[str, str]:
    """Return SHA-256 in hexadecimal of all that weights depend on, by the name of their metadata.

    ``statistics_sha256``, ``moves_sha256`` and ``quantities_sha256`` are of the names in order,
    ``chain_sha256`` of every parameter of the chain with its range, default and scale.
    """
    chain = {name: [asdict(spec) for spec in specs] for name, specs in BLOCKS.items()}
    return {
        "statistics_sha256": _sha256(STATISTICS),
        "moves_sha256": _sha256(MOVES),
        "quantities_sha256": _sha256(QUANTITIES),
        "chain_sha256": _sha256([json.dumps(chain)]),
    }


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
