from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.features.content import CONTENT
from glassmaster.data.files.info import FileInfo
from glassmaster.data.findings import Finding
from glassmaster.data.metering.report import LoudnessReport
from glassmaster.data.metering.spectrum import LevelSpread
from glassmaster.data.reference.corpus import Track
from glassmaster.data.reference.production import Production
from glassmaster.inference.company import Listened
from glassmaster.inference.compliance import check_compliance
from glassmaster.inference.delivering import Delivered
from glassmaster.inference.loudness_solve import Limiting
from glassmaster.inference.predictor import Interval, Prediction, Reason
from glassmaster.inference.profiles import load_profile
from glassmaster.inference.recipe import Delivery, Recipe, Resolved
from glassmaster.inference.reference import Neighbor, Place, ReferenceMatch
from glassmaster.inference.rendering import Reductions
from glassmaster.inference.results import MasteringResult
from glassmaster.models.chain import Anchors
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.processors.limiter import ResolvedLimiter
from glassmaster.models.settings import BLOCKS, default_settings
from glassmaster.models.spectrum import CENTERS_HZ, THIRD_CENTERS_HZ, PowerSpectrum

INTERVALS: dict[str, Interval] = {
    "response_db@1000": (-1.0, 5.0),
    "response_db@2000": (-2.0, 3.0),
}
NOTHING = LoudnessReport(None, None, None, None, None, None, None, None)


def mix_loudness() -> LoudnessReport:
    return LoudnessReport(-21.3, -17.6, -15.2, 6.7, -3.4, 17.9, 14.2, -21.3)


def master_loudness() -> LoudnessReport:
    return LoudnessReport(-12.2, -9.1, -7.7, 5.8, -1.1, 11.1, 8.0, -12.2)


def make_analysis() -> Analysis:
    mid = 10.0 ** (-3.0 - 0.3 * np.log2(CENTERS_HZ / 1000.0) / 10.0)
    spread = LevelSpread(-44.0, -33.5, -27.25)
    return Analysis(
        sample_rate=44_100,
        channels=2,
        frames=44_100 * 232,
        loudness=mix_loudness(),
        sample_peak_dbfs=-3.6,
        crest_db=17.3,
        spectrum=PowerSpectrum(mid, 0.25 * mid, 0.0 * mid),
        correlation=0.64,
        band_levels=(spread, spread, spread, None),
        dc_offset=(0.00002, -0.00001),
        clipped_runs=3,
        digest="5e" * 32,
        findings=(Finding("clipped", "The audio is clipped in 3 places."),),
        statistics=np.zeros(len(STATISTICS)),
        content=np.zeros(len(CONTENT)),
    )


def undefined_analysis() -> Analysis:
    nothing = np.zeros(len(CENTERS_HZ))
    return replace(
        make_analysis(),
        channels=1,
        frames=3,
        loudness=NOTHING,
        correlation=None,
        spectrum=PowerSpectrum(nothing, nothing, nothing),
        band_levels=(None,) * 4,
        dc_offset=(0.0,),
    )


def make_result(
    source: str = "song.flac",
    *,
    profile: str = "default",
    after: LoudnessReport | None = None,
    shortfall_lufs: float | None = None,
    amount: float = 1.0,
) -> MasteringResult:
    whole = (
        default_settings()
        .with_block("equalizer", {"low_mid_gain_db": 4.0, "low_mid_frequency_hz": 1000.0})
        .with_block("multiband_compressor", {"low_ratio": 2.0, "low_corner_hz": 100.0})
        .with_block("limiter", {"release_ms": 137.0})
    )
    settings = whole.scaled(amount)
    anchors = Anchors(-30.0, (-20.0, -21.0, -22.0, -23.0), -14.0)
    resolved = Resolved("ab" * 32, "5e" * 32, 3.3, anchors, 6.4, -1.1, 123_456_789)
    delivery = Delivery(profile, "wav", "24", 44_100)
    loudness = master_loudness() if after is None else after
    return MasteringResult(
        source=Path(source),
        output=Path("song-master.wav"),
        before=make_analysis(),
        delivered=Delivered(loudness, 6.4, ResolvedLimiter(settings["limiter"].values), 1),
        recipe=Recipe(
            settings, delivery, resolved, "baseline", {"glassmaster": "0.1.0"}, None, INTERVALS
        ),
        basis="Settings from a die; nothing is trained.",
        prediction=Prediction(
            whole,
            INTERVALS,
            tuple(Reason(name, f"The {name} was decided by a die.") for name in BLOCKS),
        ),
        limiting=Limiting(6.4, -12.2, 0.9, 3.7),
        shortfall_lufs=shortfall_lufs,
        reductions=Reductions(
            (0.4, 1.3),
            {"low": (1.0, 2.6), "low_mid": (0.5, 1.3), "high_mid": (0.0, 0.0), "high": (0.0, 0.65)},
        ),
        compliance=check_compliance(loudness, load_profile(profile)),
        findings=(Finding("clipped", "The audio is clipped in 3 places."),),
    )


