from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from glassmaster.data.synthetic import compose

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_example_with_gradients_runs_as_it_stands(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    mix = compose(1, duration_s=6.0).mix
    for name, gain in (("song.wav", 1.0), ("song-master.wav", 1.4)):
        soundfile.write(tmp_path / name, gain * mix.samples.T, mix.sample_rate, "PCM_24")
    told = "\nprint(float(settings.grad.abs().min()), float(loss.detach()))\n"
    done = subprocess.run(
        [sys.executable, "-c", example + told],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    least_slope, loss = (float(word) for word in done.stdout.split())
    assert least_slope > 0.0  # every parameter is heard
    assert 0.0 < loss < np.inf
