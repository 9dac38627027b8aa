from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from glassmaster.data.synthetic import compose

RATE = 44_100
LENGTH_S = 43.0

Digests = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="session")
def digests() -> Digests:
    def of(out: Path) -> dict[str, str]:
        return {
            name: hashlib.sha256((out / name).read_bytes()).hexdigest()
            for name in ("manifest.jsonl", "shard.bin", "splits/fit.csv")
        }

    return of


@pytest.fixture(scope="session")
def music() -> list[npt.NDArray[np.float32]]:
    generator = np.random.Generator(np.random.Philox(5))
    made = []
    for seed in (21, 22):
        samples = compose(seed, duration_s=LENGTH_S).mix.samples
        made.append(np.clip(1.6 * samples, -0.9, 0.9).astype(np.float32))
    made.append((0.05 * generator.standard_normal(made[0].shape)).astype(np.float32))
    return made


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, music: list[npt.NDArray[np.float32]]) -> Path:
    root = tmp_path_factory.mktemp("music")

    def write(name: str, samples: npt.NDArray[np.float32], rate: int = RATE) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, samples.T, rate)

    write("one/song.flac", music[0])
    write("two/song.flac", music[1])
    write("two/again.ogg", 0.5 * music[1][:, 50_000:])
    write("three/short.wav", music[0][:, : 5 * RATE])
    write("three/hiss.wav", music[2])
    write("three/loop.wav", np.tile(music[0][:, 10 * RATE : 14 * RATE], 12))
    write("three/silence.flac", np.zeros((2, 41 * RATE), np.float32))
    write("sfx/song.wav", music[0][:, ::-1].copy())
    (root / "one" / "broken.ogg").write_bytes(b"OggS" + bytes(1000))
    (root / "one" / "notes.txt").write_text("no audio")
    return root
