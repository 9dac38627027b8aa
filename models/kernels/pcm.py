"""Little-endian integer samples, as WAV holds them: to float32 and from integer codes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .jit import kernel

Bytes: TypeAlias = npt.NDArray[np.uint8]


@kernel
def unpack(raw: Bytes, width: int, samples: npt.NDArray[np.float32]) -> None:
    """Convert interleaved samples to planar float32, exactly.

    Args:
        raw: Shape ``(channel · time · width,)`` or longer.
        width: Bytes a sample: 2 or 3.
        samples: Output, shape ``(channel, time)``, full scale ±1.

    """
    channels, time = samples.shape
    step = channels * width
    for channel in range(channels):
        row = samples[channel]
        part = raw[channel * width :]
        if width == 2:
            for n in range(time):
                i = n * step
                code = part[i] | part[i + 1] << 8
                row[n] = np.float32((code ^ 0x8000) - 0x8000) * np.float32(1.0 / 0x8000)
        else:
            for n in range(time):
                i = n * step
                code = part[i] | part[i + 1] << 8 | part[i + 2] << 16
                row[n] = np.float32((code ^ 0x800000) - 0x800000) * np.float32(1.0 / 0x800000)


@kernel
def pack(codes: npt.NDArray[np.int32], width: int, raw: Bytes) -> bool:
    """Convert planar codes to interleaved bytes; return whether every code fits.

    Args:
        codes: In units of one step, shape ``(channel, time)``.
        width: Bytes a sample: 2 or 3.
        raw: Output, shape ``(channel · time · width,)``.

    """
    channels, time = codes.shape
    step = channels * width
    low, high = 0, 0
    for channel in range(channels):
        row = codes[channel]
        part = raw[channel * width :]
        for n in range(time):
            low, high = min(low, int(row[n])), max(high, int(row[n]))
        for n in range(time):
            code, i = row[n], n * step
            part[i] = np.uint8(code & 255)
            part[i + 1] = np.uint8(code >> 8 & 255)
            if width == 3:
                part[i + 2] = np.uint8(code >> 16 & 255)
    limit = 1 << (8 * width - 1)
    return -limit <= low and high < limit
