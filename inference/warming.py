"""Compiling all kernels of a one-click master before they are needed."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ..data.files.formats import DeliveryFormat
from ..data.files.writer import create_audio
from ..models.kernels.cache import cache_directory
from ..models.settings import BLOCKS, default_settings
from .mastering import render
from .recipe import Delivery, Recipe
from .results import Request

RATE = 44_100
MARKER = "warm"


def warm() -> tuple[float, Path]:
    """Compile every kernel that a master uses, or load it where that was done before.

    Two processes may do this at once; the second waits for the first.

    Returns:
        The seconds it took, and the folder of the cache.

    """
    from filelock import FileLock  # needed at the first run only, and slow to import

    started = time.perf_counter()
    directory = cache_directory()
    with FileLock(directory / "warm.lock"):
        _touch_every_kernel()
        (directory / MARKER).touch()
    return time.perf_counter() - started, directory


def ensure_warm() -> None:
    """Compile the kernels where no earlier run has, with one line on stderr."""
    if not (cache_directory() / MARKER).exists():
        print("first run: compiling the signal path, about 15 s ...", file=sys.stderr)
        warm()


def _touch_every_kernel() -> None:
    """Master a second of noise through every block, on the very path of a real master."""
    settings = default_settings()
    for name in BLOCKS:
        settings = settings.with_block(name, {})
    settings = settings.with_block("saturator", {"mix": 0.5})
    form = DeliveryFormat("wav", "24", RATE, 2)
    delivery = Delivery("default", form.container, form.bit_depth, form.sample_rate)
    noise = np.random.default_rng(0).integers(-(1 << 20), 1 << 20, (2, RATE), np.int32)
    with tempfile.TemporaryDirectory(prefix="glassmaster-warm-") as folder:
        mix = Path(folder) / "mix.wav"
        with create_audio(mix, form, frames=RATE) as writer:
            writer.write(noise)
            writer.commit()
        request = Request(Path(folder) / "master.wav", delivery)
        recipe = Recipe(settings, delivery, None, "warm", {})
        render(mix, request, recipe, allow_other_input=False, step=lambda name, done: None)
