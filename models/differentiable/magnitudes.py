"""How far the magnitudes of one resolution are from the target's, and the gradient of that.

With the estimate's spectrum ``S``, its magnitude ``A``, the target's ``B``, ``q = B / A``, ``n``
bins in all, and the weights ``c``, ``l`` and ``m`` of the terms, the gradient of the weighted sum
with respect to a bin is ``S`` times a real number,

    c (1 - q) / (||A - B|| ||B||)  +  sign(1 - q) (l / A + m) / (A n),

or 0 where ``A`` is at its smallest. The norm is known when every frame has been seen: until then
the spectra are kept, in buffers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .stft import Block, StftGrid, Workspace


class Weights(NamedTuple):
    """The factors of the terms: spectral convergence, log magnitude and linear magnitude."""

    convergence: float
    log: float
    linear: float


class Magnitudes(NamedTuple):
    """A target at one resolution.

    Attributes:
        values: Shape ``(row, frame, bin)``.
        norm: Frobenius norm of these, float64, a scalar.

    """

    values: Tensor
    norm: Tensor


class _Kept(NamedTuple):
    """Complex spectra and ``q``, both of shape ``(row, frame, bin)``."""

    spectra: Tensor
    ratios: Tensor


@dataclass(frozen=True, slots=True)
class MagnitudeDistance:
    """The distance at one resolution.

    Attributes:
        grid: The resolution.
        weights: Of the terms; one whose weight is 0 is not computed and counts as 0.
        smallest_power: No bin counts as less.
        workspace: For buffers.

    """

    grid: StftGrid
    weights: Weights
    smallest_power: float
    workspace: Workspace

    def prepare(self, rows: Tensor) -> Magnitudes:
        """Return the magnitudes of a target, shape ``(row, time)``."""
        values = rows.new_empty((len(rows), self.grid.frames(rows.shape[1]), self.grid.bins))
        energy = rows.new_zeros((), dtype=torch.float64)
        for block, spectra in self.grid.spectra(rows, self.workspace):
            power = _power(spectra, self.workspace).clamp_(min=self.smallest_power)
            torch.sqrt(power, out=values[block])
            energy += power.sum()
        return Magnitudes(values, energy.sqrt())

    def terms(self, rows: Tensor, target: Magnitudes, gradient: Tensor | None) -> Tensor:
        """Return the terms, and add the gradient of their weighted sum.

        Args:
            rows: The estimate, shape ``(row, time)``.
            target: What `prepare` made of the target.
            gradient: Of the estimate, shape ``(row, time)``, changed in place; or None.

        Returns:
            Spectral convergence, log and linear magnitude, float64, shape ``(3,)``.

        """
        kept = None
        if gradient is not None:
            shape = tuple(target.values.shape)
            pairs = self.workspace.take("spectra", (*shape, 2), rows)
            kept = _Kept(torch.view_as_complex(pairs), self.workspace.take("ratios", shape, rows))
        sums = self._sums(rows, target, kept)
        difference = sums[0].sqrt()
        if gradient is not None and kept is not None:
            convergence = self.weights.convergence / (difference * target.norm)
            # Its slope where estimate and target are the same is taken to be zero.
            convergence = torch.where(difference > 0.0, convergence, 0.0)
            self._add_gradient(kept, target, convergence, gradient)
        return torch.stack((difference / target.norm, *sums[1:] / target.values.numel()))

    def _sums(self, rows: Tensor, target: Magnitudes, kept: _Kept | None) -> Tensor:
        """Return the sums of ``(A - B)^2``, ``|ln A - ln B|`` and ``|A - B|``, shape ``(3,)``."""
        sums = rows.new_zeros(3, dtype=torch.float64)
        take = self.workspace.take
        for block, spectra in self.grid.spectra(rows, self.workspace):
            wanted, shape = target.values[block], tuple(spectra.shape)
            scratch = take("one", shape, rows)
            power = _power(spectra, self.workspace)
            quiet = None
            if power.amin() < self.smallest_power:
                quiet = power < self.smallest_power
                power.clamp_(min=self.smallest_power)
            ratio = take("three", shape, rows) if kept is None else kept.ratios[block]
            magnitude = power.sqrt_()
            torch.div(wanted, magnitude, out=ratio)
            if self.weights.log:
                sums[1] += _sum_of_logarithms(ratio, scratch)
            difference = magnitude.sub_(wanted).flatten()
            if self.weights.convergence:
                sums[0] += torch.dot(difference, difference)
            if self.weights.linear:
                sums[2] += difference.abs_().sum()
            if kept is not None:
                kept.spectra[block] = spectra
                if quiet is not None:
                    ratio.masked_fill_(quiet, 1.0)  # as if it met the target: no gradient
        return sums

    def _add_gradient(
        self, kept: _Kept, target: Magnitudes, convergence: Tensor, gradient: Tensor
    ) -> None:
        """Add the gradient; ``convergence`` is the factor of ``1 - q``."""
        convergence = (0.5 * convergence).to(gradient.dtype)
        count = 2 * target.values.numel()
        log, linear = self.weights.log / count, self.weights.linear / count
        take = self.workspace.take

        def half(block: Block) -> Tensor:
            ratio = kept.ratios[block]
            shape = tuple(ratio.shape)
            excess = torch.sub(1.0, ratio, out=take("one", shape, ratio))
            inverse = torch.div(ratio, target.values[block], out=take("two", shape, ratio))
            gain = torch.mul(inverse, log, out=take("three", shape, ratio))
            if linear:
                gain += linear
            gain *= inverse
            sign = torch.sign(excess, out=inverse)
            excess.mul_(convergence).addcmul_(gain, sign)
            # Not in place: what is not written back need not leave the cache.
            slope = torch.view_as_complex(take("squares", (*shape, 2), ratio))
            return torch.mul(kept.spectra[block], excess, out=slope)

        self.grid.add_adjoint(half, gradient, self.workspace)


def _power(spectra: Tensor, workspace: Workspace) -> Tensor:
    """Return the powers of complex spectra in a buffer."""
    parts = torch.view_as_real(spectra)
    squares = workspace.take("squares", tuple(parts.shape), parts)
    torch.mul(parts, parts, out=squares)
    power = workspace.take("power", tuple(spectra.shape), parts)
    return torch.add(squares[..., 0], squares[..., 1], out=power)


def _sum_of_logarithms(ratio: Tensor, scratch: Tensor) -> Tensor:
    """Return the sum of ``|ln ratio|``; the logarithm of a product of two costs half."""
    larger = torch.maximum(torch.reciprocal(ratio, out=scratch), ratio, out=scratch).flatten()
    half = len(larger) // 2
    pairs = larger[:half].mul_(larger[half : 2 * half]).log_().sum()
    return pairs + larger[2 * half :].log_().sum()
