"""The phase of crossovers, which is not that of a delay.

A multiband compressor that does nothing is an all-pass: behind each Linkwitz-Riley crossover of
fourth order stands one of second order with ``Q = 1 / √2``. Its phase moves the peak of a
correlation by several samples and turns its sign, though the earliest sound passes without delay.
A few of them, a delay and a polarity are fitted to what is left of a path's phase once its
minimum-phase equalizer is taken out: corner by corner on a grid, then finely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Spectrum: TypeAlias = npt.NDArray[np.complex128]

PURE = 0.93
"""Where so much of the phase is that of a delay, there are no crossovers."""

_LOWEST_HZ = 120.0
_POINTS = 140  # that the spectrum is gathered in, evenly on a logarithmic axis
_CORNERS_HZ = np.geomspace(50.0, 12_000.0, 36)
_MOST_SECTIONS = 4
_PRICE = 5e-4  # of agreement: what a section has to bring
# places in _CORNERS_HZ
_STARTS = ((), (10, 16), (10, 20, 26, 28), (16, 26, 28), (8, 18, 29, 29), (24, 26, 29, 31))
_DELAYS = np.arange(-56, 57) / 4.0  # in samples
_MOST_ROUNDS = 6
_FINE_ROUNDS = 8
_SETTLED = 1e-4
_GAIN = 0.03  # that fitting has to bring


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """What is left of a path's phase, at a few frequencies, as weights with that angle."""

    hz: Array
    turned: Spectrum
    sample_rate: int
    design_rate: int

    def agreement(self, sections: Spectrum, delays: Array) -> Array:
        """Return how well each row of sections fits with each delay, from -1 to 1."""
        ahead = np.exp(2j * np.pi * np.outer(self.hz, delays / self.sample_rate))
        fitted: Array = ((self.turned * sections) @ ahead).real
        return fitted

    def undone(self, corners_hz: npt.ArrayLike) -> Spectrum:
        """Return what takes sections out, shape ``(corner, frequency)``."""
        corners = np.asarray(corners_hz, np.float64).reshape(-1, 1)
        undone: Spectrum = np.exp(-1j * section_phase(self.hz, corners, self.design_rate))
        return undone


@dataclass(slots=True)
class _Fit:
    agreement: float
    delay: float
    corners_hz: list[float]


def all_pass_phase(
    phase: Array, weight: Array, sample_rate: int, design_rate: int
) -> tuple[Array, int]:
    """Return the phase of the crossovers in a path.

    Args:
        phase: Of the path in radians without that of its equalizer, shape ``(bin,)``, from 0 Hz to
            half the sample rate.
        weight: What each bin counts, same shape.
        sample_rate: In Hz.
        design_rate: At which the crossovers ran, as bilinear filters.

    Returns:
        The phase, same shape, and the polarity of what is left, 1 or -1; zeros and 0 where there
        are no crossovers to be found.

    """
    hz = np.linspace(0.0, 0.5 * sample_rate, len(phase))
    path = _gathered(hz, phase, weight, sample_rate, design_rate)
    none: Array = np.zeros(len(hz))
    if path is None:
        return none, 0
    pure = float(np.abs(path.agreement(np.ones((1, len(path.hz)), np.complex128), _DELAYS)).max())
    if pure >= PURE:
        return none, 0
    fits = {sign: _fitted(path, sign) for sign in (1, -1)}
    best = max(fits, key=lambda sign: fits[sign].agreement)
    if fits[best].agreement < pure + _GAIN:
        return none, 0
    corners = np.array(fits[best].corners_hz).reshape(-1, 1)
    total: Array = section_phase(hz, corners, design_rate).sum(axis=0)
    return total, best


def section_phase(hz: Array, corner_hz: Array, design_rate: int) -> Array:
    """Return the phase in radians of all-passes of second order, shape ``(corner, frequency)``."""
    held = np.minimum(hz, 0.499 * design_rate)
    ratio = np.tan(np.pi * held / design_rate) / np.tan(np.pi * corner_hz / design_rate)
    phase: Array = -2.0 * np.arctan2(np.sqrt(2.0) * ratio, 1.0 - ratio**2)
    return phase


