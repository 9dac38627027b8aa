import warnings
from dataclasses import replace

import numpy as np
import pyebur128
import pytest
import torch
from scipy.signal import butter, sosfilt

from glassmaster.data.synthetic import compose
from glassmaster.models.errors import ParameterError, UnsupportedAudioError
from glassmaster.models.moves import IN_LEVEL, RESPONSE_HZ
from glassmaster.models.settings import default_settings
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.benchmark.metrics.measure import METRICS, TargetMeasures
from glassmaster.training.benchmark.metrics.response import (
    effective_response_db,
    response_error_db,
    settings_response_db,
)
from glassmaster.training.benchmark.metrics.waveform import (
    LEAST_NULL_DB,
    multiresolution_distance,
    null_db,
    zimtohrli_distance,
)
from glassmaster.training.benchmark.tasks import Plan, Task, Truth

RATE = 44_100


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(8, style="rock", duration_s=4.0).mix.samples


def _task(music: np.ndarray, **truth: object) -> Task:
    plan = Plan("DEG", "package/song", "package", "component", (), 0)
    lufs = loudness_lufs(music, RATE)
    return Task(plan, music, music, RATE, lufs, (), Truth(**truth))  # type: ignore[arg-type]


def _peaky(music: np.ndarray) -> np.ndarray:
    high = sosfilt(butter(2, 3000.0, "highpass", fs=RATE, output="sos"), music)
    return (music + 0.5 * high).astype(np.float32)


def test_the_level_is_that_of_the_standard(music: np.ndarray) -> None:
    frames = np.ascontiguousarray(music.T, np.float64)
    state = pyebur128.R128State(2, RATE, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(frames.ravel(), len(frames))
    assert loudness_lufs(music, RATE) == pytest.approx(
        pyebur128.get_loudness_global(state), abs=0.03
    )
    with pytest.raises(UnsupportedAudioError, match="loudness"):
        loudness_lufs(np.zeros((2, RATE), np.float32), RATE)
    with pytest.raises(UnsupportedAudioError, match="loudness"):
        loudness_lufs(music[:, :1000], RATE)


def test_a_target_is_no_distance_from_itself(music: np.ndarray) -> None:
    measures = TargetMeasures(_task(music, response_db=(0.0,) * 27), ceiling_dbtp=0.0)
    found = measures.of(music)
    assert set(found) == set(METRICS)
    assert found.pop("NULL") == LEAST_NULL_DB
    assert max(found.values()) < 1e-6


def test_a_gain_counts_for_loudness_and_nothing_else(music: np.ndarray) -> None:
    quiet = (0.5 * music).astype(np.float32)
    found = TargetMeasures(_task(music), ceiling_dbtp=0.0).of(quiet)
    assert found.pop("LUFS") == pytest.approx(6.02, abs=0.01)
    assert found.pop("NULL") < -130.0
    assert max(found.values()) < 2e-3


def test_every_distance_sees_another_sound(music: np.ndarray) -> None:
    task = _task(music, response_db=(0.0,) * 27)
    found = TargetMeasures(task, ceiling_dbtp=-30.0).of(_peaky(music))
    assert found["TP"] == 1.0
    for name in ("LN-MEL", "MR-STFT", "LTAS", "LTAS-S", "ZIMTOHRLI", "RESPONSE", "CREST"):
        assert found[name] > 2e-5, name
    assert -30.0 < found["NULL"] < -10.0
    cheap = TargetMeasures(task, ceiling_dbtp=-30.0, dear=False).of(_peaky(music))
    assert cheap == {name: found[name] for name in cheap}
    assert set(found) - set(cheap) == {"MR-STFT", "ZIMTOHRLI"}


def test_what_cannot_be_measured_is_refused(music: np.ndarray) -> None:
    measures = TargetMeasures(_task(music), ceiling_dbtp=0.0, dear=False)
    with pytest.raises(ParameterError, match="as long as its mix"):
        measures.of(music[:, 1:])
    with pytest.raises(ParameterError, match="no target"):
        TargetMeasures(replace(_task(music), target=None), ceiling_dbtp=0.0)


def test_the_multiresolution_distance_is_auraloss_written_out(music: np.ndarray) -> None:
    one, other = music[:, :20_000], _peaky(music)[:, :20_000]
    terms = []
    for size, hop, length in ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240)):
        window = torch.hann_window(length)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spectra = [
                torch.stft(
                    torch.from_numpy(np.ascontiguousarray(x)),
                    size, hop, length, window, return_complex=True,
                )
                for x in (one, other)
            ]  # fmt: skip
        first, second = (torch.sqrt(torch.clamp(x.real**2 + x.imag**2, min=1e-8)) for x in spectra)
        convergence = (second - first).norm(dim=(-2, -1)) / second.norm(dim=(-2, -1))
        terms.append(convergence.mean() + (first.log() - second.log()).abs().mean())
    assert multiresolution_distance(one, other) == pytest.approx(float(sum(terms)) / 3, rel=0.02)


def test_zimtohrli_hears_more_of_more(music: np.ndarray) -> None:
    part = music[:, : 2 * RATE]
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(part.shape).astype(np.float32)
    little, much = (zimtohrli_distance(part + level * noise, part, RATE) for level in (1e-3, 1e-1))
    assert zimtohrli_distance(part, part, RATE) == 0.0
    assert 0.0 < little < much


def test_a_null_is_the_energy_that_is_left(music: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(music.shape)
    noise *= 0.01 * np.linalg.norm(music) / np.linalg.norm(noise)
    assert null_db(3.0 * (music + noise), music) == pytest.approx(-40.0, abs=0.1)


def test_a_filter_is_seen_as_its_response(music: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    noise = (0.1 * rng.standard_normal((2, 10 * RATE))).astype(np.float32)
    sections = butter(1, 1000.0, "highpass", fs=RATE, output="sos")
    made = sosfilt(sections, noise).astype(np.float32)
    ratio = (RESPONSE_HZ / 1000.0) ** 2
    wanted = 10.0 * np.log10(ratio / (1.0 + ratio))
    wanted -= wanted[IN_LEVEL].mean()
    found = effective_response_db(noise, made, RATE)
    assert np.abs(found - wanted)[:-2].max() < 0.5
    assert response_error_db(found, wanted + 3.0) < 0.2
    assert response_error_db(found, np.zeros(27)) == pytest.approx(
        np.abs(found - found[IN_LEVEL].mean()).mean()
    )


def test_settings_have_the_response_of_their_equalizer() -> None:
    assert not settings_response_db(default_settings(), RATE).any()
    values = {"high_shelf_gain_db": 6.0, "high_shelf_frequency_hz": 3000.0}
    response = settings_response_db(default_settings().with_block("equalizer", values), RATE)
    assert response[IN_LEVEL].mean() == pytest.approx(0.0, abs=1e-9)
    assert response[-1] - response[10] == pytest.approx(6.0, abs=0.3)
