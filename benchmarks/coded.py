"""What codecs, low-passes and noise floors change in what a model decides about real songs.

    python benchmarks/coded.py SONG|FOLDER... [--songs 12] [--model FILE]

Of each song, 24 s from the middle are analyzed as they are and after each treatment. ``response``
is the mean absolute shift of the response that the model estimates without references, ``width``
that of its widths: the median over songs, their mean, and the value that 95 % do not exceed, in
dB. The estimate itself, from doing nothing, stands in the first row.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rendered_statistics import middles, ranks
from scipy.signal import firwin, oaconvolve

from glassmaster.data.audio import Samples
from glassmaster.inference.learned.estimate import Estimator, decided_moves
from glassmaster.inference.learned.loading import load_estimator, shipped
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.predictor import NOBODY
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.moves import NEUTRAL, RESPONSE, WIDTH
from glassmaster.training.benchmark.delivery import analysis_of
from glassmaster.training.benchmark.generators.perturbation import coded

Array = npt.NDArray[np.float64]
Treatment = Callable[[Samples, int], Samples]

TAPS = 1023


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=12, help="at most so many, drawn at random")
    parser.add_argument("--model", type=Path, default=shipped().models["network"], help="weights")
    arguments = parser.parse_args()
    model = load_estimator(read_model_file(arguments.model))
    found: dict[str, list[Array]] = {name: [] for name in ("the estimate", *TREATMENTS)}
    for _, samples, rate, _ in middles(arguments.paths, arguments.songs):
        plain = moves_of(model, samples, rate)
        found["the estimate"].append(plain - NEUTRAL)
        for name, treat in TREATMENTS.items():
            found[name].append(moves_of(model, treat(samples, rate), rate) - plain)
    print(f"{len(found['the estimate'])} songs; dB\n{'':28s}response: median, mean, p95; width")
    for name, rows in found.items():
        cells = [ranks(np.abs(np.array(rows)[:, part]).mean(1)) for part in (RESPONSE, WIDTH)]
        print(f"{name:28s}" + "".join(f"{cell:8.3f}" for three in cells for cell in three))


def moves_of(model: Estimator, samples: Samples, rate: int) -> Array:
    """Return the moves that a model decides on."""
    return decided_moves(model.estimate(analysis_of(samples, rate).statistics, NOBODY))


def lossy(container: str, subtype: str, level: float) -> Treatment:
    """Return a treatment by a codec, ``level`` 0 (best) to 1 (smallest)."""
    return partial(coded, container=container, subtype=subtype, level=level)


def low_passed(frequency_hz: float) -> Treatment:
    """Return a treatment by a steep low-pass without phase."""

    def treat(samples: Samples, rate: int) -> Samples:
        taps = firwin(TAPS, frequency_hz, fs=rate)
        return oaconvolve(samples, taps[None], mode="same").astype(np.float32)

    return treat


def noisy(level_db: float) -> Treatment:
    """Return a treatment by pink noise, independent in both channels, relative to the song."""

    def treat(samples: Samples, rate: int) -> Samples:
        white = np.random.default_rng(0).standard_normal(samples.shape)
        spectrum = np.fft.rfft(white)
        shape = 1.0 / np.sqrt(np.maximum(np.arange(spectrum.shape[1]), 1.0))
        pink = np.fft.irfft(spectrum * shape, samples.shape[1])
        scale = np.sqrt(np.mean(np.square(samples)) / np.mean(np.square(pink)))
        return (samples + scale * decibel_to_amplitude(level_db) * pink).astype(np.float32)

    return treat


def all_of(*treatments: Treatment) -> Treatment:
    """Return one treatment after the other."""

    def treat(samples: Samples, rate: int) -> Samples:
        for each in treatments:
            samples = each(samples, rate)
        return samples

    return treat


TREATMENTS: dict[str, Treatment] = {
    "low-pass 20 kHz": low_passed(20_000.0),
    "low-pass 16 kHz": low_passed(16_000.0),
    "low-pass 14 kHz": low_passed(14_000.0),
    "pink floor -80 dB": noisy(-80.0),
    "pink floor -70 dB": noisy(-70.0),
    "Vorbis, level 0.2": lossy("OGG", "VORBIS", 0.2),
    "Vorbis, level 0.8": lossy("OGG", "VORBIS", 0.8),
    "MP3, level 0.2": lossy("MP3", "MPEG_LAYER_III", 0.2),
    "MP3, level 0.8": lossy("MP3", "MPEG_LAYER_III", 0.8),
    "-75 dB, 15 kHz, Vorbis 0.5": all_of(
        noisy(-75.0), low_passed(15_000.0), lossy("OGG", "VORBIS", 0.5)
    ),
}


if __name__ == "__main__":
    main()
