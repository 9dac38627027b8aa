from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import STYLES, compose
from glassmaster.inference.cli import main
from glassmaster.inference.learned.loading import choose_predictor
from glassmaster.models.spectrum import THIRD_CENTERS_HZ
from glassmaster.training.benchmark.delivery import analysis_of, deliver_audio
from glassmaster.training.benchmark.methods.matching import matched_audio

TITLES = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Haven")
ALBUMS = ("First Light", "Second Wind", "Third Rail")
OVERRIDES = (
    *("jobs=1", "excerpts.count=1", "excerpts.length_s=5", "listening.songs=3"),
    "listening.length_s=4",
)
SONGS = 6

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


def make_studio(folder: Path, master: Master, songs: int) -> Path:
    """Write mixes and masters, song by song in one of three albums, and return the folder."""
    for song in range(songs):
        mix = compose(40 + song, style=STYLES[song % len(STYLES)], duration_s=12.0).mix
        made = {"mix": mix.samples, "master": master(mix.samples, mix.sample_rate)}
        for role, samples in made.items():
            path = folder / ALBUMS[song % len(ALBUMS)] / role / f"{TITLES[song]} {role}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples.T, mix.sample_rate, subtype="PCM_24")
    return folder


def scanned(folder: Path) -> Path:
    """Scan a studio's folder into a catalogue beside it."""
    catalogue = folder.with_suffix(".catalogue")
    assert main(["catalogue", "scan", str(folder), "-o", str(catalogue)]) == 0
    return catalogue


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, kernels: None) -> Path:
    """The folder of a studio with a strong taste."""
    return make_studio(tmp_path_factory.mktemp("studios") / "strong", strong, SONGS)


@pytest.fixture(scope="session")
def catalogue(studio: Path) -> Path:
    return scanned(studio)


@pytest.fixture(scope="session")
def null_catalogue(tmp_path_factory: pytest.TempPathFactory, kernels: None) -> Path:
    """A studio that does what the base model does."""
    return scanned(make_studio(tmp_path_factory.mktemp("studios") / "null", like_the_base, SONGS))


@pytest.fixture(scope="session")
def killed(catalogue: Path, command: list[str], tmp_path_factory: pytest.TempPathFactory) -> int:
    """Begin a fine-tuning, kill it in the middle, and return how many pairs it had studied."""
    run = tmp_path_factory.mktemp("killed")
    words = [*command, "finetune", str(catalogue), f"run={run}", "logging=none", *OVERRIDES]
    cache = catalogue.with_name(f"{catalogue.name}.pairs")
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240.0
    while len(list(cache.glob("*.npz"))) < 2:
        assert process.poll() is None, "it came to its end before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return len(list(cache.glob("*.npz")))


@pytest.fixture(scope="session")
def overrides() -> tuple[str, ...]:
    return OVERRIDES


@pytest.fixture(scope="session")
def finetuned(
    catalogue: Path, killed: int, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the command left behind and said."""
    folder = tmp_path_factory.mktemp("finetuned")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "glassmaster.inference.program"),
            *("finetune", str(catalogue), f"run={folder}", *OVERRIDES, "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {"folder": folder, "out": done.stdout, "err": done.stderr}
