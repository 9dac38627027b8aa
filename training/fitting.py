"""Fitting the chain to a master by its gradients.

The fit starts from a chain that does nothing: gains, ratios, widths and mixes at their neutral
values. What cannot be heard there, such as the corner of a bell without gain, is drawn anew for
each of several starts, because a bell can only move to where it is needed while it has a gain. All
starts follow the distance of short-time spectra first, which shows the way from afar, and then the
energy of the difference, which leads to the bottom. Many valleys end above it, mostly where two
filters have taken each other's place; so, for some rounds, the best are joined by others whose
equalizer sounds almost the same by other means, and all descend again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.chain import REFERENCE_LUFS
from ..models.differentiable.chain import render_chain
from ..models.differentiable.multiresolution import MultiResolutionDistance
from ..models.differentiable.resolving import SpectrumBatch, batch_spectra, resolve_batch
from ..models.differentiable.settings import (
    batch_settings,
    example_settings,
    normalized_settings,
    settings_from_normalized,
)
from ..models.errors import ParameterError
from ..models.settings import PARAMETERS, ChainSettings, default_settings
from ..models.spectrum import PowerSpectrum
from .alternatives import DESCENTS, equalizer_alternatives

GAIN_SCALE_DB = 10.0
"""The loudness gain moves by this much where a normalized setting moves through its range."""

LEAST_WEIGHT = 0.03
"""A band counts for a response at least by this share of the loudest."""

# corners, times and thresholds: neutral settings leave them open
_SHAPING = torch.tensor([not spec.scaled and block != "limiter" for block, spec in PARAMETERS])
_HIGH_PASS = next(i for i, (_, s) in enumerate(PARAMETERS) if s.key == "high_pass_frequency_hz")

Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Excerpts of a mix, and of the master that was made of it.

    Attributes:
        mix: Shape ``(excerpt, 2, time)``, float32 or float64.
        master: Same shape and type, aligned with the mix.
        sample_rate: In Hz.
        warm_up_samples: At the start of each excerpt, rendered but not compared, because the master
            knows what came before; 0 where the song starts with the excerpt.
        spectrum: Of the whole mix at -18 LUFS.
        normalization_db: Gain that brings the mix to -18 LUFS.
        master_lufs: Loudness of the whole master.

    """

    mix: Tensor
    master: Tensor
    sample_rate: int
    warm_up_samples: int
    spectrum: PowerSpectrum
    normalization_db: float
    master_lufs: float


@dataclass(frozen=True, slots=True)
class FitSchedule:
    """How long a fit takes.

    Attributes:
        candidates: How many points descend side by side.
        survivors: How many of them are kept after each round.
        spectral_steps: Steps that follow the distance of spectra.
        rounds: How often all follow the difference; from the second on with new equalizers.
        round_steps: Steps of each round.
        fine_steps: Steps of the survivors at the end.
        seed: Of what is drawn.

    """

    candidates: int = 6
    survivors: int = 2
    spectral_steps: int = 60
    rounds: int = 3
    round_steps: int = 60
    fine_steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.spectral_steps, self.rounds, self.round_steps, self.fine_steps)
        if min(counts) < 1 or not 1 <= self.survivors <= self.candidates <= DESCENTS:
            raise ParameterError(
                f"a fit takes at least one step of each kind, and 1 to {DESCENTS} candidates of "
                "which some survive",
                code="bad_schedule",
            )


