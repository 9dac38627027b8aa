"""Computations that are run forward and backward, what they work on, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from glassmaster.data.analysis import Analyzer
from glassmaster.data.synthetic import compose
from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.rates import hop_samples
from glassmaster.models.spectrum import PowerSpectrum

RATE = 44_100


@dataclass(frozen=True, slots=True)
class Step:
    """A computation with gradients.

    Attributes:
        leaves: Tensors that gradients are taken of.
        forward: Computes an output of any shape from them.

    """

    leaves: tuple[Tensor, ...]
    forward: Callable[[], Tensor]


@dataclass(frozen=True, slots=True)
class Timing:
    """Processor time of one run of a step, all threads.

    Attributes:
        forward_s: Of the output.
        backward_s: Of all gradients.

    """

    forward_s: float
    backward_s: float

    @property
    def step_s(self) -> float:
        """Both together."""
        return self.forward_s + self.backward_s


@dataclass(frozen=True, slots=True)
class Workload:
    """What every step of a run works on.

    Attributes:
        audio: Excerpts of a song at -18 LUFS, shape ``(batch, 2, time)``, float32, whole hops.
        target: Same shape, for losses.
        spectrum: Of the song at -18 LUFS.
        sample_rate: In Hz.

    """

    audio: Tensor
    target: Tensor
    spectrum: PowerSpectrum
    sample_rate: int

    @property
    def batch(self) -> int:
        """Number of examples."""
        return self.audio.shape[0]

    @property
    def frames(self) -> int:
        """Number of stereo frames in the batch."""
        return self.batch * self.audio.shape[2]

    def leaf(self, gain_db: float = 0.0) -> Tensor:
        """Return the audio as a tensor that a gradient is taken of."""
        if gain_db == 0.0:
            return self.audio.detach().requires_grad_()
        return (self.audio * decibel_to_amplitude(gain_db)).requires_grad_()


def time_step(step: Step) -> Timing:
    """Run a step once; the gradient of its output is the output itself."""
    for leaf in step.leaves:
        leaf.grad = None
    started = time.process_time()
    output = step.forward()
    forward_s = time.process_time() - started
    gradient = output.detach()
    started = time.process_time()
    torch.autograd.backward(output, gradient)
    return Timing(forward_s, time.process_time() - started)


def song_workload(song: Path | None, batch: int, seconds: float) -> Workload:
    """Cut excerpts from a song, one after the other, from the start again after its end.

    Args:
        song: A file; a song is synthesized where there is none.
        batch: Number of excerpts.
        seconds: Length of each.

    """
    if song is None:
        audio = compose(1, style="rock", duration_s=60.0, sample_rate=RATE).mix
        return _workload(audio.samples, audio.sample_rate, batch, seconds)
    samples, rate = soundfile.read(song, dtype="float32", always_2d=True)
    return _workload(samples.T, rate, batch, seconds)


def noise_workload(batch: int, seconds: float) -> Workload:
    """Return excerpts of noise."""
    shape = (2, batch * round(seconds * RATE))
    samples = np.random.default_rng(0).standard_normal(shape, np.float32)
    return _workload(0.1 * samples, RATE, batch, seconds)


def _workload(
    samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    rate: int,
    batch: int,
    seconds: float,
) -> Workload:
    hop = hop_samples(rate)
    wanted = batch * (round(seconds * rate) // hop * hop)
    copies = -(-wanted // samples.shape[1])
    excerpts = np.tile(np.broadcast_to(samples, (2, samples.shape[1])), copies)[:, :wanted]
    analyzer = Analyzer(rate, 2)
    analyzer.feed(excerpts)
    analysis = analyzer.result()
    loudness_lufs = analysis.loudness.integrated_lufs
    gain_db = 0.0 if loudness_lufs is None else REFERENCE_LUFS - loudness_lufs
    rows = excerpts.reshape(2, batch, -1).transpose(1, 0, 2)
    audio = torch.from_numpy(np.ascontiguousarray(rows)) * decibel_to_amplitude(gain_db)
    target = 0.9 * audio + 1e-3 * torch.randn_like(audio)
    return Workload(audio, target, analysis.spectrum.scaled(gain_db), rate)
