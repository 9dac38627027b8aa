from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

WORDS = ("train", "experiment=smoke", "logging=none", "keep=last", "run=run")
NODES = (
    *("trainer=many", "trainer.workers=0", "trainer.arguments.accelerator=cpu"),
    *("trainer.arguments.devices=1", "trainer.arguments.num_nodes=2"),
)
MOST_APART = 0.003
"""Scores of runs on one and on two machines, which leave out other inputs while learning."""


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "glassmaster.inference.program", *WORDS, *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stderr=subprocess.DEVNULL,
    )


def score(folder: Path) -> float:
    with safe_open(folder / "run" / "model" / "smoke.safetensors", "numpy") as file:
        assert all(np.isfinite(file.get_tensor(name)).all() for name in file.keys())  # noqa: SIM118
        return float(file.metadata()["score"])


@pytest.mark.slow
def test_two_machines_learn_what_one_does(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    nodes = [start(tmp_path / "two", *NODES, NODE_RANK=str(rank), **meeting) for rank in range(2)]
    assert [node.wait(timeout=240) for node in nodes] == [0, 0]
    assert start(tmp_path / "one").wait(timeout=240) == 0
    assert abs(score(tmp_path / "two") - score(tmp_path / "one")) < MOST_APART
