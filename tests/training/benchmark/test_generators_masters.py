from dataclasses import replace

import numpy as np
import pytest

from glassmaster.data.synthetic import STEMS, STYLES, compose
from glassmaster.models.errors import ParameterError
from glassmaster.models.settings import BLOCKS
from glassmaster.training.benchmark.generators.family import Family, Spread
from glassmaster.training.benchmark.generators.mixfault import draw_faults, faulty_mix, mixfault_v1
from glassmaster.training.benchmark.generators.out_of_class import master_out_of_class
from glassmaster.training.benchmark.generators.perturbation import perturb
from glassmaster.training.benchmark.generators.style import draw_style, style_v1
from glassmaster.training.benchmark.metrics.waveform import null_db
from glassmaster.training.frozen import (
    configuration_hashes,
    configuration_text,
    load_configuration,
)

RATE = 44_100


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(3, duration_s=6.0).mix.samples


def test_a_style_depends_on_seed_and_song_alone() -> None:
    style = draw_style(1, "song")
    assert draw_style(1, "song") == style
    assert draw_style(2, "song") != style
    assert draw_style(1, "other") != style


def test_styles_use_blocks_as_often_as_stated() -> None:
    styles = [draw_style(0, str(index)) for index in range(800)]
    prior = style_v1()
    for name in BLOCKS:
        share = np.mean([not style.settings[name].bypass for style in styles])
        wanted = 1.0 if name == "limiter" else getattr(prior, name).share
        assert share == pytest.approx(wanted, abs=0.055)
    lufs = [style.target_lufs for style in styles]
    assert prior.loudness_lufs[0] <= min(lufs) < max(lufs) <= prior.loudness_lufs[1]
    gains = [style.settings["equalizer"].values["low_gain_db"] for style in styles]
    assert 1.2 < np.std(gains) < 2.6


def test_masters_out_of_class_are_compressed(music: np.ndarray) -> None:
    steps = music.copy()
    half = steps.shape[1] // 2
    steps[:, :half] *= np.float32(0.1)
    made, lufs = master_out_of_class(steps, RATE, 0, "song")
    assert made.shape == steps.shape
    assert -14.0 <= lufs <= -9.0

    def step_db(audio: np.ndarray) -> float:
        parts = (audio[:, :half], audio[:, half:])
        quiet, loud = (np.square(part, dtype=np.float64).mean() for part in parts)
        return float(10.0 * np.log10(loud / quiet))

    assert step_db(made) < step_db(steps) - 1.0
    assert np.array_equal(made, master_out_of_class(steps, RATE, 0, "song")[0])
    assert not np.array_equal(made, master_out_of_class(steps, RATE, 0, "other")[0])


def _shift(kept: np.ndarray, music: np.ndarray) -> int:
    """Return by how many samples audio was delayed."""
    likeness = [float(np.vdot(np.roll(music[0], shift), kept[0])) for shift in range(-5, 6)]
    return int(np.argmax(likeness)) - 5


def test_an_archive_changes_little(music: np.ndarray) -> None:
    part = music[:, : 2 * RATE]
    kept = [perturb(part, RATE, 0, str(song)) for song in range(6)]
    assert np.array_equal(kept[0], perturb(part, RATE, 0, "0"))
    shifts = [_shift(one, part) for one in kept]
    assert len(set(shifts)) > 1
    assert max(map(abs, shifts)) <= 3
    for one, shift in zip(kept, shifts, strict=True):
        assert one.shape == part.shape
        assert null_db(np.roll(one, -shift, axis=1)[:, 8:-8], part[:, 8:-8]) < -8.0
        level = np.linalg.norm(one) / np.linalg.norm(part)
        assert level == pytest.approx(1.0, abs=0.05)


def test_faults_are_one_or_two_in_different_stems() -> None:
    drawn = [draw_faults(0, song) for song in range(200)]
    assert {len(faults) for faults in drawn} == {1, 2}
    for faults in drawn:
        assert len({fault.stem for fault in faults}) == len(faults)
        assert all(fault.stem in STEMS and 3.0 <= abs(fault.gain_db) <= 9.0 for fault in faults)
    assert any(fault.center_hz is None for faults in drawn for fault in faults)
    assert any(fault.center_hz is not None for faults in drawn for fault in faults)


def test_a_faulty_mix_differs_by_its_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    prior = replace(mixfault_v1(), duration_s=3.0)
    monkeypatch.setattr(
        "glassmaster.training.benchmark.generators.mixfault.mixfault_v1", lambda: prior
    )
    song = next(
        song
        for song in range(50)
        if len(faults := draw_faults(0, song)) == 1 and faults[0].center_hz is None
    )
    made = faulty_mix(0, song, RATE)
    [fault] = made.faults
    difference = made.mix.astype(np.float64) - made.intended
    stem = difference / (10.0 ** (fault.gain_db / 20.0) - 1.0)
    style = STYLES[song % len(STYLES)]
    composed = compose(7000 + song, style=style, duration_s=3.0, sample_rate=RATE)
    assert np.abs(stem - composed.stems[fault.stem]).max() < 1e-6
    assert np.array_equal(made.mix, faulty_mix(0, song, RATE).mix)


def test_files_are_hashed_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = configuration_hashes()
    assert {"deg_v1", "style_v1", "out_of_class_v1", "suites_v1"} <= hashes.keys()
    assert all(len(digest) == 64 for digest in hashes.values())
    with pytest.raises(ParameterError, match=r"has no nothing\.yaml"):
        configuration_text("nothing")
    with pytest.raises(ParameterError, match="lacks these entries"):
        load_configuration("deg_v1", Spread)
    text = configuration_text("deg_v1").replace("sd_db: 2.6", "sd_db: loud")
    monkeypatch.setattr("glassmaster.training.frozen.configuration_text", lambda _, folder: text)
    with pytest.raises(ParameterError, match=r"side\.sd_db is 'loud'"):
        load_configuration("deg_v1", Family)
