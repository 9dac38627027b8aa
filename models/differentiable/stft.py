"""Short-time spectra of many rows of audio, block by block, and the adjoint.

A fresh tensor of some size costs more than the arithmetic on it: its pages have to be mapped, and
what was computed has left the cache when the next step reads it. Frames are therefore transformed
in blocks that stay in the cache, in buffers that live from call to call.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from ..errors import ParameterError

_BLOCK_SAMPLES = 1 << 18  # of windowed frames; with what is computed from them about 5 MB
_BLOCK_SAMPLES_OFF_HOST = 1 << 24  # an accelerator wants few large steps

Block: TypeAlias = tuple[slice, slice]
"""Some rows and some of their frames: an index into arrays of shape ``(row, frame, …)``."""


class Workspace(threading.local):
    """Buffers that keep their memory from call to call, for each thread its own.

    A copy, or one sent to another process, starts empty.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, torch.dtype, torch.device], Tensor] = {}

    def __reduce__(self) -> tuple[type[Workspace], tuple[()]]:
        return Workspace, ()

    def take(self, name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """Return a buffer whose content is left from its last use.

        Args:
            name: Two buffers in use at the same time have different names.
            shape: Of the buffer.
            like: Gives type and device.

        """
        key = (name, like.dtype, like.device)
        size = math.prod(shape)
        buffer = self._buffers.get(key)
        if buffer is None or buffer.numel() < size:
            buffer = self._buffers[key] = torch.empty(size, dtype=like.dtype, device=like.device)
        return buffer[:size].view(shape)


@dataclass(frozen=True, slots=True)
class StftGrid:
    """Where the frames of a short-time spectrum lie, as `torch.stft` places them.

    Attributes:
        fft_size: Even; samples a transform.
        hop: Samples from frame to frame.
        window_length: Samples of the periodic Hann window, in the middle of the frame.
        center: Whether frame ``i`` has its middle at sample ``i · hop``, with the audio reflected
            beyond its ends; otherwise it begins there, and what fills no frame is left out.

    Raises:
        ParameterError: Sizes that do not fit each other.

    """

    fft_size: int
    hop: int
    window_length: int
    center: bool

    def __post_init__(self) -> None:
        if self.fft_size < 2 or self.fft_size % 2:
            raise ParameterError(
                f"an FFT size of {self.fft_size}; it must be even", code="bad_fft_size"
            )
        if self.hop < 1 or not 1 <= self.window_length <= self.fft_size:
            raise ParameterError(
                f"a hop of {self.hop} and a window of {self.window_length} samples do not fit "
                f"an FFT size of {self.fft_size}",
                code="bad_window",
            )

    @property
    def bins(self) -> int:
        """Number of bins, from 0 Hz to half the sample rate."""
        return self.fft_size // 2 + 1

    def frames(self, time: int) -> int:
        """Return the number of frames of ``time`` samples.

        Raises:
            ParameterError: Too few samples for one frame.

        """
        shortest = self.fft_size // 2 + 1 if self.center else self.fft_size
        if time < shortest:
            raise ParameterError(
                f"{time} samples are too few for an FFT size of {self.fft_size}; "
                f"it needs {shortest}",
                code="too_short",
            )
        return 1 + (time if self.center else time - self.fft_size) // self.hop

    def spectra(self, audio: Tensor, workspace: Workspace) -> Iterator[tuple[Block, Tensor]]:
        """Yield the complex spectra of the frames, block by block.

        The phase of a bin is that of the window's first sample.

        Args:
            audio: Shape ``(row, time)``.
            workspace: For buffers.

        Yields:
            A block, and its spectra, shape ``(row, frame, bin)``.

        """
        window = self._window(audio)
        for rows, spans in self._blocks(audio):
            signal = self._reflected(audio[rows], workspace)
            frames = signal[:, self._offset :].unfold(-1, self.window_length, self.hop)
            for span in spans:
                part = frames[:, span]
                windowed = workspace.take("windowed", tuple(part.shape), audio)
                torch.mul(part, window, out=windowed)
                yield (rows, span), torch.fft.rfft(windowed, self.fft_size)

    def add_adjoint(
        self, slope: Callable[[Block], Tensor], gradient: Tensor, workspace: Workspace
    ) -> None:
        """Add the gradient of the audio, given that of the spectra.

        Args:
            slope: Returns half the gradient with respect to the spectra of a block, shape
                ``(row, frame, bin)``: that of the real part, plus ``1j`` times that of the
                imaginary part. It is overwritten.
            gradient: Gradient of the audio, shape ``(row, time)``; changed in place.
            workspace: For buffers.

        """
        parts = torch.split(self._window(gradient), self.hop)
        time = gradient.shape[1]
        margin = self.fft_size // 2 if self.center else 0
        size = (self.frames(time) + len(parts)) * self.hop
        length = max(time + 2 * margin, self._offset + size)
        for rows, spans in self._blocks(gradient):
            target = gradient[rows]
            signal = workspace.take("signal", (len(target), length), gradient).zero_()
            steps = signal[:, self._offset : self._offset + size].view(len(target), -1, self.hop)
            for span in spans:
                half = slope((rows, span))
                # irfft counts every bin but the first and the last for its mirror image too.
                half[..., 0] *= 2.0
                half[..., -1] *= 2.0
                frames = torch.fft.irfft(half, self.fft_size, norm="forward")
                for i, part in enumerate(parts):
                    framed = frames[..., i * self.hop :][..., : len(part)]
                    step = steps[:, span.start + i : span.stop + i, : len(part)]
                    step.addcmul_(framed, part)
            target += signal[:, margin : margin + time]
            if self.center:
                before, after = signal[:, :margin], signal[:, margin + time : 2 * margin + time]
                target[:, 1 : margin + 1] += before.flip(-1)
                target[:, time - margin - 1 : time - 1] += after.flip(-1)

    def _reflected(self, audio: Tensor, workspace: Workspace) -> Tensor:
        """Return the audio with what the frames at its ends see beyond them."""
        if not self.center:
            return audio
        margin, time = self.fft_size // 2, audio.shape[1]
        signal = workspace.take("signal", (len(audio), time + 2 * margin), audio)
        signal[:, margin : margin + time] = audio
        signal[:, :margin] = audio[:, 1 : margin + 1].flip(-1)
        signal[:, margin + time :] = audio[:, time - margin - 1 : time - 1].flip(-1)
        return signal

    @property
    def _offset(self) -> int:
        """Samples of the frame before its window."""
        return (self.fft_size - self.window_length) // 2

    def _window(self, like: Tensor) -> Tensor:
        return torch.hann_window(self.window_length, dtype=like.dtype, device=like.device)

    def _blocks(self, audio: Tensor) -> Iterator[tuple[slice, list[slice]]]:
        """Yield groups of rows, and the spans of frames in which each is worked on."""
        rows, frames = audio.shape[0], self.frames(audio.shape[1])
        limit = _BLOCK_SAMPLES if audio.device.type == "cpu" else _BLOCK_SAMPLES_OFF_HOST
        group = max(1, limit // (frames * self.fft_size))
        step = min(frames, max(1, limit // self.fft_size))
        # Spans of equal size: a short one at the end would cost nearly as much as a full one.
        step = -(-frames // -(-frames // step))
        spans = [slice(a, min(a + step, frames)) for a in range(0, frames, step)]
        for row in range(0, rows, group):
            yield slice(row, min(row + group, rows)), spans
