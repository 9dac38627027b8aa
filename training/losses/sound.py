"""How far a result sounds from its target, example for example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from torch import Tensor

from ...models.differentiable.frames import SpectralFrames
from ...models.distances.measures import (
    crest_factor_distance,
    dynamics_distance,
    energy_ratio_distance,
    level_distance,
    mel_distance,
    spectrum_distance,
    width_distance,
)
from ...models.k_weighting import k_weighting_power
from ...models.mel import frame_hop_samples, mel_edges_hz
from ...models.network.loudness import aligned_frames


@dataclass(frozen=True, slots=True)
class SoundWeights:
    """Weight of each distance; all are in dB.

    Attributes:
        mel: Of mel levels, frame for frame.
        spectrum: Of long-term spectra.
        level: Of K-weighted levels.
        dynamics: Of the bands' level spread.
        crest: Of crest factors.
        width: Of side over mid in each band.
        energy_ratio: Of short- over long-term energy.

    """

    mel: float = 1.0
    spectrum: float = 0.5
    level: float = 0.1
    dynamics: float = 0.2
    crest: float = 0.03
    width: float = 0.1
    energy_ratio: float = 0.1


def sound_distances(
    result: SpectralFrames, target: SpectralFrames, sample_rate: int
) -> dict[str, Tensor]:
    """Return the distances by the names of `SoundWeights`, each of shape ``(batch,)``.

    All but that of levels are measured at the target's loudness.

    Args:
        result: What a chain made.
        target: What it should have made.
        sample_rate: In Hz.

    """
    unaligned = (result.mid, result.side, target.mid, target.side)
    result = aligned_frames(result, target)
    pair = (result.mid, result.side, target.mid, target.side)
    weights = result.mid.new_tensor(k_weighting_power(mel_edges_hz()[1:-1]))
    frame_rate_hz = sample_rate / frame_hop_samples(sample_rate)
    return {
        "mel": mel_distance(*pair),
        "spectrum": spectrum_distance(*pair),
        "level": level_distance(*unaligned, weights),
        "dynamics": dynamics_distance(*pair),
        "crest": crest_factor_distance(
            result.mid, result.side, result.peak, target.mid, target.side, target.peak
        ),
        "width": width_distance(*pair),
        "energy_ratio": energy_ratio_distance(*pair, frame_rate_hz),
    }


def sound_loss(distances: Mapping[str, Tensor], weights: SoundWeights) -> Tensor:
    """Return the weighted sum of distances, shape ``(batch,)``."""
    terms = [weight * distances[name] for name, weight in asdict(weights).items()]
    total: Tensor = sum(terms[1:], start=terms[0])
    return total
