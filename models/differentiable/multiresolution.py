"""Multi-resolution STFT distance, with its backward pass written by hand.

At each resolution ``A`` and ``B`` are the magnitudes of the estimate's and of the target's spectra,
``sqrt(max(re^2 + im^2, smallest_power))``, over all rows, frames and bins:

- spectral convergence, ``||A - B|| / ||B||`` with Frobenius norms, and log magnitude,
  ``mean |ln A - ln B|``: Arik, Jun and Diamos, "Fast spectrogram inversion using multi-head
  convolutional neural networks", IEEE Signal Processing Letters 26(1), 2019;
- linear magnitude, ``mean |A - B|``.

The distance is the mean over resolutions of their weighted sum: Yamamoto, Song and Kim, "Parallel
WaveGAN", ICASSP 2020, with the conventions of ``auraloss.freq.MultiResolutionSTFTLoss`` (Steinmetz
and Reiss, "auraloss: audio-focused loss functions in PyTorch", DMRN+15, 2020).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import ParameterError
from .audio import require_audio
from .magnitudes import MagnitudeDistance, Magnitudes, Weights
from .stft import StftGrid, Workspace


class DistanceTerms(NamedTuple):
    """The distance and what it is made of; a term whose weight is 0 is given as 0.

    Attributes:
        distance: The weighted mean, a scalar; the only one with a gradient.
        convergence: Spectral convergence of each resolution, float64, shape ``(resolution,)``.
        log_magnitude: Mean difference of natural logarithms, float64, shape ``(resolution,)``.
        linear_magnitude: Mean difference of magnitudes, float64, shape ``(resolution,)``.

    """

    distance: Tensor
    convergence: Tensor
    log_magnitude: Tensor
    linear_magnitude: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTarget:
    """What the distance needs of a target, computed once for many steps.

    Attributes:
        shape: Of the target's audio, ``(batch, channel, time)``.
        magnitudes: Of each resolution, a row for each channel of the batch.

    """

    shape: torch.Size
    magnitudes: tuple[Magnitudes, ...]


@dataclass(frozen=True, slots=True)
class MultiResolutionDistance:
    """The distance between short-time spectra at several resolutions.

    Memory, beside the audio, at 50 % overlap and in units of the estimate's: 1 for each resolution
    of a prepared target, 1 for the gradient, and 3 in buffers that the object keeps for the next
    call (for each thread that calls it). With other hops, the magnitudes and the buffers grow as
    the overlap. All is linear in batch, channels and time.

    Attributes:
        fft_sizes: Even; samples.
        hops: Samples from frame to frame; half the FFT size by default.
        window_lengths: Samples of the Hann windows; the FFT size by default.
        center: See `StftGrid`.
        convergence_weight: Of the spectral convergence, which has no bound where the target is
            almost silent.
        log_weight: Of the log magnitude.
        linear_weight: Of the linear magnitude.
        smallest_power: Power of a bin below which it does not matter; positive.

    Raises:
        ParameterError: Sizes that do not fit each other, or a power that is not positive.

    """

    fft_sizes: tuple[int, ...] = (512, 2048, 8192)
    hops: tuple[int, ...] | None = None
    window_lengths: tuple[int, ...] | None = None
    center: bool = True
    convergence_weight: float = 1.0
    log_weight: float = 1.0
    linear_weight: float = 0.0
    smallest_power: float = 1e-8
    _workspace: Workspace = field(
        default_factory=Workspace, init=False, repr=False, compare=False, hash=False
    )

    def __post_init__(self) -> None:
        counts = {len(sizes) for sizes in (self.hops, self.window_lengths) if sizes is not None}
        if not self.fft_sizes or counts - {len(self.fft_sizes)}:
            raise ParameterError(
                "every resolution has one FFT size, one hop and one window length",
                code="bad_resolutions",
            )
        if not self.smallest_power > 0.0:
            raise ParameterError("the smallest power must be positive", code="bad_power")
        self.resolutions()

    def resolutions(self) -> tuple[MagnitudeDistance, ...]:
        """Return the distance at each resolution."""
        hops = self.hops or tuple(size // 2 for size in self.fft_sizes)
        lengths = self.window_lengths or self.fft_sizes
        return tuple(
            MagnitudeDistance(
                StftGrid(size, hop, length, self.center),
                Weights(self.convergence_weight, self.log_weight, self.linear_weight),
                self.smallest_power,
                self._workspace,
            )
            for size, hop, length in zip(self.fft_sizes, hops, lengths, strict=True)
        )

    def prepare(self, target: Tensor) -> PreparedTarget:
        """Compute what is needed of a target.

        Args:
            target: Shape ``(batch, channel, time)``, float32 or float64, without gradient.

        Raises:
            ParameterError: Another shape or type, too short, or in need of a gradient.

        """
        require_audio(target, filled=(0, 1))
        if target.requires_grad:
            raise ParameterError(
                "the target gets no gradient; detach it", code="target_requires_gradient"
            )
        rows = target.flatten(0, 1).contiguous()
        magnitudes = tuple(resolution.prepare(rows) for resolution in self.resolutions())
        return PreparedTarget(target.shape, magnitudes)

    def __call__(self, estimate: Tensor, target: Tensor | PreparedTarget) -> Tensor:
        """Return the distance, a scalar with a gradient for the estimate; see `terms`."""
        return self.terms(estimate, target).distance

    def terms(self, estimate: Tensor, target: Tensor | PreparedTarget) -> DistanceTerms:
        """Return the distance and what it is made of.

        Args:
            estimate: Shape ``(batch, channel, time)``, float32 or float64, any device.
            target: Audio of the same shape, without gradient, or what `prepare` made of it.

        Raises:
            ParameterError: Shapes or types that do not fit, or too short.

        """
        require_audio(estimate, filled=(0, 1))
        prepared = self.prepare(target) if isinstance(target, Tensor) else target
        if estimate.shape != prepared.shape:
            raise ParameterError(
                f"an estimate of shape {tuple(estimate.shape)} beside a target of shape "
                f"{tuple(prepared.shape)}",
                code="bad_shape",
            )
        if estimate.dtype != prepared.magnitudes[0].values.dtype:
            raise ParameterError("estimate and target are of different types", code="bad_type")
        learning = torch.is_grad_enabled() and estimate.requires_grad
        distance, values = _Distance.apply(  # type: ignore[no-untyped-call]
            self.resolutions(), prepared, learning, estimate
        )
        return DistanceTerms(distance, *values)


class _Distance(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        resolutions: tuple[MagnitudeDistance, ...],
        target: PreparedTarget,
        learning: bool,
        estimate: Tensor,
    ) -> tuple[Tensor, Tensor]:
        rows = estimate.detach().flatten(0, 1).contiguous()
        gradient = torch.zeros_like(rows) if learning else None
        found = [
            resolution.terms(rows, magnitudes, gradient)
            for resolution, magnitudes in zip(resolutions, target.magnitudes, strict=True)
        ]
        terms = torch.stack(found, dim=1)
        weights = terms.new_tensor(resolutions[0].weights)
        ctx.resolutions = len(resolutions)
        if gradient is not None:
            ctx.save_for_backward(gradient.view_as(estimate))
        ctx.mark_non_differentiable(terms)
        return (weights @ terms).mean().to(estimate.dtype), terms

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor, _: Tensor) -> tuple[None, None, None, Tensor]:
        (gradient,) = ctx.saved_tensors
        return None, None, None, gradient * (slope / ctx.resolutions)
