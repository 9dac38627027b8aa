from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pytest
import torch
from cases import render
from torch import Tensor

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.data.metering.loudness import LoudnessMeter
from glassmaster.data.synthetic import compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import REFERENCE_LUFS, measure_anchors, resolve
from glassmaster.models.differentiable.frames import (
    SpectralFrames,
    SubframeDetail,
    spectral_frames,
    subframe_detail,
)
from glassmaster.models.differentiable.resolving import batch_spectra, resolve_batch
from glassmaster.models.differentiable.settings import (
    SettingsBatch,
    batch_settings,
    normalized_settings,
    settings_from_normalized,
)
from glassmaster.models.differentiable.twin.rendering import TwinResult, render_frames
from glassmaster.models.distances.measures import mel_distance
from glassmaster.models.errors import ParameterError
from glassmaster.models.settings import BLOCKS, PARAMETERS, ChainSettings, default_settings
from glassmaster.models.spectrum import PowerSpectrum

Tracks = TypeVar("Tracks", SpectralFrames, SubframeDetail)

RATE = 44_100
TWINNED = ("equalizer", "multiband_compressor", "imager", "limiter")


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    samples: npt.NDArray[np.float32]
    sample_rate: int
    normalization_db: float
    spectrum: PowerSpectrum


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def _mix(seed: int, style: str, sample_rate: int = RATE, duration_s: float = 8.0) -> Mix:
    song = compose(seed, style=style, duration_s=duration_s, sample_rate=sample_rate).mix
    analysis = analyze(ArrayReader(Audio(song.samples, sample_rate)))
    assert analysis.loudness.integrated_lufs is not None
    gain_db = REFERENCE_LUFS - analysis.loudness.integrated_lufs
    return Mix(song.samples, sample_rate, gain_db, analysis.spectrum.scaled(gain_db))


def _drawn(blocks: Sequence[str], seed: int) -> ChainSettings:
    rng = np.random.default_rng(seed)
    settings = default_settings()
    for name in blocks:
        values = {spec.key: spec.denormalize(float(rng.random())) for spec in BLOCKS[name]}
        settings = settings.with_block(name, values)
    return settings


def _active() -> ChainSettings:
    settings = default_settings()
    bells = {"low_gain_db": 4.0, "high_mid_gain_db": -4.0, "high_shelf_gain_db": 3.0}
    settings = settings.with_block("equalizer", {**bells, "high_pass_frequency_hz": 30.0})
    names = ("low", "low_mid", "high_mid", "high")
    pressed = {f"{name}_ratio": 3.0 for name in names}
    pressed |= {f"{name}_threshold_db": -4.0 for name in names}
    settings = settings.with_block("multiband_compressor", pressed)
    settings = settings.with_block("imager", {"middle_width": 1.3, "low_width": 0.5})
    return settings.with_block("limiter", {"ceiling_dbtp": -3.0})


@cache
def _heard(mix: Mix, dtype: torch.dtype) -> tuple[SpectralFrames, SubframeDetail]:
    audio = torch.from_numpy(mix.samples)[None].to(dtype)
    return spectral_frames(audio, mix.sample_rate), subframe_detail(audio, mix.sample_rate)


def _repeated(tracks: Tracks, count: int) -> Tracks:
    found = {field.name: getattr(tracks, field.name) for field in fields(tracks)}
    return replace(tracks, **{k: v.expand(count, *v.shape[1:]) for k, v in found.items()})


def _twin(
    mix: Mix,
    batch: SettingsBatch,
    *,
    gain_db: Tensor | float = 0.0,
    loudness_lufs: Tensor | None = None,
    dtype: torch.dtype = torch.float64,
) -> TwinResult:
    spectra = batch_spectra([mix.spectrum] * batch.size)
    resolved = resolve_batch(
        batch,
        spectra,
        sample_rate=mix.sample_rate,
        normalization_db=mix.normalization_db,
        gain_db=gain_db,
    )
    frames, detail = _heard(mix, dtype)
    return render_frames(
        _repeated(frames, batch.size),
        _repeated(detail, batch.size),
        resolved,
        spectra,
        sample_rate=mix.sample_rate,
        loudness_lufs=loudness_lufs,
    )


def _engine(mix: Mix, settings: ChainSettings, gain_db: float = 0.0) -> npt.NDArray[np.float64]:
    anchors = measure_anchors(settings, mix.spectrum, sample_rate=mix.sample_rate)
    chain = resolve(settings, anchors, normalization_db=mix.normalization_db, gain_db=gain_db)
    return render(chain, mix.samples.astype(np.float64), mix.sample_rate)


def _distance_db(twin: SpectralFrames, rendered: npt.NDArray[np.float64], rate: int) -> float:
    true = spectral_frames(torch.from_numpy(rendered)[None], rate)
    return float(mel_distance(twin.mid, twin.side, true.mid, true.side))