def _gathered(
    hz: Array, phase: Array, weight: Array, sample_rate: int, design_rate: int
) -> _Path | None:
    used = (hz >= _LOWEST_HZ) & (weight > 0.0)
    if not used.any():
        return None
    edges = np.geomspace(_LOWEST_HZ, hz[used].max() * 1.0001, _POINTS)
    place = np.digitize(hz[used], edges)
    turned = weight[used] * np.exp(1j * phase[used])
    sums = [
        np.bincount(place, each, _POINTS + 1)
        for each in (weight[used], weight[used] * hz[used], turned.real, turned.imag)
    ]
    total, weighted_hz, real, imaginary = (each[sums[0] > 0.0] for each in sums)
    # bands count alike, however few bins they have, but for those that hardly say anything
    counted = np.minimum(1.0, total / np.median(total)) / total
    return _Path(
        weighted_hz / total,
        (counted / float((counted * total).sum())).astype(np.complex128) * (real + 1j * imaginary),
        sample_rate,
        design_rate,
    )


def _fitted(path: _Path, sign: int) -> _Fit:
    """Return the best sections for a polarity: few that fit well before many that fit better."""
    found = []
    for sections in range(1, _MOST_SECTIONS + 1):
        fit = _searched(path, sign, sections)
        _refine(path, sign, fit)
        fit.agreement -= _PRICE * sections
        found.append(fit)
    return max(found, key=lambda each: each.agreement)


def _searched(path: _Path, sign: int, sections: int) -> _Fit:
    """Return the best of so many sections on the grid of corners."""
    grid = np.concatenate((path.undone(_CORNERS_HZ), np.ones((1, len(path.hz)))))
    none = len(_CORNERS_HZ)
    found = []
    for start in _STARTS:
        if len(start) > sections:
            continue
        places = [*start, *[none] * (sections - len(start))]
        best, delay = -np.inf, 0.0
        for _ in range(_MOST_ROUNDS):
            before = best
            for slot in range(sections):
                others = np.prod(grid[places[:slot] + places[slot + 1 :]], axis=0)
                fitted = sign * path.agreement(grid * others, _DELAYS)
                row, column = np.unravel_index(int(np.argmax(fitted)), fitted.shape)
                places[slot], delay = int(row), float(_DELAYS[column])
                best = float(fitted[row, column])
            if best - before < _SETTLED:
                break
        corners = [float(_CORNERS_HZ[place]) for place in places if place < none]
        found.append(_Fit(best, delay, corners))
    return max(found, key=lambda fit: fit.agreement)


def _refine(path: _Path, sign: int, fit: _Fit) -> None:
    """Move corners and delay by ever smaller steps as long as they fit better."""
    octaves, delay_step = float(np.log(_CORNERS_HZ[1] / _CORNERS_HZ[0])) / 4.0, 0.125
    steps = np.arange(-2, 3)
    for _ in range(_FINE_ROUNDS):
        before = fit.agreement
        delays: Array = fit.delay + delay_step * np.arange(-2.0, 3.0)
        for slot in range(len(fit.corners_hz)):
            near = fit.corners_hz[slot] * np.exp(octaves * steps)
            others = np.prod(
                path.undone(fit.corners_hz[:slot] + fit.corners_hz[slot + 1 :]), axis=0
            )
            fitted = sign * path.agreement(path.undone(near) * others, delays)
            row, column = np.unravel_index(int(np.argmax(fitted)), fitted.shape)
            if fitted[row, column] > fit.agreement:
                fit.corners_hz[slot], fit.delay = float(near[row]), float(delays[column])
                fit.agreement = float(fitted[row, column])
        if fit.agreement - before < 0.2 * _SETTLED:
            octaves, delay_step = 0.5 * octaves, 0.5 * delay_step
