"""The factors that make intervals of recovered settings hold nine in ten true values.

    python benchmarks/recovery.py CACHE EXCERPTS --split calibration --json FILE
    python benchmarks/recovered_intervals.py FILE [FILE ...]

Prints the factors of ``configs/recovery/intervals_v2.yaml``, in the order of the quantities, each
with how many songs are behind it: those on which the quantity is moved at all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassmaster.models.moves import QUANTITIES, RESPONSE
from glassmaster.training.conformal import COVERAGE, conformal_scale
from glassmaster.training.recovery.certainty import FLOOR, FLOOR_DB, group_of

MOVED = 1e-6
"""A number with a smaller spread is that of a block which was not found."""

Songs = Sequence[Mapping[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="by benchmarks/recovery.py")
    songs = [song for file in parser.parse_args().files for song in json.loads(file.read_text())]
    factors: dict[str, list[str]] = {}
    for name in QUANTITIES:
        corrected = name not in QUANTITIES[RESPONSE]
        factor, count = _factor(songs, "quantities", FLOOR_DB, name, corrected=corrected)
        factors.setdefault(group_of(name), []).append(f"{factor:.3f}")
        print(f"# {name}: {count} songs")
    knob, count = _factor(songs, "knobs", FLOOR, None)
    print(f"# knobs: {count} songs of {len(songs)}")
    for group, texts in factors.items():
        listed = f"[{', '.join(texts)}]"
        print(f"  {group}: {texts[0] if len(texts) == 1 else listed}")
    print(f"  knob: {knob:.3f}")


def _factor(
    songs: Songs, key: str, floor: float, chosen: str | None, *, corrected: bool = True
) -> tuple[float, int]:
    """Return what nine in ten errors do not exceed, corrected for the number of songs or not.

    The correction makes all intervals together hold too much: responses are most of them.
    """
    rows = [
        (number, abs(found - true) / np.hypot(spread, floor))
        for number, song in enumerate(songs)
        for name, (found, true, spread) in song[key].items()
        if spread > MOVED and chosen in (None, name)
    ]
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    ratios = np.array([row[1] for row in rows])
    factor = conformal_scale(ratios, numbers) if corrected else float(np.quantile(ratios, COVERAGE))
    return factor, len(np.unique(numbers))


if __name__ == "__main__":
    main()
