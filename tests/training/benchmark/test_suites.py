from pathlib import Path

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import STYLES, compose
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.errors import CatalogueError, ParameterError
from glassmaster.training.benchmark.delivery import CEILING_DBTP, deliver_audio
from glassmaster.training.benchmark.excerpts import LONGEST_S, excerpt, middle
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.benchmark.suites.choosing import subset
from glassmaster.training.benchmark.suites.making import make_task, task_again
from glassmaster.training.benchmark.suites.planning import SUITES, plan_suite
from glassmaster.training.benchmark.tasks import RATE_HZ, Plan, Song, load_songs


def _song(package: str, name: str, artist: str = "", target: bool = True) -> Song:
    return Song(f"{package}/{name}.ogg", package, package, artist, target)


SONGS = (
    *(_song("one", str(index), "Ann" if index < 2 else "Bob") for index in range(4)),
    *(_song("two", str(index)) for index in range(3)),
    _song("three", "0"),
    _song("four", "0"),
    _song("four", "1", target=False),
)


def _source(identity: str) -> Audio:
    seed = sum(identity.encode())
    return compose(seed, style=STYLES[seed % len(STYLES)], duration_s=3.0).mix


def test_every_suite_plans_the_same_tasks_again(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    for folder in ("mix", "master"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.wav").touch()
    for suite in SUITES:
        plans = plan_suite(suite, SONGS, folder=tmp_path)
        assert plans
        assert plans == plan_suite(suite, SONGS[::-1], folder=tmp_path)
        assert len({plan.key for plan in plans}) == len(plans)
        quick = plan_suite(suite, SONGS, quick=True, folder=tmp_path)
        assert quick == plans[: len(quick)]


def test_only_finished_songs_take_part() -> None:
    plans = plan_suite("DEG", SONGS, weights={"two/1.ogg": 3.0})
    assert {plan.identity for plan in plans} == {s.identity for s in SONGS if s.is_target}
    assert {plan.weight for plan in plans if plan.identity == "two/1.ogg"} == {3.0}
    assert {plan.weight for plan in plans if plan.identity != "two/1.ogg"} == {1.0}


def test_references_are_from_where_the_suite_says() -> None:
    by_name = {song.identity: song for song in SONGS}
    albums = plan_suite("DEG-A", SONGS)
    assert {plan.package for plan in albums} == {"one", "two"}  # the others have one song
    for plan in albums:
        [name] = plan.references
        assert by_name[name].package == plan.package
        assert name != plan.identity
        assert by_name[name].artist == by_name[plan.identity].artist
    for suite, count in (("DEG-X", 1), ("STYLE-X", 1), ("STYLE-X3", 3)):
        for plan in plan_suite(suite, SONGS):
            assert len(set(plan.references)) == count
            assert all(by_name[name].component != plan.component for name in plan.references)
    three = {plan.identity: plan for plan in plan_suite("STYLE-X3", SONGS)}
    for plan in plan_suite("STYLE-X", SONGS):
        assert plan.references == three[plan.identity].references[:1]
        packages = {by_name[name].package for name in three[plan.identity].references}
        assert len(packages) == 3


def test_a_subset_takes_packages_in_turn() -> None:
    chosen = subset(SONGS, 4, 0)
    assert {song.package for song in chosen} == {"one", "two", "three", "four"}
    assert subset(SONGS, 6, 0)[:4] == chosen


def test_what_is_unknown_or_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no suite 'DEG-Z'"):
        plan_suite("DEG-Z", SONGS)
    with pytest.raises(ParameterError, match="no suite 'DEG-Z'"):
        make_task(Plan("DEG-Z", "a/b", "a", "a", (), 0), _source)
    with pytest.raises(CatalogueError, match="needs a folder"):
        plan_suite("REALMIX", SONGS)
    with pytest.raises(CatalogueError, match="holds no files of equal names"):
        plan_suite("PAIR", SONGS, folder=tmp_path)
    broken = tmp_path / "split.csv"
    broken.write_text("identity,package\na/b,a\n")
    with pytest.raises(CatalogueError, match="needs the columns"):
        load_songs(broken)


def test_splits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text(
        "identity,package,file,component,artist,is_target\na/b.ogg,a,b.ogg,c,Ann,yes\n"
        "a/d.ogg,a,d.ogg,c,,no\n"
    )
    first, second = load_songs(path)
    assert first == Song("a/b.ogg", "a", "c", "Ann", True)
    assert not second.is_target


@pytest.mark.parametrize(
    "suite", ["SYN", "SYN-CODEC", "SYN-OUT", "STYLE-X", "DEG", "DEG-A", "IDEMPOTENT"]
)
def test_tasks_of_songs_hold_together(suite: str) -> None:
    plan = next(plan for plan in plan_suite(suite, SONGS) if plan.package == "one")
    task = make_task(plan, _source)
    assert task.target is not None
    assert task.mix.shape == task.target.shape
    assert task.mix.dtype == task.target.dtype == np.float32
    assert task.target_lufs == pytest.approx(loudness_lufs(task.target, RATE_HZ))
    assert tuple(reference.identity for reference in task.references) == plan.references
    again = make_task(plan, _source)
    assert np.array_equal(task.mix, again.mix)
    assert np.array_equal(task.target, again.target)
    release = excerpt(_source(plan.identity), RATE_HZ)
    if suite.startswith("DEG"):
        assert np.array_equal(task.target, release)
        assert not np.array_equal(task.mix, release)
    else:
        assert np.array_equal(task.mix, release)
        assert np.array_equal(task.target, release) == (suite == "IDEMPOTENT")


@pytest.mark.parametrize("suite", ["SYN", "STYLE-X"])
def test_the_true_settings_make_the_target(suite: str) -> None:
    task = make_task(plan_suite(suite, SONGS)[0], _source)
    assert task.target is not None
    assert task.truth.master is not None
    renderer = ChainRenderer(task.truth.master.chain, task.sample_rate, 2)
    made = np.concatenate((renderer.process(task.mix), renderer.finish()), axis=1)
    assert np.abs(made - task.target).max() < 4 * 2.0**-23  # rounding and dither of 24 bits


def test_a_task_without_references_has_the_same_audio_as_with_them() -> None:
    plain, album = (
        {plan.identity: plan for plan in plan_suite(suite, SONGS)} for suite in ("DEG", "DEG-A")
    )
    identity = next(iter(album))
    tasks = [make_task(plans[identity], _source) for plans in (plain, album)]
    assert np.array_equal(tasks[0].mix, tasks[1].mix)
    assert not tasks[0].references
    assert len(tasks[1].references) == 1


def test_a_faulty_mix_has_the_intended_one_as_target() -> None:
    task = make_task(plan_suite("MIXFAULT", ())[1], _source)
    assert task.target is not None
    assert task.mix.shape == task.target.shape
    assert task.target_lufs == pytest.approx(-12.0, abs=0.5)


def test_folders_of_mixes_and_pairs(tmp_path: Path) -> None:
    mix = compose(1, duration_s=2.0).mix
    for folder, gain in (("mix", 0.5), ("master", 1.0)):
        (tmp_path / "pairs" / folder).mkdir(parents=True)
        path = tmp_path / "pairs" / folder / "song.wav"
        soundfile.write(path, gain * mix.samples.T, mix.sample_rate, subtype="FLOAT")
    [pair] = plan_suite("PAIR", (), folder=tmp_path / "pairs")
    task = make_task(pair, _source)
    assert task.target is not None
    assert np.array_equal(task.mix, np.float32(0.5) * task.target)
    [real] = plan_suite("REALMIX", (), folder=tmp_path / "pairs" / "mix")
    task = make_task(real, _source)
    assert task.target is None
    assert -24.0 < task.target_lufs <= -10.9
    short = tmp_path / "pairs" / "master" / "song.wav"
    soundfile.write(short, mix.samples[:, :40_000].T, mix.sample_rate, subtype="FLOAT")
    with pytest.raises(CatalogueError, match="aligned to the sample"):
        make_task(pair, _source)


def test_own_output_is_a_task_again() -> None:
    task = make_task(plan_suite("IDEMPOTENT", SONGS)[0], _source)
    delivered = deliver_audio(task.mix, task.sample_rate, task.target_lufs)
    again = task_again(task, delivered)
    assert again.plan.suite == "IDEMPOTENT-AGAIN"
    assert again.target is delivered.samples
    assert again.target_lufs == pytest.approx(task.target_lufs, abs=0.11)


def test_files_are_delivered_at_their_loudness_under_the_ceiling() -> None:
    mix = compose(2, duration_s=4.0).mix.samples
    delivered = deliver_audio(mix, RATE_HZ, -15.0)
    assert delivered.samples.shape == mix.shape
    assert loudness_lufs(delivered.samples, RATE_HZ) == pytest.approx(-15.0, abs=0.12)
    assert delivered.loudness.true_peak_dbtp is not None
    assert delivered.loudness.true_peak_dbtp <= CEILING_DBTP
    beyond = deliver_audio(mix, RATE_HZ, -2.0)
    assert -12.0 < loudness_lufs(beyond.samples, RATE_HZ) < -4.0


def test_an_excerpt_is_the_middle_minute() -> None:
    ramp = np.linspace(0.0, 1.0, 100 * 8000, dtype=np.float32)[None]
    part = excerpt(Audio(ramp, 8000), 8000)
    assert part.shape == (2, round(LONGEST_S * 8000))
    assert part.mean() == pytest.approx(0.5, abs=1e-3)
    assert np.array_equal(excerpt(Audio(part, 8000), 8000), part)
    assert excerpt(Audio(ramp, 8000), 16_000).shape == (2, round(LONGEST_S * 16_000))
    short = excerpt(Audio(ramp[:, :8000], 8000), 8000)
    assert short.shape == (2, 8000)
    assert middle(short, 0.5, 8000).shape == (2, 4000)
    assert np.array_equal(middle(short, 5.0, 8000), short)
