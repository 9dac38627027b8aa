"""What an intent of 1 means: moves of a stated size, and loudness.

=========  ===========================================================================
bright     +1.5 dB above 4 kHz, sloping from 2 kHz
warm       +1.5 dB from 150 to 500 Hz, sloping an octave to both sides
bass       +2 dB below 90 Hz, sloping to 180 Hz
punch      attacks 1.5 times as long, in two lower bands a slope of 0.1 more
width      side 1 dB wider from 120 Hz to 3 kHz, 1.5 dB above
density    a slope of 0.12 more in every band
loudness   1.5 LU louder
dynamics   a slope of 0.12 less in every band, and 1 LU quieter
=========  ===========================================================================

Responses are level-free, so what is named rises against the rest; -1 is the opposite. A compressor
that is idle cannot do less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...models.moves import ATTACK, INTENTS, MOVES, RESPONSE, RESPONSE_HZ, SLOPE, WIDTH, bounded

Array = npt.NDArray[np.float64]

_SHELVES_HZ = {
    # where the rise begins and ends, and where the fall does
    "bright": (2000.0, 4000.0, 1e5, 2e5),
    "warm": (75.0, 150.0, 500.0, 1000.0),
    "bass": (1.0, 2.0, 90.0, 180.0),
}
_HEIGHTS_DB = {"bright": 1.5, "warm": 1.5, "bass": 2.0}


def _table() -> tuple[Array, Array]:
    moves, loudness_lu = np.zeros((len(INTENTS), len(MOVES))), np.zeros(len(INTENTS))
    row = {name: moves[place] for place, name in enumerate(INTENTS)}
    for name, corners_hz in _SHELVES_HZ.items():
        shape = np.interp(np.log(RESPONSE_HZ), np.log(corners_hz), (0.0, 1.0, 1.0, 0.0))
        row[name][RESPONSE] = _HEIGHTS_DB[name] * shape
    row["punch"][ATTACK] = np.log(1.5)
    row["punch"][SLOPE] = (0.1, 0.1, 0.0, 0.0)
    row["width"][WIDTH] = (0.0, 1.0, 1.5)
    row["density"][SLOPE], row["dynamics"][SLOPE] = 0.12, -0.12
    loudness_lu[INTENTS.index("loudness")] = 1.5
    loudness_lu[INTENTS.index("dynamics")] = -1.0
    return moves, loudness_lu


INTENT_MOVES, INTENT_LOUDNESS_LU = _table()
"""What an intent of 1 adds to moves and to loudness, shapes ``(8, moves)`` and ``(8,)``."""


def intended_moves(moves: Array, intent: Array) -> Array:
    """Add intents to moves and hold them within the chain's ranges.

    Args:
        moves: Shape ``(…, moves)``.
        intent: As `INTENTS`, each from -1 to 1, shape ``(…, 8)``.

    """
    return bounded(moves + intent @ INTENT_MOVES)


def draw_intent(generator: np.random.Generator) -> Array:
    """Draw an intent, shape ``(8,)``: one or two are asked for, as people do."""
    intent = np.zeros(len(INTENTS))
    count = int(generator.integers(1, 3))
    places = generator.permutation(len(INTENTS))[:count]
    intent[places] = generator.uniform(-1.0, 1.0, count)
    return intent