@dataclass(frozen=True, slots=True)
class ChainFit:
    """What was found.

    Attributes:
        settings: Every block engaged.
        gain_db: Loudness gain before the limiter.
        null_db: Energy of the difference over that of the master, in the excerpts.

    """

    settings: ChainSettings
    gain_db: float
    null_db: float


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Points of the search: normalized settings ``(start, parameters)`` and gains ``(start,)``."""

    settings: Tensor
    gains: Tensor

    def best(self, losses: Tensor, count: int) -> _Candidates:
        chosen = losses.argsort()[:count]
        return _Candidates(self.settings[chosen], self.gains[chosen])


def fit_chain(
    pair: Pair, schedule: FitSchedule | None = None, progress: Progress | None = None
) -> ChainFit:
    """Find settings that turn a mix into its master.

    Args:
        pair: Excerpts that show what the chain does, 2 s or more in all; time and memory grow
            linearly with them.
        schedule: See `FitSchedule`.
        progress: Told after each step how many are done, and the least that any candidate has
            reached since the stage began: of the distance of spectra first, then of the null in dB.

    Returns:
        The best point met. The same arguments give the same fit on the same machine.

    Raises:
        ParameterError: Mix and master differ in shape or type, or the master is silent, or an
            excerpt is too short for the spectra after its warm-up.

    """
    _check(pair)
    schedule = schedule or FitSchedule()
    generator = torch.Generator().manual_seed(schedule.seed)
    search = _Search(pair, progress)
    found = _starts(pair, schedule.candidates, generator)
    found, _ = search.follow(found, schedule.spectral_steps, (0.03, 0.009), search.spectral)
    for number in range(schedule.rounds):
        if number > 0:
            found = search.joined(found, schedule.candidates, generator)
        found, nulls = search.follow(found, schedule.round_steps, (0.02, 0.005), search.null)
        found = found.best(nulls, schedule.survivors)
    found, nulls = search.follow(found, schedule.fine_steps, (0.01, 0.0002), search.null)
    found = found.best(nulls, 1)
    batch = settings_from_normalized(found.settings)
    gain_db = GAIN_SCALE_DB * float(found.gains[0])
    return ChainFit(example_settings(batch, 0), gain_db, float(nulls.min()))


class _Search:
    """Descends by gradients, all candidates side by side."""

    def __init__(self, pair: Pair, progress: Progress | None) -> None:
        self._pair = pair
        self._progress = progress
        self._steps = 0
        self._spectra = batch_spectra([pair.spectrum])
        self._target = pair.master[..., pair.warm_up_samples :].contiguous()
        self._energy = self._target.double().square().sum()
        self._distance = MultiResolutionDistance()
        self._prepared = self._distance.prepare(self._target)

    def follow(
        self,
        start: _Candidates,
        steps: int,
        rates: tuple[float, float],
        measure: Callable[[Tensor], Tensor],
    ) -> tuple[_Candidates, Tensor]:
        """Take projected Adam steps at a falling rate.

        Returns:
            The best point that each candidate met, and what it measured there, ``(start,)``.

        """
        settings = start.settings.clone().requires_grad_()
        gains = start.gains.clone().requires_grad_()
        optimizer = torch.optim.Adam([settings, gains], betas=(0.9, 0.98))
        best, lowest = start, torch.full_like(start.gains, math.inf)
        for step in range(steps):
            fall = 0.5 * (1.0 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rates[1] + (rates[0] - rates[1]) * fall
            losses = torch.stack([measure(one) for one in self._render(settings, gains)])
            better = losses.detach() < lowest
            lowest = torch.where(better, losses.detach().to(lowest.dtype), lowest)
            best = _Candidates(
                torch.where(better[:, None], settings.detach(), best.settings),
                torch.where(better, gains.detach(), best.gains),
            )
            optimizer.zero_grad()
            losses.sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            with torch.no_grad():
                settings.clamp_(0.0, 1.0)
            self._steps += 1
            if self._progress is not None:
                self._progress(self._steps, float(lowest.min()))
        return best, lowest

    def joined(self, found: _Candidates, count: int, generator: torch.Generator) -> _Candidates:
        """Fill up to ``count`` with what has almost the response of the best by other means."""
        power = self._spectra.total[0]
        weights = power.clamp_min(LEAST_WEIGHT * float(power.max()))
        others = equalizer_alternatives(
            found.settings[0],
            count - len(found.gains),
            sample_rate=self._pair.sample_rate,
            weights=weights / weights.sum(),
            generator=generator,
        )
        gains = torch.cat((found.gains, found.gains[:1].expand(len(others))))
        return _Candidates(torch.cat((found.settings, others)), gains)

    def spectral(self, audio: Tensor) -> Tensor:
        """Return the distance of short-time spectra to the master's."""
        return self._distance(audio, self._prepared)

    def null(self, audio: Tensor) -> Tensor:
        """Return the energy of the difference over that of the master, in dB."""
        difference = (audio - self._target).double().square().sum()
        return 10.0 * torch.log10(difference / self._energy)

    def _render(self, settings: Tensor, gains: Tensor) -> Tensor:
        excerpts = len(self._pair.mix)
        settings, gains = (each.repeat_interleave(excerpts, 0) for each in (settings, gains))
        count, spectra = len(gains), self._spectra
        resolved = resolve_batch(
            settings_from_normalized(settings),
            SpectrumBatch(spectra.mid.expand(count, -1), spectra.side.expand(count, -1)),
            sample_rate=self._pair.sample_rate,
            normalization_db=self._pair.normalization_db,
            gain_db=GAIN_SCALE_DB * gains,
        )
        mixes = self._pair.mix.repeat(count // excerpts, 1, 1)
        rendered = render_chain(mixes, resolved, sample_rate=self._pair.sample_rate)
        compared = rendered[..., self._pair.warm_up_samples :]
        return compared.reshape(-1, excerpts, *compared.shape[1:])


def _starts(pair: Pair, count: int, generator: torch.Generator) -> _Candidates:
    """Return neutral settings; what is not heard in them differs from start to start."""
    neutral = normalized_settings(batch_settings([default_settings()]))
    drawn = torch.rand(count, len(PARAMETERS), dtype=neutral.dtype, generator=generator)
    settings = torch.where(_SHAPING, 0.1 + 0.8 * drawn, neutral)
    settings[:, _HIGH_PASS] = drawn[:, _HIGH_PASS] / 3.0  # not heard in this part of its range
    settings[0, _SHAPING] = neutral[0, _SHAPING]
    gain = (pair.master_lufs - REFERENCE_LUFS) / GAIN_SCALE_DB
    return _Candidates(settings, torch.full((count,), gain, dtype=neutral.dtype))


def _check(pair: Pair) -> None:
    mix, master = pair.mix, pair.master
    if mix.ndim != 3 or mix.shape[1] != 2 or mix.shape != master.shape or mix.dtype != master.dtype:
        raise ParameterError(
            f"mix and master must both be (excerpt, 2, time), and are {tuple(mix.shape)} "
            f"{mix.dtype} and {tuple(master.shape)} {master.dtype}",
            code="bad_shape",
        )
    if not 0 <= pair.warm_up_samples < mix.shape[2]:
        raise ParameterError(
            f"a warm-up of {pair.warm_up_samples} samples leaves nothing of {mix.shape[2]}",
            code="bad_warm_up",
        )
    if not bool((master[..., pair.warm_up_samples :] != 0.0).any()):
        raise ParameterError("the master is silent where it is compared", code="silent")
