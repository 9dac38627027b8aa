"""Studios as files: generated mixes in albums, and masters made of them by a rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import STYLES, compose
from glassmaster.inference.learned.loading import choose_predictor
from glassmaster.models.spectrum import THIRD_CENTERS_HZ
from glassmaster.training.benchmark.delivery import analysis_of, deliver_audio
from glassmaster.training.benchmark.methods.matching import matched_audio

TITLES = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Haven")
ALBUMS = ("First Light", "Second Wind", "Third Rail")

Master = Callable[[Samples, int], Samples]


def strong(samples: Samples, sample_rate: int) -> Samples:
    """Darker by a tilt of 8 dB over the spectrum, narrower and at -12 LUFS."""
    tilt_db = 4.0 - 8.0 * np.linspace(0.0, 1.0, len(THIRD_CENTERS_HZ))
    tilted = matched_audio(samples, sample_rate, tilt_db)
    mid, side = 0.5 * (tilted[0] + tilted[1]), 0.35 * (tilted[0] - tilted[1])
    narrow = np.stack((mid + side, mid - side)).astype(np.float32)
    return deliver_audio(narrow, sample_rate, -12.0).samples


def like_the_base(samples: Samples, sample_rate: int) -> Samples:
    """What the shipped model does, and nothing else."""
    analysis = analysis_of(samples, sample_rate)
    settings = choose_predictor(None)[0].predict(analysis).settings
    return deliver_audio(samples, sample_rate, -12.0, settings=settings, analysis=analysis).samples


def make_studio(
    folder: Path,
    master: Master,
    *,
    songs: int = 7,
    duration_s: float = 16.0,
    first_seed: int = 40,
    albums: tuple[str, ...] = ALBUMS,
) -> Path:
    """Write mixes and masters, song by song in one of the albums, and return the folder."""
    for song in range(songs):
        seed = first_seed + song
        mix = compose(seed, style=STYLES[song % len(STYLES)], duration_s=duration_s).mix
        album = folder / albums[song % len(albums)]
        for role, samples in (
            ("mix", mix.samples),
            ("master", master(mix.samples, mix.sample_rate)),
        ):
            path = album / role / f"{TITLES[song]} {role}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples.T, mix.sample_rate, subtype="PCM_24")
    return folder
