import numpy as np
import pytest

from glassmaster.models.errors import ParameterError
from glassmaster.models.moves import IN_LEVEL, RESPONSE_HZ
from glassmaster.training.benchmark.generators.degradation import (
    DEGRADATION,
    Degradation,
    degrade,
    draw,
    from_vector,
)
from glassmaster.training.benchmark.generators.expansion import band_gains
from glassmaster.training.benchmark.generators.family import deg_v1
from glassmaster.training.benchmark.metrics.response import effective_response_db

RATE = 44_100
NOTHING = Degradation((0.0,) * 9, 0.0, 0.0, (0.0, 0.0, 0.0), 0.0, 0.0, -6.0)


def _with(**values: object) -> Degradation:
    return Degradation(
        **{**{name: getattr(NOTHING, name) for name in NOTHING.__slots__}, **values}  # type: ignore[arg-type]
    )


def _noise(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def test_a_draw_depends_on_seed_and_song_alone() -> None:
    first = draw(3, "album/one.ogg")
    draw(3, "album/two.ogg")
    assert draw(3, "album/one.ogg") == first
    assert draw(4, "album/one.ogg") != first
    assert draw(3, "album/two.ogg") != first


def test_draws_have_the_moments_that_are_stated() -> None:
    drawn = np.array([draw(0, f"song {index}").vector() for index in range(3000)])
    family = deg_v1()
    sd = np.sqrt(family.variance)
    assert drawn.shape[1] == len(DEGRADATION) == len(family.mean)
    assert np.all(np.abs(drawn.mean(axis=0) - family.mean) < 5.0 * sd / np.sqrt(3000))
    assert np.allclose(drawn.std(axis=0), sd, rtol=0.06)
    correlation = np.corrcoef(drawn.T) - np.eye(len(DEGRADATION))
    assert np.abs(correlation).max() < 0.09
    names = dict(zip(DEGRADATION, drawn.T, strict=True))
    assert names["expansion@low"].min() >= 0.0
    assert names["expansion@high"].max() <= 0.5
    assert 0.0 <= names["bias"].min() < 0.01 < 0.99 < names["bias"].max() <= 1.0


def test_a_degradation_is_a_vector_and_back() -> None:
    drawn = draw(1, "song")
    assert from_vector(drawn.vector()) == drawn
    with pytest.raises(ParameterError, match="17 finite values"):
        from_vector(np.zeros(5))
    with pytest.raises(ParameterError, match="finite"):
        from_vector(np.full(17, np.nan))


def test_no_degradation_changes_nothing_but_the_level() -> None:
    music = _noise(2.0)
    made = degrade(music, RATE, NOTHING)
    gain = float(np.max(np.abs(made)) / np.max(np.abs(music)))
    assert np.max(np.abs(made)) == pytest.approx(10.0 ** (-6.0 / 20.0), rel=1e-6)
    assert np.max(np.abs(made - gain * music)) < 1e-6


def test_the_response_is_the_one_that_is_stated() -> None:
    music = _noise(20.0)
    drawn = _with(nodes_db=tuple(draw(5, "x").nodes_db), tilt_db=2.0, bias=0.7)
    made = degrade(music, RATE, drawn)
    wanted = drawn.response_db(RESPONSE_HZ)
    wanted -= wanted[IN_LEVEL].mean()
    assert np.abs(effective_response_db(music, made, RATE) - wanted).max() < 0.35
    assert np.allclose(drawn.correction_db, -wanted)


def test_mix_and_master_are_aligned() -> None:
    impulse = np.zeros((2, RATE), np.float32)
    impulse[:, RATE // 2] = 0.5
    made = degrade(impulse, RATE, _with(nodes_db=(6.0, -3.0) * 4 + (2.0,), bias=1.0))
    assert int(np.argmax(np.abs(made[0]))) == RATE // 2
    before, after = made[0, RATE // 2 - 4000 : RATE // 2], made[0, RATE // 2 + 1 :][:4000]
    assert np.allclose(before[::-1], after, atol=1e-6)


def test_the_basis_is_nodes_tilt_and_bias() -> None:
    family = deg_v1()
    basis = family.response_basis(family.nodes_hz)
    assert np.allclose(basis[:, :9], np.eye(9), atol=1e-9)
    assert np.allclose(basis[[0, 4, 8], 9], (-1.0, 0.0, 1.0))
    edges = np.array(family.bias.edges_hz)
    bias = family.response_basis(np.sqrt(edges[1:] * edges[:-1]))[:, 10]
    assert np.allclose(bias, family.bias.difference_db)
    beyond = family.response_basis(np.array((1.0, 30.0, 16_000.0, 22_000.0)))
    assert np.allclose(beyond[0], beyond[1])
    assert np.allclose(beyond[2], beyond[3])


def test_bands_of_expansion_add_up() -> None:
    hz = np.geomspace(10.0, 22_000.0, 500)
    gains = band_gains(hz, deg_v1().expansion)
    assert np.allclose(gains.sum(axis=0), 1.0)
    assert np.all(gains >= 0.0)
    assert gains[0, 0] == gains[2, -1] == 1.0


@pytest.mark.parametrize(("step_db", "wanted_db"), [(8.0, 12.0), (40.0, 48.0)])
def test_expansion_moves_levels_apart_up_to_its_limit(step_db: float, wanted_db: float) -> None:
    music = _noise(8.0)
    half = music.shape[1] // 2
    music[:, :half] *= np.float32(10.0 ** (-step_db / 20.0))
    made = degrade(music, RATE, _with(expansion=(0.5, 0.5, 0.5))).astype(np.float64)
    inner = RATE // 2
    levels = [
        10.0 * np.log10(np.square(part[:, inner:-inner]).mean())
        for part in (made[:, :half], made[:, half:])
    ]
    assert levels[1] - levels[0] == pytest.approx(wanted_db, abs=0.4)


def test_peaks_rise_and_the_rest_stays() -> None:
    music = _noise(6.0) * np.float32(0.2)
    clicks = np.arange(RATE // 4, music.shape[1] - 100, RATE // 2)
    music[:, clicks] = 0.5
    rest = np.ones(music.shape[1], bool)
    for click in clicks:
        rest[click - 2000 : click + 2000] = False

    def crest_db(audio: np.ndarray) -> float:
        level = np.sqrt(np.square(audio[:, rest], dtype=np.float64).mean())
        return float(20.0 * np.log10(np.abs(audio[:, clicks]).mean() / level))

    raised, lowered = (degrade(music, RATE, _with(restoration_db=db)) for db in (3.0, -3.0))
    assert crest_db(raised) - crest_db(music) == pytest.approx(3.0, abs=1.0)
    assert crest_db(lowered) - crest_db(music) == pytest.approx(-3.0, abs=1.0)


def test_side_gets_its_gain() -> None:
    music = _noise(1.0)
    made = degrade(music, RATE, _with(side_gain_db=6.0)).astype(np.float64)
    ratio = [
        np.square(part[0] - part[1]).sum() / np.square(part[0] + part[1]).sum()
        for part in (music.astype(np.float64), made)
    ]
    assert 10.0 * np.log10(ratio[1] / ratio[0]) == pytest.approx(6.0, abs=1e-3)


def test_silence_is_refused() -> None:
    with pytest.raises(ParameterError, match="silence"):
        degrade(np.zeros((2, 4000), np.float32), RATE, NOTHING)
