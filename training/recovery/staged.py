"""The chain on excerpts of a mix, stage by stage: what changes late is not rendered from the start.

A descent asks for the same excerpts with one parameter moved, dozens of times over. What each stage
gave is kept, so that a parameter of the limiter costs a limiter and not a chain. The stages are the
engine's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.audio import Samples
from ...inference.engine.dynamics import DeesserStage, MultibandCompressorStage
from ...inference.engine.limiter import LimiterStage
from ...inference.engine.linear import EqualizerStage, ImagerStage
from ...inference.engine.saturator import SaturatorStage
from ...inference.engine.stage import Stage
from ...models.chain import ResolvedChain, measure_anchors, resolve
from ...models.decibel import decibel_to_amplitude
from ...models.processors.limiter import ResolvedLimiter
from ...models.rates import hop_samples
from ...models.spectrum import PowerSpectrum
from .vector import ORDER, Array, gain_of, settings_of

Block: TypeAlias = npt.NDArray[np.float64]

_TAIL_S = 0.02  # a limiter looks ahead: what follows an excerpt is rendered, and not compared


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """Excerpts after the chain.

    Attributes:
        compared: What is compared of each excerpt: without warm-up and tail, shape ``(2, time)``.
        stages: What each block of `ORDER` gave, for each excerpt.

    """

    compared: tuple[Block, ...]
    stages: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """Which excerpts are rendered, and what of them is compared; in whole hops.

    Attributes:
        starts: First sample that is compared in each.
        length: Samples that are compared.
        warm_up: Samples before, over which ballistics forget that there was silence.

    """

    starts: tuple[int, ...]
    length: int
    warm_up: int

    def of(self, samples: Samples, margin: int = 0) -> tuple[Block, ...]:
        """Return what is compared of another track, with a margin; silence surrounds the track."""
        parts = []
        for start in self.starts:
            first, end = start - margin, start + self.length + margin
            part = samples[:, max(first, 0) : end].astype(np.float64)
            before = max(-first, 0)
            after = end - first - part.shape[1] - before
            parts.append(np.pad(part, ((0, 0), (before, after))))
        return tuple(parts)


def cut_at(seconds: Sequence[float], length_s: float, warm_up_s: float, sample_rate: int) -> Cut:
    """Return excerpts by their places in seconds; the first may start at 0, without a warm-up."""
    hop = hop_samples(sample_rate)

    def whole(time_s: float) -> int:
        return int(time_s * sample_rate) // hop * hop

    return Cut(tuple(whole(each) for each in seconds), max(whole(length_s), hop), whole(warm_up_s))


class StagedChain:
    """Renders excerpts of one mix.

    Args:
        mix: Shape ``(2, time)``.
        sample_rate: In Hz.
        spectrum: Of the whole mix at -18 LUFS.
        normalization_db: Gain that brings the mix to -18 LUFS.
        cut: The excerpts.

    """

    def __init__(
        self,
        mix: Samples,
        sample_rate: int,
        spectrum: PowerSpectrum,
        normalization_db: float,
        cut: Cut,
    ) -> None:
        self.sample_rate = sample_rate
        self.cut = cut
        self._spectrum = spectrum
        self._normalization_db = normalization_db
        hop = hop_samples(sample_rate)
        tail = -(-int(_TAIL_S * sample_rate) // hop) * hop
        self._excerpts = []
        self._skipped = []
        for start in cut.starts:
            first = max(start - cut.warm_up, 0)
            part = mix[:, first : start + cut.length + tail].astype(np.float64)
            missing = start - first + cut.length + tail - part.shape[1]
            part = np.pad(part, ((0, 0), (0, missing))) * decibel_to_amplitude(normalization_db)
            self._excerpts.append(np.ascontiguousarray(part))
            self._skipped.append(start - first)

    def resolve(self, vector: Array, engaged: Collection[str]) -> ResolvedChain:
        """Return the chain of a vector, as the engine runs it."""
        settings = settings_of(vector, engaged)
        anchors = measure_anchors(settings, self._spectrum, sample_rate=self.sample_rate)
        return resolve(
            settings,
            anchors,
            normalization_db=self._normalization_db,
            gain_db=gain_of(vector),
        )

    def render(
        self,
        vector: Array,
        engaged: Collection[str],
        earlier: Rendered | None = None,
        first: int = 0,
    ) -> Rendered:
        """Render the excerpts.

        Args:
            vector: Settings and gain.
            engaged: Blocks that are not bypassed.
            earlier: A rendering that is the same before block ``first`` of `ORDER`.
            first: The first block that is rendered anew.

        """
        chain = self.resolve(vector, engaged)
        stages, compared = [], []
        for number, excerpt in enumerate(self._excerpts):
            outputs = [] if earlier is None else list(earlier.stages[number][:first])
            audio = outputs[-1] if outputs else excerpt
            for name in ORDER[len(outputs) :]:
                audio = self._pass(name, chain, audio)
                outputs.append(audio)
            stages.append(tuple(outputs))
            skipped = self._skipped[number]
            compared.append(audio[:, skipped : skipped + self.cut.length])
        return Rendered(tuple(compared), tuple(stages))

    def _pass(self, name: str, chain: ResolvedChain, audio: Block) -> Block:
        if getattr(chain, name) is None and name != "limiter":
            return audio
        if name == "limiter":
            audio = audio * decibel_to_amplitude(chain.gain_db)
            if chain.limiter is None:
                return audio
        stage = new_stage(name, self.sample_rate, chain.limiter)
        stage.configure(chain)
        if stage.latency:
            audio = np.pad(audio, ((0, 0), (0, stage.latency)))
        return np.ascontiguousarray(stage.process(audio)[:, stage.latency :])


def new_stage(name: str, sample_rate: int, limiter: ResolvedLimiter | None) -> Stage:
    """Return a block's stage of the engine, for two channels, with nothing in its memory."""
    if name == "imager":
        return ImagerStage(sample_rate, 2)
    if name == "limiter" and limiter is not None:
        return LimiterStage(limiter, sample_rate)
    simple: dict[str, Callable[[int], Stage]] = {
        "equalizer": EqualizerStage,
        "deesser": DeesserStage,
        "multiband_compressor": MultibandCompressorStage,
        "saturator": SaturatorStage,
    }
    return simple[name](sample_rate)
