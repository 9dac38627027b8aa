"""Audio on its way between programs and into caches: 32-bit float WAV, every sample as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.audio import Samples
from ...data.files.formats import DeliveryFormat
from ...data.files.reader import open_audio
from ...data.files.writer import create_audio
from ...models.errors import ParameterError


def write_float(samples: Samples, sample_rate: int, path: Path) -> None:
    """Write audio, replacing an older file.

    Args:
        samples: Shape ``(2, time)``.
        sample_rate: In Hz.
        path: The file.

    Raises:
        ParameterError: It is not of two channels.
        OutputError: The file cannot be written.

    """
    if samples.ndim != 2 or samples.shape[0] != 2:
        raise ParameterError(
            f"audio of shape {samples.shape} is not stereo; give (2, time)", code="bad_shape"
        )
    form = DeliveryFormat("wav", "32f", sample_rate, 2)
    frames = samples.shape[1]
    with create_audio(path, form, frames=frames, force=True) as writer:
        writer.write(np.ascontiguousarray(samples, np.float32))
        writer.commit()


def read_audio(path: Path) -> Samples:
    """Read a whole file, shape ``(channel, time)``."""
    with open_audio(path) as reader:
        return reader.read(reader.frames)
