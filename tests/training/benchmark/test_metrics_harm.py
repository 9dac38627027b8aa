import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError
from glassmaster.models.processors.multiband_compressor import BANDS
from glassmaster.models.settings import default_settings
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum
from glassmaster.training.benchmark.delivery import CEILING_DBTP, deliver_audio
from glassmaster.training.benchmark.metrics.harm import (
    HARMS,
    harm_counters,
    mono_loss_db,
    normal_distance,
)
from glassmaster.training.benchmark.metrics.modulation import modulation_db, resting_audio
from glassmaster.training.benchmark.metrics.untargeted import UNTARGETED, MixMeasures
from glassmaster.training.benchmark.tasks import Plan, Task, Truth
from glassmaster.training.weighting.commercial import (
    commercial_masters,
    commercial_songs,
    commercial_v1,
    in_bands,
    master_features,
    song_features,
)
from glassmaster.training.weighting.weights import effective_number, fit_weights

RATE = 44_100


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(4, style="rock", duration_s=6.0).mix.samples


def _like_commercial(plr_shift_db: float = 0.0) -> np.ndarray:
    features = commercial_songs().mean.copy()
    features[8] += plr_shift_db
    return features


def test_a_steady_filter_modulates_nothing(music: np.ndarray) -> None:
    sections = butter(2, (300.0, 3000.0), "bandpass", fs=RATE, output="sos")
    assert modulation_db(music, sosfilt(sections, music).astype(np.float32), RATE) < 0.9
    assert modulation_db(music, 3.0 * music, RATE) < 1e-6


def test_pumping_is_seen(music: np.ndarray) -> None:
    seconds = np.arange(music.shape[1]) / RATE
    for amplitude_db in (1.0, 4.0):
        gain = 10.0 ** (amplitude_db * np.sin(2.0 * np.pi * 3.0 * seconds) / 20.0)
        found = modulation_db(music, (music * gain).astype(np.float32), RATE)
        assert found == pytest.approx(amplitude_db / np.sqrt(2.0), rel=0.2)


def test_a_chain_at_rest_pumps_nothing(music: np.ndarray) -> None:
    # the crossovers delay bands: against the mix that looks like modulation
    ratios = {f"{band}_ratio": 1.0 for band in BANDS}
    settings = default_settings().with_block("multiband_compressor", ratios)
    settings = settings.with_block("imager", {"middle_width": 1.2})
    delivered = deliver_audio(music, RATE, -24.0, settings=settings).samples
    resting = resting_audio(music, RATE, settings)
    assert modulation_db(resting, delivered, RATE) < 0.05
    assert modulation_db(music, delivered, RATE) > 0.3


@pytest.mark.parametrize(("ratio", "pumps"), [(1.1, False), (5.0, True)])
def test_a_compressor_pumps_against_itself_at_rest(
    music: np.ndarray, ratio: float, pumps: bool
) -> None:
    values: dict[str, float] = {}
    for band in BANDS:
        values |= {f"{band}_ratio": ratio, f"{band}_threshold_db": -12.0}
        values |= {f"{band}_attack_ms": 10.0, f"{band}_release_ms": 80.0}
    settings = default_settings().with_block("multiband_compressor", values)
    delivered = deliver_audio(music, RATE, -24.0, settings=settings)
    resting = resting_audio(music, RATE, settings)
    found = harm_counters(
        music, delivered, ceiling_dbtp=CEILING_DBTP, settings=settings, resting=resting
    )
    assert found["HARM-PUMPING"] == float(pumps)


def test_a_mono_fold_loses_what_is_side(music: np.ndarray) -> None:
    assert mono_loss_db(np.stack((music[0], music[0]))) == 0.0
    assert mono_loss_db(np.stack((music[0], 0.0 * music[0]))) == pytest.approx(3.01, abs=0.01)


def test_gentle_masters_do_no_harm_and_harsh_ones_do(music: np.ndarray) -> None:
    gentle = deliver_audio(music, RATE, -18.0)
    assert harm_counters(music, gentle, ceiling_dbtp=CEILING_DBTP) == dict.fromkeys(HARMS, 0.0)
    wide = {"middle_width": 2.0, "high_width": 2.0}
    settings = (
        default_settings()
        .with_block("equalizer", {"low_gain_db": 8.0, "high_gain_db": -8.0})
        .with_block("imager", wide)
    )
    harsh = deliver_audio(music, RATE, -18.0, settings=settings)
    found = harm_counters(music, harsh, ceiling_dbtp=-60.0, settings=settings)
    assert found["HARM-EQ"] == found["HARM-PEAK"] == 1.0
    assert found["HARM-LIMITER"] == 0.0
    assert harm_counters(music, harsh, ceiling_dbtp=CEILING_DBTP)["HARM-EQ"] == 1.0


