"""The surprise at known quantities under a Gaussian with a low-rank covariance."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def gaussian_surprise(error: Tensor, log_sigma: Tensor, factor: Tensor, counted: Tensor) -> Tensor:
    """Return the negative log-likelihood of the errors that count, a quantity, in nats.

    The covariance is ``Σ = diag(σ²) + F Fᵀ``; that of a subset of quantities is its part of this,
    and so is its inverse by the Woodbury identity and its determinant by the matrix determinant
    lemma, both of the size of the rank.

    Args:
        error: Known minus expected, shape ``(batch, quantity)``; anything where it does not count.
        log_sigma: Natural logarithm of each standard deviation, same shape.
        factor: ``F``, shape ``(batch, quantity, rank)``.
        counted: Which count, boolean, shape ``(batch, quantity)``.

    Returns:
        Divided by the number that counts, 0 where none does, shape ``(batch,)``.

    """
    zero = torch.zeros_like(error)
    scaled = torch.where(counted, error * torch.exp(-log_sigma), zero)
    common = factor * torch.exp(-log_sigma)[..., None] * counted[..., None]
    inner = common.mT @ common + torch.eye(factor.shape[-1], dtype=error.dtype, device=error.device)
    root = torch.linalg.cholesky(inner)
    projected = common.mT @ scaled[..., None]
    solved = torch.linalg.solve_triangular(root, projected, upper=False)[..., 0]
    squares = scaled.square().sum(1) - solved.square().sum(1)
    determinant = 2.0 * torch.where(counted, log_sigma, zero).sum(1)
    determinant = determinant + 2.0 * root.diagonal(dim1=1, dim2=2).log().sum(1)
    count = counted.sum(1)
    total = 0.5 * (squares + determinant + math.log(2.0 * math.pi) * count)
    surprise: Tensor = total / count.clamp(min=1)
    return surprise
