"""Compiling all kernels of a one-click master before they are needed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from filelock import FileLock

from ..data.analysis import analyze
from ..data.audio import ArrayReader, Audio
from ..data.metering.report import LoudnessAndPeak
from ..models.chain import Anchors, resolve
from ..models.kernels.cache import cache_directory
from ..models.kernels.quantize import quantize
from ..models.processors.dither import MODIFIED_E_WEIGHTED
from ..models.settings import BLOCKS, default_settings
from .engine.timeline import Segment, Timeline

RATE = 44_100
MARKER = "warm"


def warm() -> tuple[float, Path]:
    """Compile every kernel that a master uses, or load it where that was done before.

    Two processes may do this at once; the second waits for the first.

    Returns:
        The seconds it took, and the folder of the cache.

    """
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
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, RATE)).astype(np.float32)
    audio = Audio(noise, RATE)
    analyze(ArrayReader(audio))
    meter = LoudnessAndPeak(RATE, 2)
    meter.feed(noise)
    meter.finish()
    settings = default_settings()
    for name in BLOCKS:
        settings = settings.with_block(name, {})
    settings = settings.with_block("saturator", {"mix": 0.5})
    anchors = Anchors(-30.0, (-20.0, -20.0, -20.0, -20.0), -14.0)
    chain = resolve(settings, anchors, normalization_db=0.0, gain_db=6.0)
    for block in Timeline([Segment(ArrayReader(audio), chain)]).render():
        for shaping in (np.zeros(0), np.array(MODIFIED_E_WEIGHTED)):
            errors = np.zeros((2, len(shaping)))
            steps = np.empty(block.shape, np.int32)
            quantize(block, 32_768.0, 1, 0, shaping, errors, steps)