def make_place(
    mix: list[float] | np.ndarray[tuple[int], np.dtype[np.float64]],
    middle: list[float] | np.ndarray[tuple[int], np.dtype[np.float64]],
    reach: float,
) -> Place:
    """Return a mix among neighbors that reach as far above as below their median."""
    own, median = np.array(mix), np.array(middle)
    percentile = np.clip(50.0 + 40.0 * (own - median) / reach, 0.0, 100.0)
    return Place(own, median - reach, median, median + reach, percentile)


def make_match(
    names: tuple[str, ...] = (), corpora: tuple[str, ...] = ("shipped",)
) -> ReferenceMatch:
    """Return 16 neighbors, or those of these names, of a mix with some bands out of their range.

    Its bands from 63 to 100 Hz lie 3, 6 and 4 dB above the median, that at 4 kHz 5 dB below, where
    the range reaches 2 dB; its width lies on the median.
    """
    titles = names or tuple(f"Title {number}" for number in range(1, 17))
    neighbors = tuple(
        Neighbor(
            Track(
                f"album/{number}.ogg",
                "album",
                title,
                "Artist",
                "CC BY 4.0",
                "package",
                "a5" * 32,
                200.0,
            ),
            corpora[number % len(corpora)],
            1.25 + 0.1 * number,
        )
        for number, title in enumerate(titles)
    )
    tone_db = -2.0 * np.log2(THIRD_CENTERS_HZ / 1000.0)
    moved_db = np.zeros(31)
    moved_db[5:8] = 3.0, 6.0, 4.0
    moved_db[23] = -5.0
    width_db = np.full(31, -12.0)
    return ReferenceMatch(
        neighbors,
        np.zeros((len(neighbors), len(STATISTICS))),
        Production(*(np.zeros((len(neighbors), count)) for count in (6, 31, 31, 31))),
        make_place([-21.3, 6.7, 17.9, 14.2, np.nan, -9.0], [-11.0, 5.5, 10.4, 8.1, 9.0, -9.5], 2.0),
        make_place(tone_db + moved_db, tone_db, 2.0),
        make_place(width_db, width_db, 4.0),
        make_place(np.full(31, 0.9), np.full(31, 0.8), 0.1),
    )


def with_company(result: MasteringResult) -> MasteringResult:
    """Return a master that was guided by neighbors and two references."""
    listened = (Listened("loud.wav", 0.375, -8.6), Listened("mono.mp3", 0.0, None))
    return replace(result, match=make_match(), listened=listened)


@pytest.fixture
def analysis() -> Analysis:
    return make_analysis()


@pytest.fixture
def undefined() -> Analysis:
    return undefined_analysis()


@pytest.fixture
def info() -> FileInfo:
    return FileInfo(
        Path("song.flac"), "FLAC", "PCM_24", 44_100, 2, 44_100 * 232, 24, False, {"title": "Song"}
    )


@pytest.fixture
def result() -> MasteringResult:
    return make_result()


@pytest.fixture
def match() -> ReferenceMatch:
    return make_match()


@pytest.fixture
def matches() -> Callable[..., ReferenceMatch]:
    return make_match


@pytest.fixture
def guided() -> MasteringResult:
    return with_company(make_result())


@pytest.fixture
def results() -> Callable[..., MasteringResult]:
    return make_result
