from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUN = """
import sys
from glassmaster.training.learning.composing import compose_training
from glassmaster.training.learning.running import train
words = ["experiment=smoke", "logging=none", "checkpoint_every=2", "run=run", "keep=last"]
train(compose_training(words), "smoke", lambda step, steps, _: print(step, flush=True))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", RUN],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def steps_until(process: subprocess.Popen[str], step: int) -> list[int]:
    assert process.stdout is not None
    seen: list[int] = []
    for line in process.stdout:
        seen.append(int(line))
        if seen[-1] >= step:
            break
    return seen


def digests(folder: Path) -> dict[str, str]:
    exported = sorted((folder / "run" / "model").iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in exported}


@pytest.mark.slow
def test_a_run_killed_at_three_steps_ends_with_the_same_weights(tmp_path: Path) -> None:
    with start(tmp_path / "one") as undisturbed:
        assert steps_until(undisturbed, 99) == list(range(1, 13))
    assert undisturbed.returncode == 0
    drawn = random.Random(4)
    first_steps = []
    for place in sorted(drawn.sample(range(3, 12), 3)):
        with start(tmp_path / "two") as process:
            first_steps.append(steps_until(process, place)[0])
            time.sleep(drawn.uniform(0.0, 0.3))
            os.kill(process.pid, signal.SIGKILL)
    assert first_steps[0] == 1
    assert first_steps[-1] > 1  # it went on, and did not begin again
    with start(tmp_path / "two") as last:
        assert steps_until(last, 99)[-1] == 12
    assert last.returncode == 0
    assert sorted(digests(tmp_path / "one")) == ["smoke.onnx", "smoke.safetensors"]
    assert digests(tmp_path / "two") == digests(tmp_path / "one")
