from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from glassmaster.data.analysis import analyze
from glassmaster.data.audio import ArrayReader
from glassmaster.data.synthetic import compose
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.differentiable.frames import SpectralFrames, spectral_frames
from glassmaster.models.differentiable.resolving import SpectrumBatch, batch_spectra
from glassmaster.models.mel import mel_edges_hz
from glassmaster.models.moves import NEUTRAL, RESPONSE, RESPONSE_HZ, SLOPE, WIDTH
from glassmaster.models.network.loudness import (
    frames_lufs,
    normalized_frames,
    scaled_frames,
    spectra_lufs,
)
from glassmaster.models.network.moves import apply_moves, apply_response, settings_of_moves

RATE = 44_100
MEL_HZ = mel_edges_hz()[1:-1]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def mix() -> tuple[SpectralFrames, SpectrumBatch, float]:
    audio = compose(4, duration_s=6.0).mix
    found = analyze(ArrayReader(audio))
    assert found.loudness.integrated_lufs is not None
    samples = torch.from_numpy(audio.samples[None])
    spectra = batch_spectra([found.spectrum])
    return spectral_frames(samples, RATE), spectra, found.loudness.integrated_lufs


def moved(**changes: tuple[slice, float]) -> torch.Tensor:
    moves = NEUTRAL.copy()
    for place, value in changes.values():
        moves[place] = value
    return torch.from_numpy(moves)[None].float()


def difference_db(one: torch.Tensor, other: torch.Tensor) -> np.ndarray:
    ratio = one.sum(2) / other.sum(2)
    return 10.0 * np.log10(ratio[0].detach().numpy())


def test_loudness_of_frames_is_that_of_the_meter(
    mix: tuple[SpectralFrames, SpectrumBatch, float],
) -> None:
    frames, spectra, lufs = mix
    assert float(frames_lufs(frames)) == pytest.approx(lufs, abs=0.4)
    assert float(spectra_lufs(spectra)) == pytest.approx(lufs, abs=0.4)
    louder = scaled_frames(frames, torch.tensor([100.0]))
    assert float(frames_lufs(louder) - frames_lufs(frames)) == pytest.approx(20.0, abs=1e-3)
    normalized, of_spectra = normalized_frames(frames, spectra)
    assert float(frames_lufs(normalized)) == pytest.approx(-18.0, abs=1e-3)
    assert float(spectra_lufs(of_spectra)) == pytest.approx(-18.0, abs=1e-3)
    gain = float(normalized.peak.max() / frames.peak.max())
    assert gain == pytest.approx(decibel_to_amplitude(-18.0 - float(frames_lufs(frames))), rel=1e-4)


def test_neutral_moves_change_nothing_but_the_level(
    mix: tuple[SpectralFrames, SpectrumBatch, float],
) -> None:
    frames, spectra = normalized_frames(*mix[:2])
    result = apply_moves(
        frames, spectra, moved(), sample_rate=RATE, loudness_lufs=torch.tensor([-18.0])
    )
    changed = difference_db(result.frames.mid, frames.mid)
    assert np.ptp(changed[:60]) < 0.3
    assert float(result.compressor_gain_db.abs().max()) == 0.0


def test_a_response_is_heard_where_it_is(
    mix: tuple[SpectralFrames, SpectrumBatch, float],
) -> None:
    frames, spectra = normalized_frames(*mix[:2])
    response = torch.zeros(1, 27)
    response[:, RESPONSE_HZ > 1000.0] = 4.0
    louder, heard = apply_response(frames, spectra, response, sample_rate=RATE)
    changed = difference_db(louder.mid, frames.mid)
    np.testing.assert_allclose(changed[MEL_HZ > 1500.0], 4.0, atol=0.05)
    np.testing.assert_allclose(changed[(MEL_HZ < 700.0) & (MEL_HZ > 60.0)], 0.0, atol=0.3)
    assert float(heard.total.sum()) > float(spectra.total.sum())
    everywhere, _ = apply_response(frames, spectra, torch.full((1, 27), 6.0), sample_rate=RATE)
    torch.testing.assert_close(everywhere.peak, frames.peak * 10.0**0.3, rtol=1e-4, atol=0.0)


def test_widths_and_slopes_do_what_they_say(
    mix: tuple[SpectralFrames, SpectrumBatch, float],
) -> None:
    frames, spectra = normalized_frames(*mix[:2])
    loudness = torch.tensor([-18.0])
    plain = apply_moves(frames, spectra, moved(), sample_rate=RATE, loudness_lufs=loudness)
    wide = apply_moves(
        frames,
        spectra,
        moved(width=(slice(WIDTH.start + 1, WIDTH.stop), 3.0)),
        sample_rate=RATE,
        loudness_lufs=loudness,
    )
    side = difference_db(wide.frames.side, plain.frames.side)
    mid = difference_db(wide.frames.mid, plain.frames.mid)
    middle = (MEL_HZ > 300.0) & (MEL_HZ < 10_000.0)
    np.testing.assert_allclose((side - mid)[middle], 3.0, atol=0.2)
    squeezed = apply_moves(
        frames, spectra, moved(slope=(SLOPE, 0.5)), sample_rate=RATE, loudness_lufs=loudness
    )
    assert float(squeezed.compressor_gain_db.min()) < -1.0


def test_gradients_reach_every_move(mix: tuple[SpectralFrames, SpectrumBatch, float]) -> None:
    frames, spectra = normalized_frames(*mix[:2])
    moves = moved(slope=(SLOPE, 0.3)).requires_grad_()
    result = apply_moves(
        frames, spectra, moves, sample_rate=RATE, loudness_lufs=torch.tensor([-9.0])
    )
    distance = (result.frames.mid.clamp(min=1e-9).log() - frames.mid.clamp(min=1e-9).log()).abs()
    (distance.mean() + result.frames.side.sum()).backward()
    assert moves.grad is not None
    assert bool(moves.grad.isfinite().all())
    assert int((moves.grad == 0.0).sum()) == 0


def test_settings_are_the_moves_in_their_units() -> None:
    moves = moved(slope=(SLOPE, 0.5), width=(WIDTH, -6.0))
    settings = settings_of_moves(moves).settings
    assert float(settings["multiband_compressor"].values["low_ratio"]) == pytest.approx(2.0)
    assert float(settings["imager"].values["middle_width"]) == pytest.approx(10.0 ** (-0.3))
    assert float(settings["limiter"].values["release_ms"]) == pytest.approx(200.0)
    assert settings["equalizer"].bypass
    assert NEUTRAL[RESPONSE].any() == np.False_
