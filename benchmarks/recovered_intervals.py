"""The factors that make intervals of recovered settings hold nine in ten true values.

    python benchmarks/recovery.py CACHE EXCERPTS --split calibration --json FILE
    python benchmarks/recovered_intervals.py FILE [FILE ...]

Prints what stands in ``configs/recovery/intervals_v2.yaml``, and how many songs are behind each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glassmaster.models.moves import QUANTITIES, RESPONSE, WIDTH
from glassmaster.training.conformal import conformal_scale
from glassmaster.training.recovery.certainty import FLOOR, FLOOR_DB

MOVED = 1e-6
"""A number with a smaller spread is decided by a block that was not found: it counts as idle."""

Songs = Sequence[Mapping[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="by benchmarks/recovery.py")
    songs = [song for file in parser.parse_args().files for song in json.loads(file.read_text())]
    print(f"# {len({song['song'] for song in songs})} songs")
    responses = QUANTITIES[RESPONSE]
    for place, name in enumerate(responses):  # with its neighbors, which err alike
        _show(name, songs, set(responses[max(place - 1, 0) : place + 2]).__contains__)
    for name in QUANTITIES[WIDTH.start :]:
        _show(name, songs, name.__eq__)
    _show("knob", songs, None)


def _show(name: str, songs: Songs, chosen: Callable[[str], bool] | None) -> None:
    key, floor = ("knobs", FLOOR) if chosen is None else ("quantities", FLOOR_DB)
    rows = [
        (number, abs(found - true) / np.hypot(spread, floor))
        for number, song in enumerate(songs)
        for each, (found, true, spread) in song[key].items()
        if spread > MOVED and (chosen is None or chosen(each))
    ]
    numbers, ratios = (np.array(column) for column in zip(*rows, strict=True))
    factor = conformal_scale(ratios, numbers.astype(np.int64))
    print(f"{name}: {factor:.3f}  # {len(set(numbers.tolist()))} songs")


if __name__ == "__main__":
    main()
