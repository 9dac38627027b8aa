"""Other settings of the equalizer that sound almost the same.

Its filters overlap, so a response can be had in several ways: a bell may stand where a shelf could.
Between two such ways lie worse ones, which a descent cannot cross; but in the response alone, which
costs next to nothing, hundreds of descents find them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..models.differentiable.settings import settings_from_normalized
from ..models.processors.equalizer import ResolvedEqualizer
from ..models.settings import PARAMETERS
from ..models.spectrum import CENTERS_HZ

DESCENTS = 96
"""How many settings are tried at once."""

STEPS = 150
LEARNING_RATE = 0.03

EQUALIZER = torch.tensor([block == "equalizer" for block, _ in PARAMETERS])
"""Which places of a normalized tensor are the equalizer's, shape ``(parameters,)``."""


def equalizer_alternatives(
    settings: Tensor, count: int, *, sample_rate: int, weights: Tensor, generator: torch.Generator
) -> Tensor:
    """Find settings whose equalizer has the response of the given one's, by other means.

    Args:
        settings: Normalized, shape ``(parameters,)``.
        count: How many are wanted, at most `DESCENTS`.
        sample_rate: In Hz; decides which filters there are.
        weights: How much the response matters, shape ``(124,)``.
        generator: Of where the descents start.

    Returns:
        Shape ``(count, parameters)``, the closest response first; only the equalizer differs.

    """
    wanted_db = _response_db(settings[None], sample_rate)
    drawn = torch.rand(DESCENTS, len(settings), dtype=settings.dtype, generator=generator)
    moved = torch.where(EQUALIZER, drawn, settings).requires_grad_()
    optimizer = torch.optim.Adam([moved], lr=LEARNING_RATE)

    def errors() -> Tensor:
        difference_db = _response_db(moved, sample_rate) - wanted_db
        return (difference_db.square() * weights).sum(1)

    for _ in range(STEPS):
        optimizer.zero_grad()
        errors().sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            moved.clamp_(0.0, 1.0)
    with torch.no_grad():
        closest = errors().argsort()[:count]
    return torch.where(EQUALIZER, moved.detach()[closest], settings)


def _response_db(settings: Tensor, sample_rate: int) -> Tensor:
    values = settings_from_normalized(settings).settings["equalizer"].values
    response_db: Tensor = ResolvedEqualizer(values).response_db(CENTERS_HZ, sample_rate)
    return response_db