def test_real_mixes_are_measured_against_themselves(music: np.ndarray) -> None:
    plan = Plan("REALMIX", "folder/song", "song", "song", (), 0)
    task = Task(plan, music, None, RATE, -18.0, (), Truth(), asks_loudness=False)
    assert task.asked_lufs is None
    found = MixMeasures(task, ceiling_dbtp=CEILING_DBTP).of(deliver_audio(music, RATE, None))
    assert set(found) == set(UNTARGETED)
    assert found["CLOSER"] == pytest.approx(0.0, abs=1e-6)
    assert found["LTAS-S-MOVED"] == pytest.approx(0.0, abs=1e-6)
    outside = found["MAHALANOBIS"] > normal_distance()
    assert np.isnan(found["FARTHER" if outside else "NEARER"])
    assert found["NEARER" if outside else "FARTHER"] == 0.0


def test_the_commercial_mean_is_at_no_distance() -> None:
    figures = commercial_v1()
    centers = np.log(np.sqrt(np.multiply(figures.edges_hz[1:], figures.edges_hz[:-1])))
    density = 10.0 ** (np.interp(np.log(CENTERS_HZ), centers, figures.mean_db) / 10.0)
    total = density * CENTERS_HZ
    side = 0.117 * total
    spectrum = PowerSpectrum(total - side, side, 0.0 * total)
    features = song_features(spectrum, figures.plr_db)
    assert np.abs(features - commercial_songs().mean).max() < 1.6
    assert commercial_songs().distance(features) < 1.5
    assert np.allclose(song_features(spectrum.scaled(7.0), figures.plr_db), features)
    assert len(master_features(spectrum, figures.plr_db)) == len(commercial_masters().mean)


def test_powers_are_shared_out_between_bands() -> None:
    power = np.ones(124)
    assert in_bands(power, (100.0, 200.0, 400.0)) == pytest.approx((12.0, 12.0))
    assert in_bands(power, (17.0, 23_000.0)).sum() == pytest.approx(124.0)


def test_a_gaussian_has_its_density_and_distance() -> None:
    songs = commercial_songs()
    rng = np.random.default_rng(0)
    drawn = rng.multivariate_normal(songs.mean, songs.covariance, 4000)
    assert np.square(songs.distance(drawn)).mean() == pytest.approx(len(songs.mean), rel=0.05)
    below = np.mean(
        commercial_masters().distance(
            rng.multivariate_normal(
                commercial_masters().mean, commercial_masters().covariance, 4000
            )
        )
        < normal_distance()
    )
    assert below == pytest.approx(0.8, abs=0.03)
    spread = np.sqrt(np.diag(songs.covariance))
    assert np.exp(songs.log_density(songs.mean)) <= 1.0 / np.prod(spread * 0.2)


def test_weights_prefer_what_is_commercial_and_rare() -> None:
    rng = np.random.default_rng(0)
    usual = _like_commercial() + rng.normal(0.0, 6.0, (260, 10))
    near = _like_commercial() + rng.normal(0.0, 0.5, (40, 10))
    rule = fit_weights(np.vstack((usual, near)))
    weights = rule.of(np.vstack((usual, near)))
    assert weights.min() >= 0.1
    assert weights.max() <= 10.0
    assert weights[260:].mean() > 5.0 * weights[:260].mean()
    assert rule.effective == pytest.approx(effective_number(weights))
    assert rule.effective >= 99.9
    assert 0.0 < rule.exponent <= 1.0
    fewer = fit_weights(usual[:60])
    assert fewer.effective == pytest.approx(48.0, abs=0.5) or fewer.exponent == 1.0
    with pytest.raises(CatalogueError, match="too few"):
        fit_weights(usual[:12])


def test_equal_weights_are_all_effective() -> None:
    assert effective_number(np.full(7, 3.0)) == pytest.approx(7.0)
    assert effective_number(np.array((1.0, 0.0, 0.0))) == pytest.approx(1.0)
