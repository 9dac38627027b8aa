from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio
from glassmaster.inference.listening.log import ListeningTest
from glassmaster.inference.listening.matching import equally_loud
from glassmaster.inference.listening.plan import ABX, Mode, Pair, Plan
from glassmaster.inference.listening.versions import Versions

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, samples: Any, rate: int, subtype: str = "FLOAT") -> Path:
        path = tmp_path / name
        soundfile.write(path, np.asarray(samples).T, rate, subtype=subtype, format="WAV")
        return path

    return written


@pytest.fixture
def hitting() -> Callable[[Plan, dict[Pair, int]], list[str]]:
    """Answers of which the first of every pair are hits, as many as are wanted."""

    def answered(plan: Plan, hits: dict[Pair, int]) -> list[str]:
        left = dict(hits)
        answers = []
        for trial in plan.all_trials():
            wanted = trial.played["X"] if plan.mode == ABX else trial.pair[0]
            is_hit = left[trial.pair] > 0
            left[trial.pair] -= 1
            answers.append("A" if (trial.played["A"] == wanted) == is_hit else "B")
        return answers

    return answered


@pytest.fixture
def make_test(song: Audio) -> Callable[..., ListeningTest]:
    """Tests of short versions: louder and louder copies, clipped so that they differ."""

    def made(mode: Mode = "abx", count: int = 2, trials: int = 16, seed: int = 3) -> ListeningTest:
        paths = tuple(Path(f"version-{number}.wav") for number in range(count))
        samples = tuple(
            np.clip((1.0 + number) * song.samples[:, 44_100:88_200], -0.5, 0.5)
            for number in range(count)
        )
        versions = Versions(paths, samples, song.sample_rate, 1.0, ())
        heard = {str(path): each for path, each in zip(paths, samples, strict=True)}
        matched = equally_loud(heard, song.sample_rate)
        plan = Plan(mode, count, trials, seed)
        return ListeningTest(plan, versions, matched, "2026-01-02T03:04:05+00:00")

    return made
