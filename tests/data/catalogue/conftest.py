from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from glassmaster.data.synthetic import compose

Signal: TypeAlias = npt.NDArray[np.float64]

RATE = 44_100


def write(path: Path, x: Signal, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, x.T, RATE, subtype=options.get("subtype", "PCM_24"))
    return path


def loud(x: Signal, gain: float = 5.0) -> Signal:
    """Return a master of sorts: louder, and limited softly."""
    return 0.9 * np.tanh(gain * x)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs, earlier mixes, an instrumental, a copy, a stem, and two files that are no song."""
    root = tmp_path_factory.mktemp("made")
    for number, (title, style) in enumerate((("Blue Sky", "rock"), ("Red Car", "ballad"))):
        song = compose(40 + number, style=style, duration_s=14.0)
        mix = song.mix.samples.astype(np.float64)
        vocal = song.stems["vocal"].astype(np.float64)
        write(root / f"Ebba/One/Mixes/{title} mix v1.wav", mix + 0.25 * vocal)
        write(root / f"Ebba/One/Mixes/{title} mix v2.wav", mix)
        master = np.pad(loud(mix), ((0, 0), (700 * number, 0)))
        write(root / f"Ebba/One/MASTERS/0{number + 1} {title}.wav", master)
        if number == 0:
            write(root / f"Ebba/One/Mixes/{title} instrumental.wav", mix - vocal)
            write(root / f"Ebba/One/MASTERS/CD/{title}.flac", master, subtype="PCM_16")
            write(
                root / f"Ebba/One/Stems/{title} drums.wav", song.stems["drums"].astype(np.float64)
            )
    (root / "Ebba/broken.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    write(root / "Ebba/click.wav", np.ones((2, 100)))
    return root


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    """A copy of the library that a test may change."""
    copy = tmp_path / "library"
    shutil.copytree(made, copy)
    return copy


@pytest.fixture
def picture() -> Any:
    return pictured


def pictured(catalogue: Any, root: Path) -> dict[str, Any]:
    """Return all that a catalogue holds, without times and with paths relative to the library."""
    return {
        "files": [(str(f.path.relative_to(root)), f.size, f.sha256) for f in catalogue.files()],
        "contents": {key: (each.facts, each.problem) for key, each in catalogue.contents().items()},
        "comparisons": catalogue.comparisons(),
        "pairs": [
            (str(p.mix_path.relative_to(root)), str(p.master_path.relative_to(root)), p.status,
             p.confidence, p.reasons, p.alignment)
            for p in catalogue.pairs()
        ],
        "remarks": catalogue.remarks(),
    }  # fmt: skip