def _lufs(audio: npt.NDArray[np.float64], rate: int) -> float:
    meter = LoudnessMeter(rate, 2)
    meter.feed(np.ascontiguousarray(audio))
    assert meter.integrated_lufs is not None
    return meter.integrated_lufs


# what was measured on synthetic songs, with a margin of a quarter
@pytest.mark.parametrize(
    ("blocks", "most_db"),
    [
        (("equalizer",), 0.15),
        (("imager",), 0.135),
        (("multiband_compressor",), 0.18),
        (("equalizer", "multiband_compressor", "imager"), 0.23),
    ],
)
@pytest.mark.parametrize(("style", "rate"), [("rock", 44_100), ("electronic", 96_000)])
def test_frames_are_those_of_the_engine(
    blocks: tuple[str, ...], most_db: float, style: str, rate: int
) -> None:
    mix = _mix(3, style, rate)
    distances = []
    for seed in (1, 2):
        settings = _drawn(blocks, seed)
        twin = _twin(mix, batch_settings([settings]))
        distances.append(_distance_db(twin.frames, _engine(mix, settings), rate))
    assert max(distances) <= most_db


def test_compressor_gains_are_those_of_the_engine() -> None:
    mix = _mix(3, "rock")
    settings = _drawn(("multiband_compressor",), 4)
    anchors = measure_anchors(settings, mix.spectrum, sample_rate=RATE)
    renderer = ChainRenderer(
        resolve(settings, anchors, normalization_db=mix.normalization_db), RATE, 2
    )
    renderer.process(mix.samples)
    gain_db = -_twin(mix, batch_settings([settings])).compressor_gain_db[0].numpy()
    for percent in (50.0, 95.0):
        true = np.array(renderer.multiband_compressor.reductions.percentile_db(percent))
        np.testing.assert_allclose(np.percentile(gain_db, percent, axis=1), true, atol=0.35)


def test_the_limiter_meets_the_loudness_as_the_engine_does() -> None:
    mix = _mix(3, "rock")
    settings = _active()
    rendered = _engine(mix, settings, 6.0)
    target = torch.tensor([_lufs(rendered, RATE)], dtype=torch.float64)
    twin = _twin(mix, batch_settings([settings]), loudness_lufs=target)
    assert float(twin.gain_db) == pytest.approx(6.0, abs=0.5)
    bare = _engine(mix, settings.with_block("limiter", {}, bypass=True), 6.0)
    cells = bare.shape[1] // 256
    largest = [
        np.abs(audio[:, : cells * 256]).reshape(2, cells, 256).max((0, 2)) + 1e-6
        for audio in (rendered, bare)
    ]
    true_db = 20.0 * np.log10(largest[0] / largest[1])
    off_db = twin.limiter_gain_db[0, :cells].numpy() - true_db
    assert true_db.min() < -3.0
    assert float(np.mean(np.abs(off_db))) <= 0.5
    assert float(twin.frames.peak.max()) <= 10.0 ** (-3.0 / 20.0) + 1e-9
    assert _distance_db(twin.frames, rendered, RATE) <= 0.38


@pytest.mark.parametrize("target_lufs", [-18.0, -12.0])
def test_the_solved_gain_gives_the_loudness_asked_for(target_lufs: float) -> None:
    mix = _mix(3, "rock")
    target = torch.tensor([target_lufs], dtype=torch.float64)
    gain_db = float(_twin(mix, batch_settings([_active()]), loudness_lufs=target).gain_db)
    assert _lufs(_engine(mix, _active(), gain_db), RATE) == pytest.approx(target_lufs, abs=0.3)


def test_the_gradient_of_the_gain_is_that_without_a_limiter() -> None:
    mix = _mix(3, "rock")
    target = torch.tensor([-10.0], dtype=torch.float64, requires_grad=True)
    batch = settings_from_normalized(
        normalized_settings(batch_settings([_active()])).requires_grad_()
    )
    gain_db = _twin(mix, batch, loudness_lufs=target).gain_db
    gain_db.sum().backward()  # type: ignore[no-untyped-call]
    assert target.grad == torch.ones(1, dtype=torch.float64)


def test_bypassed_blocks_leave_frames_alone() -> None:
    mix = _mix(3, "rock")
    frames, _ = _heard(mix, torch.float64)
    twin = _twin(mix, batch_settings([default_settings()]))
    gain = 10.0 ** (0.1 * mix.normalization_db)
    torch.testing.assert_close(twin.frames.mid, gain * frames.mid, rtol=1e-6, atol=0.0)
    torch.testing.assert_close(twin.frames.side, gain * frames.side, rtol=1e-6, atol=0.0)
    assert float(twin.compressor_gain_db.abs().max()) == 0.0
    assert float(twin.limiter_gain_db.abs().max()) == 0.0


