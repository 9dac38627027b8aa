"""The one list of everything that keeps the contracts: each processor, and the whole chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from signals import Array

from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import ResolvedChain, measure_anchors, resolve
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum

RATES = (44_100, 48_000, 96_000)
LOW, HIGH = -1, -2
"""The two corners of all ranges, where a seed of 0 or more draws at random."""


@dataclass(frozen=True, slots=True)
class Case:
    """A part of the chain.

    Attributes:
        name: For the test's name.
        blocks: Which blocks are engaged.
        null_db: How far below the signal the difference to the oracle must lie.
        normalization_db: Gain before the chain.
        gain_db: Gain before the limiter.

    """

    name: str
    blocks: tuple[str, ...]
    null_db: float
    normalization_db: float = 0.0
    gain_db: float = 0.0

    def __str__(self) -> str:
        return self.name


CASES = (
    Case("gain", (), -120.0, normalization_db=3.7, gain_db=-5.3),
    Case("equalizer", ("equalizer",), -120.0),
    Case("deesser", ("deesser",), -120.0),
    Case("multiband_compressor", ("multiband_compressor",), -120.0),
    Case("saturator", ("saturator",), -90.0),
    Case("imager", ("imager",), -120.0),
    Case("limiter", ("limiter",), -90.0, gain_db=8.0),
    Case("chain", tuple(BLOCKS), -90.0, normalization_db=-2.0, gain_db=8.0),
)

_PINK = np.where(CENTERS_HZ < 100.0, CENTERS_HZ / 100.0, (100.0 / CENTERS_HZ) ** 0.3)
SPECTRUM = PowerSpectrum(
    mid=0.0032 * _PINK / _PINK.sum(), side=0.0008 * _PINK / _PINK.sum(), cross=np.zeros(len(_PINK))
)
"""A mix at -24 dBFS; the same at every rate, so that resolved values are."""


def settings_of(blocks: tuple[str, ...], seed: int) -> ChainSettings:
    """Draw values for ``blocks``, which are engaged; the others stay bypassed."""
    draw = _drawer(seed)
    settings = default_settings()
    for name in blocks:
        values = {spec.key: spec.denormalize(draw()) for spec in BLOCKS[name]}
        settings = settings.with_block(name, values)
    return settings


def resolved(case: Case, settings: ChainSettings) -> ResolvedChain:
    """Resolve against `SPECTRUM`, at a rate that holds every filter."""
    return resolve(
        settings,
        measure_anchors(settings, SPECTRUM, sample_rate=RATES[-1]),
        normalization_db=case.normalization_db,
        gain_db=case.gain_db,
    )


def chain_of(case: Case, seed: int) -> ResolvedChain:
    """Draw settings for the case and resolve them."""
    return resolved(case, settings_of(case.blocks, seed))


def neutral_chain(case: Case) -> ResolvedChain:
    """Engage the case's blocks at their defaults, without any gain."""
    settings = default_settings()
    for name in case.blocks:
        settings = settings.with_block(name, {})
    anchors = measure_anchors(settings, SPECTRUM, sample_rate=RATES[-1])
    return resolve(settings, anchors, normalization_db=0.0)


def render(chain: ResolvedChain, x: Array, sample_rate: int, frames: int = 65_536) -> Array:
    """Render ``x``, shape ``(channel, time)``, in blocks of ``frames`` frames."""
    return drain(ChainRenderer(chain, sample_rate, x.shape[0]), x, frames)


def drain(renderer: ChainRenderer, x: Array, frames: int = 65_536) -> Array:
    """Feed ``x`` to a renderer and finish it; return what comes out."""
    parts = [renderer.process(x[:, at : at + frames]) for at in range(0, x.shape[1], frames)]
    return np.concatenate((*parts, renderer.finish()), axis=1)


def _drawer(seed: int) -> Callable[[], float]:
    if seed == LOW:
        return lambda: 0.0
    if seed == HIGH:
        return lambda: 1.0
    rng = np.random.default_rng(seed)
    return lambda: float(rng.random())
