"""A mix and its master, explained: settings, what they do, how sure that is, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...data.alignment.alignment import Alignment
from ...data.alignment.warping import aligned_pair
from ...data.analysis import Analysis
from ...data.audio import Samples
from ...data.features.frames import MelFrames, mel_frames
from ...data.findings import Finding
from ...data.metering.spectrum import SpectrumMeter
from ...inference.effects import Effects
from ...inference.learned.loading import choose_predictor
from ...inference.predictor import Interval
from ...inference.reading import analyze_file
from ...inference.step import Step
from ...models.distances.measures import mel_distance
from ...models.moves import RESPONSE_HZ, RESPONSE_THIRDS
from ...models.spectrum import third_octaves
from ..single_thread import single_threaded
from .beginning import PairAudio, measure_pair, shifted
from .certainty import effects_with_intervals
from .recovering import Recovered, recover
from .search import MADE_BY_CHAIN_DB
from .vector import Array

EXACT_DB = -60.0
"""A null below is that of the same processing, but for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What explains a master.

    Attributes:
        mix: File of the mix.
        master: File of the master.
        before: Analysis of the whole mix.
        after: Analysis of the master's part that was compared.
        alignment: Where the master lies in the mix.
        recovered: Settings, and what is left.
        effects: What they do to the part that was compared.
        intervals: 90 % intervals of effective quantities and knobs.
        mel_db: Mel distance between what the settings make and the master, loudness aligned.
        unchanged_mel_db: That between the mix and the master.
        rest_db: What is left in third octaves at `RESPONSE_HZ`, relative to the master there,
            shape ``(27,)``.
        findings: What is odd about the files.

    """

    mix: Path
    master: Path
    before: Analysis
    after: Analysis
    alignment: Alignment
    recovered: Recovered
    effects: Effects
    intervals: Mapping[str, Interval]
    mel_db: float
    unchanged_mel_db: float
    rest_db: Array
    findings: tuple[Finding, ...]

    @property
    def explained_share(self) -> float:
        """Part of the audible difference from the unchanged mix that is explained, 1 for all."""
        return explained_share(self.mel_db, self.unchanged_mel_db)


def explained_share(mel_db: float, unchanged_mel_db: float) -> float:
    """Return the part of an audible difference that is explained, 1 for all.

    Args:
        mel_db: Mel distance of what settings make from the master.
        unchanged_mel_db: That of the mix.

    """
    return 1.0 if unchanged_mel_db <= 0.0 else 1.0 - mel_db / unchanged_mel_db


def explain(mix: Path, master: Path, step: Step, alignment: Alignment | None = None) -> Explanation:
    """Align a master with its mix, and find the settings that explain it.

    Args:
        mix: File of the mix.
        master: File of the master.
        step: Told the progress.
        alignment: How they lie, where it is known.

    Returns:
        The same for the same arguments, on the same machine and in whatever process.

    Raises:
        CatalogueError: They are not the same performance, or have no loudness.
        AudioFileError: A file cannot be read.
        UnsupportedAudioError: A file cannot be analyzed.

    """
    with single_threaded():
        return _explained(mix, master, step, alignment)


def cannot_express(explanation: Explanation) -> tuple[str, ...]:
    """Say in plain sentences what the chain cannot make of this master."""
    recovered, null_db = explanation.recovered, explanation.recovered.null_db
    if not recovered.engaged and null_db <= EXACT_DB:
        gain_db = recovered.measured.normalization_db + recovered.gain_db
        way = "louder" if gain_db >= 0.0 else "quieter"
        return (f"Nothing was done: the master is the mix, {abs(gain_db):.1f} dB {way}.",)
    share = f"{100.0 * explanation.explained_share:.0f} %"
    if null_db <= EXACT_DB:
        return ("Nothing: the chain makes this master, but for rounding.",)
    told = []
    if null_db > MADE_BY_CHAIN_DB:
        told.append(
            "This master was not made by this chain, or not by it alone: the waveforms do not "
            f"cancel ({null_db:.0f} dB are left). Settings tell what comes nearest, "
            f"{share} of the audible difference from the mix."
        )
    else:
        told.append(
            f"A trace of {null_db:.0f} dB relative to the master is left; {share} of the audible "
            "difference from the mix is explained."
        )
    if recovered.by_levels:
        told.append(
            "Its phase is another one, as that of other filters or crossovers; levels were "
            "followed instead."
        )
    most = int(np.argmax(explanation.rest_db))
    told.append(
        f"Most is left around {RESPONSE_HZ[most]:.0f} Hz, where the rest lies "
        f"{-explanation.rest_db[most]:.0f} dB under the master."
    )
    worst = int(np.argmax(recovered.rest))
    total = float(recovered.rest.sum())
    if total > 0.0 and recovered.rest[worst] > 4.0 * total / len(recovered.rest):
        told.append(
            f"The second from {worst} s on holds {100.0 * recovered.rest[worst] / total:.0f} % of "
            "what is left."
        )
    return tuple(told)


def _explained(mix: Path, master: Path, step: Step, known: Alignment | None) -> Explanation:
    before, reader = analyze_file(mix, step)
    _, master_reader = analyze_file(master, step)
    step("aligning", 0.0)
    aligned = aligned_pair(mix, master, known)
    alignment = aligned.alignment
    one_clock = alignment.mix_rate == alignment.master_rate and alignment.drift_ppm == 0.0
    pair = PairAudio(aligned.mix, aligned.master, aligned.sample_rate, one_clock)
    measured = measure_pair(pair, before)
    predicted = choose_predictor(None)[0].predict(before)
    recovered = recover(pair, measured, step, (predicted.settings,))
    effects, intervals = effects_with_intervals(recovered, pair.mix, pair.sample_rate)
    made = mel_frames(recovered.output, pair.sample_rate)
    master_audio = shifted(pair.master, recovered.delay)
    wanted = mel_frames(master_audio, pair.sample_rate)
    told = [Finding("alignment", text) for text in alignment.findings]
    if recovered.delay != 0.0:
        how = "later" if recovered.delay > 0.0 else "earlier"
        text = f"The waveform lies {abs(recovered.delay):.2f} samples {how} than that."
        told.append(Finding("alignment", text))
    return Explanation(
        mix=mix,
        master=master,
        before=before,
        after=measured.master,
        alignment=alignment,
        recovered=recovered,
        effects=effects,
        intervals=intervals,
        mel_db=_distance_db(made, wanted),
        unchanged_mel_db=_distance_db(mel_frames(pair.mix, pair.sample_rate), wanted),
        rest_db=_rest_db(recovered.output, master_audio, pair.sample_rate),
        findings=(*reader.findings(), *master_reader.findings(), *told),
    )


def _distance_db(made: MelFrames, wanted: MelFrames) -> float:
    """Return the mel distance after the gain that makes both equally strong."""
    powers = [float(each.mid.sum() + each.side.sum()) for each in (made, wanted)]
    gain = powers[1] / max(powers[0], 1e-30)
    rows = [
        part[None].astype(np.float64)
        for part in (made.mid * gain, made.side * gain, wanted.mid, wanted.side)
    ]
    return float(mel_distance(*rows)[0])


def _rest_db(output: Samples, master: Samples, sample_rate: int) -> Array:
    """Return what is left of a master in third octaves, relative to it."""
    powers = []
    for samples in (output - master, master):
        meter = SpectrumMeter(sample_rate, 2)
        meter.feed(samples)
        powers.append(third_octaves(meter.spectrum(None).total))
    rest, whole = (power[RESPONSE_THIRDS] for power in powers)
    floor = 1e-8 * float(whole.max())  # bands without music tell nothing
    ratio_db: Array = 10.0 * np.log10((rest + 1e-30) / np.maximum(whole, floor))
    return ratio_db