def test_every_example_stands_for_itself() -> None:
    mix = _mix(3, "rock")
    settings = [default_settings(), _active(), _drawn(TWINNED, 7), _drawn(("equalizer",), 8)]
    target = torch.full((4,), -12.0, dtype=torch.float64)
    together = _twin(mix, batch_settings(settings), loudness_lufs=target)
    for index, one in enumerate(settings):
        alone = _twin(mix, batch_settings([one]), loudness_lufs=target[:1])
        for track in ("mid", "side"):
            expected = getattr(alone.frames, track)[0]
            found = getattr(together.frames, track)[index]
            assert float((found / expected).log10().abs().max()) < 2e-3
        assert float(together.gain_db[index]) == pytest.approx(float(alone.gain_db[0]), abs=0.02)


def test_single_precision_is_enough() -> None:
    mix = _mix(3, "rock")
    whole = _twin(mix, batch_settings([_active()]))
    single = _twin(mix, batch_settings([_active()]), dtype=torch.float32)
    heard = whole.frames.mid > 1e-8 * whole.frames.mid.max()
    off_db = 10.0 * (single.frames.mid / whole.frames.mid).log10().abs()[heard]
    assert float(off_db.max()) < 0.05


def test_gradients_agree_with_finite_differences() -> None:
    mix = _mix(3, "rock", duration_s=3.0)
    point = normalized_settings(batch_settings([_active()]))
    active = batch_settings([_active()]).active
    weights = torch.rand(80, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def loss(z: Tensor) -> Tensor:
        result = _twin(mix, settings_from_normalized(z, active), gain_db=6.0)
        total = (result.frames.mid[0] + 3.0 * result.frames.side[0] + 1e-9).log() * weights
        return total.mean() + result.frames.peak.mean() + result.limiter_gain_db.mean()

    z = point.clone().requires_grad_()
    loss(z).backward()  # type: ignore[no-untyped-call]
    assert z.grad is not None
    heard = 0
    with torch.no_grad():
        for index, (block, _) in enumerate(PARAMETERS):
            if block not in TWINNED:
                assert float(z.grad[0, index]) == 0.0
                continue
            step = torch.zeros_like(point)
            step[0, index] = 1e-6
            expected = float(loss(point + step) - loss(point - step)) / 2e-6
            found = float(z.grad[0, index])
            assert found == pytest.approx(expected, rel=2e-3, abs=1e-5)
            heard += abs(found) > 1e-5
    assert heard >= 40


def test_frames_and_detail_must_be_of_the_same_audio() -> None:
    mix = _mix(3, "rock")
    frames, detail = _heard(mix, torch.float64)
    frames = replace(frames, peak=frames.peak[:, 1:])
    spectra = batch_spectra([mix.spectrum])
    resolved = resolve_batch(batch_settings([_active()]), spectra, sample_rate=RATE)
    with pytest.raises(ParameterError):
        render_frames(frames, detail, resolved, spectra, sample_rate=RATE)


def test_gradients_reach_the_audio() -> None:
    mix = _mix(3, "rock")
    batch = resolve_batch(
        batch_settings([_drawn(("equalizer", "imager"), 1)]),
        batch_spectra([mix.spectrum]),
        sample_rate=RATE,
        normalization_db=mix.normalization_db,
    )
    x = torch.as_tensor(mix.samples[None, :, 44_100:60_000], dtype=torch.float64)
    generator = torch.manual_seed(1)
    direction = 1e-2 * torch.randn(x.shape, dtype=x.dtype, generator=generator)

    def loss(audio: torch.Tensor) -> torch.Tensor:
        twin = render_frames(
            spectral_frames(audio, RATE),
            subframe_detail(audio, RATE),
            batch,
            batch_spectra([mix.spectrum]),
            sample_rate=RATE,
        )
        return twin.frames.mid.sum() + 2.0 * twin.frames.side.sum()

    leaf = x.clone().requires_grad_()
    loss(leaf).backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    with torch.no_grad():
        found = float(loss(x + 1e-4 * direction) - loss(x - 1e-4 * direction)) / 2e-4
    assert float((leaf.grad * direction).sum()) == pytest.approx(found, rel=1e-5)


def test_automatic_mixed_precision_changes_nothing() -> None:
    mix = _mix(3, "rock")
    plain = _twin(mix, batch_settings([_active()]), dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = _twin(mix, batch_settings([_active()]), dtype=torch.float32)
    torch.testing.assert_close(mixed.frames.mid, plain.frames.mid)


@pytest.mark.parametrize(
    "x",
    [torch.zeros(2, 100), torch.zeros(1, 1, 100), torch.zeros(1, 2, 0), torch.zeros(0, 2, 9)],
)
def test_frames_of_what_is_no_audio_are_refused(x: torch.Tensor) -> None:
    for measure in (spectral_frames, subframe_detail):
        with pytest.raises(ParameterError, match="shape"):
            measure(x, RATE)
