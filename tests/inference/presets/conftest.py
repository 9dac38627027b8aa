from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glassmaster.data.analysis import Analysis, analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.presets.given import GivenSettings
from glassmaster.inference.presets.reading import read_given_settings

Read = Callable[..., GivenSettings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(content: str | bytes, name: str = "human.yaml") -> GivenSettings:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_given_settings(path)

    return write_and_read


@pytest.fixture(scope="package")
def analysis(song: Audio) -> Analysis:
    return analyze(ArrayReader(song))


@pytest.fixture(scope="package")
def louder(song: Audio) -> Analysis:
    """The same song 6 dB louder."""
    return analyze(ArrayReader(Audio(song.samples * 10.0 ** (6.0 / 20.0), song.sample_rate)))
