"""What happens to a master in an archive: a codec, a shift of a few samples, a breath of gain."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile

from ....data.audio import BLOCK_FRAMES, Samples
from ...frozen import load_configuration
from ..seeds import stream


@dataclass(frozen=True, slots=True)
class Perturbation:
    """All of ``perturbation_v1.yaml``; what each entry means stands there."""

    version: int
    vorbis_quality: tuple[float, float]
    most_shift_samples: int
    most_gain_percent: float


@cache
def perturbation_v1() -> Perturbation:
    """Return the committed amounts."""
    return load_configuration("perturbation_v1", Perturbation)


def perturb(samples: Samples, sample_rate: int, seed: int, identity: str) -> Samples:
    """Send a master through Ogg Vorbis, shift it and change its gain.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        seed: Of the benchmark.
        identity: Of the song.

    Returns:
        Same shape; what a shift moves out at one end is silence at the other.

    """
    prior = perturbation_v1()
    rng = stream(seed, "perturbation_v1", identity)
    level = 1.0 - float(rng.uniform(*prior.vorbis_quality))
    decoded = coded(samples, sample_rate, "OGG", "VORBIS", level)
    shift = int(rng.integers(-prior.most_shift_samples, prior.most_shift_samples + 1))
    gain = 1.0 + 0.01 * rng.uniform(-prior.most_gain_percent, prior.most_gain_percent)
    shifted = np.zeros_like(samples)
    source = decoded[:, max(-shift, 0) : decoded.shape[1] - max(shift, 0)]
    shifted[:, max(shift, 0) : max(shift, 0) + source.shape[1]] = source
    return (shifted * gain).astype(np.float32)


def coded(
    samples: Samples, sample_rate: int, container: str, subtype: str, level: float
) -> Samples:
    """Encode and decode; the length stays.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        container: As libsndfile names it.
        subtype: The codec, as libsndfile names it.
        level: Of compression, 0 (best) to 1 (smallest).

    """
    with io.BytesIO() as memory:
        with soundfile.SoundFile(
            memory,
            "w",
            samplerate=sample_rate,
            channels=samples.shape[0],
            format=container,
            subtype=subtype,
            compression_level=level,
        ) as encoder:
            # libsndfile's encoder overflows its stack when it gets a whole track at once
            for start in range(0, samples.shape[1], BLOCK_FRAMES):
                encoder.write(samples[:, start : start + BLOCK_FRAMES].T)
        memory.seek(0)
        decoded, _ = soundfile.read(memory, dtype="float32", always_2d=True)
    missing = max(samples.shape[1] - len(decoded), 0)
    return np.ascontiguousarray(np.pad(decoded[: samples.shape[1]].T, ((0, 0), (0, missing))))
