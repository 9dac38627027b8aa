import numpy as np
import pytest

from glassmaster.data.synthetic import compose
from glassmaster.training.benchmark.generators.degradation import degrade, draw
from glassmaster.training.benchmark.metrics.frames import mel_frames
from glassmaster.training.benchmark.metrics.measure import frame_distances

RATE = 44_100


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    song = compose(5, duration_s=5.0).mix.samples.copy()
    song[:, RATE : RATE + RATE // 2] = 0.0  # a gap that the gate skips
    return song


def _plain_bands(signal: np.ndarray) -> np.ndarray:
    """Written out from the definition: 46 ms Hann, 23 ms hop, 80 mel bands 30 Hz to 14 kHz."""
    edges = 700.0 * (
        10.0
        ** (
            np.linspace(*(2595.0 * np.log10(1.0 + f / 700.0) for f in (30.0, 14_000.0)), 82)
            / 2595.0
        )
        - 1.0
    )
    hz = np.arange(1025) * RATE / 2048
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(2048) / 2048)
    padded = np.concatenate((np.zeros(1024), signal, np.zeros(4096)))
    rows = []
    for start in range(0, len(signal) + 1, 1024):
        power = np.abs(np.fft.rfft(padded[start : start + 2048] * window)) ** 2
        bands = []
        for low, center, high in zip(edges, edges[1:], edges[2:], strict=False):
            rising, falling = (hz - low) / (center - low), (high - hz) / (high - center)
            bands.append(float(power @ np.clip(np.minimum(rising, falling), 0.0, None)))
        rows.append(bands)
    return np.array(rows).T * 4.0 / (2048 * (window @ window))


def _plain_distance(output: np.ndarray, target: np.ndarray) -> float:
    mid, side = (_plain_bands(0.5 * (output[0] + sign * output[1])) for sign in (1, -1))
    goal_mid, goal_side = (_plain_bands(0.5 * (target[0] + sign * target[1])) for sign in (1, -1))
    total = (goal_mid + goal_side).sum(axis=0)
    loud = total > 1e-7
    loud &= total > 0.01 * total[loud].mean()
    threshold = 1e-8 * goal_mid[:, loud].max()
    parts = []
    for one, goal in ((mid, goal_mid), (side, goal_side)):
        differences = []
        for band in range(80):
            for frame in np.flatnonzero(loud):
                a, b = one[band, frame], goal[band, frame]
                if a > threshold or b > threshold:
                    levels = [10.0 * np.log10(max(x, 1e-12)) for x in (a, b)]
                    differences.append(abs(levels[0] - levels[1]))
        parts.append(np.mean(differences))
    ratio = goal_side[:, loud].sum() / goal_mid[:, loud].sum()
    weight = 0.5 * min(1.0, 10.0 * ratio)
    return float((1.0 - weight) * parts[0] + weight * parts[1])


def test_the_distance_is_the_one_that_is_defined(music: np.ndarray) -> None:
    made = degrade(music, RATE, draw(0, "song"))
    found = frame_distances(mel_frames(made, RATE), mel_frames(music, RATE))
    assert found["LN-MEL"] == pytest.approx(_plain_distance(made, music), rel=1e-6)
    assert found["LN-MEL"] > 1.0


def test_a_full_scale_sine_is_0_db_in_its_bands() -> None:
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(RATE) / RATE)
    frames = mel_frames(np.stack((tone, tone)), RATE)
    power_db = 10.0 * np.log10(frames.mid.sum(axis=0)[4:-4])
    assert np.abs(power_db).max() < 0.02
    assert frames.side.max() < 1e-20


def test_a_gain_is_the_distance_and_alignment_removes_it(music: np.ndarray) -> None:
    target, output = mel_frames(music, RATE), mel_frames(2.0 * music, RATE)
    found = frame_distances(output, target)
    assert found["LN-MEL"] == pytest.approx(6.02, abs=0.05)
    assert found["LTAS"] == pytest.approx(6.02, abs=0.01)
    assert max(found["LTAS-S"], found["DYN"]) < 1e-9
    aligned = frame_distances(output.scaled(-20.0 * np.log10(2.0)), target)
    assert max(aligned.values()) < 1e-9


def test_side_and_spread_have_their_own_distances(music: np.ndarray) -> None:
    mid, side = music[0] + music[1], music[0] - music[1]
    wide = 0.5 * np.stack((mid + 2.0 * side, mid - 2.0 * side))
    found = frame_distances(mel_frames(wide, RATE), mel_frames(music, RATE))
    assert found["WID"] == pytest.approx(6.02, abs=0.3)
    moving = music * (1.0 + 0.5 * np.sin(np.arange(music.shape[1]) * 2.0 * np.pi / RATE))
    found = frame_distances(mel_frames(moving, RATE), mel_frames(music, RATE))
    assert found["DYN"] > 0.1
    assert found["WID"] < 1.0
