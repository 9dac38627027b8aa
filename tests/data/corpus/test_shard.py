from __future__ import annotations

import hashlib
import zlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.data.corpus import shard
from glassmaster.data.corpus.quantizing import PEAK_STEP_DB, POWER_STEP_DB
from glassmaster.data.corpus.shard import Segment, ShardSong, read_shard, shard_sha256, write_shard
from glassmaster.data.features.content import CONTENT
from glassmaster.data.features.frames import MelFrames, mel_frames
from glassmaster.data.features.statistics import StatisticsMeter
from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum

Points = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def frames() -> MelFrames:
    return mel_frames(compose(3, duration_s=7.0).mix.samples, 44_100).part(8, 258)


@pytest.fixture(scope="module")
def songs(frames: MelFrames) -> tuple[ShardSong, ...]:
    rng = np.random.default_rng(0)
    segment = Segment(12.5, frames.mid, frames.side, frames.peak)
    mono = Segment(30.0, frames.mid, 0.0 * frames.side, frames.peak[:-3])
    return tuple(
        ShardSong(
            identity=f"package/ünï {index}.ogg",
            split="fit",
            package="package",
            artist="",
            sample_rate=44_100,
            statistics=rng.standard_normal(len(STATISTICS)),
            content=rng.standard_normal(len(CONTENT)),
            spectrum=PowerSpectrum(*rng.random((3, len(CENTERS_HZ)))),
            integrated_lufs=-14.123456789,
            range_lu=6.0,
            true_peak_dbtp=-0.1,
            plr_db=14.0,
            segments=(segment, mono)[: index + 1],
        )
        for index in range(2)
    )


@pytest.fixture
def path(tmp_path: Path, songs: tuple[ShardSong, ...]) -> Path:
    path = tmp_path / "songs.shard"
    write_shard(path, songs)
    return path


def off_db(found: Points, expected: Points, range_db: float) -> float:
    counted = expected > expected.max() * 10.0 ** (-0.1 * range_db)
    return float(np.abs(10.0 * np.log10(found[counted] / expected[counted])).max())


def test_songs_come_back(path: Path, songs: tuple[ShardSong, ...]) -> None:
    for found, expected in zip(read_shard(path), songs, strict=True):
        for field in fields(ShardSong):
            if field.name not in ("statistics", "content", "spectrum", "segments"):
                assert getattr(found, field.name) == getattr(expected, field.name), field.name
        np.testing.assert_array_equal(found.statistics, expected.statistics)
        np.testing.assert_array_equal(found.content, expected.content)
        for part in ("mid", "side", "cross"):
            np.testing.assert_array_equal(
                getattr(found.spectrum, part), getattr(expected.spectrum, part)
            )
        for one, other in zip(found.segments, expected.segments, strict=True):
            assert one.start_s == other.start_s
            assert one.mid.dtype == one.peak.dtype == np.float32
            assert off_db(one.mid, other.mid, 90.0) <= 0.501 * POWER_STEP_DB
            assert off_db(one.peak**2, other.peak**2, 60.0) <= 0.501 * PEAK_STEP_DB
            assert one.side.shape == other.side.shape
            assert len(one.peak) == len(other.peak)


def test_silence_stays_silence(path: Path) -> None:
    mono = read_shard(path)[1].segments[1]
    assert mono.side.max() == 0.0


def test_quantized_frames_have_the_same_statistics(path: Path, frames: MelFrames) -> None:
    stored = read_shard(path)[0].segments[0]
    vectors = []
    for given in (frames, MelFrames(stored.mid, stored.side, stored.peak)):
        meter = StatisticsMeter(44_100, 2)
        meter.feed_frames(given)
        vectors.append(meter.result())
    assert float(np.abs(vectors[0] - vectors[1]).mean()) < 0.02


def test_same_songs_same_bytes(path: Path, tmp_path: Path, songs: tuple[ShardSong, ...]) -> None:
    other = tmp_path / "other.shard"
    digest = write_shard(other, songs)
    assert other.read_bytes() == path.read_bytes()
    assert digest == shard_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sorted(tmp_path.iterdir()) == [other, path]


def test_a_shard_is_smaller_than_its_frames(path: Path, frames: MelFrames) -> None:
    assert path.stat().st_size < 0.8 * 3 * (2 * frames.mid.size + frames.peak.size)


@pytest.mark.parametrize("place", [30, 200, 5000, -40, -1])
def test_a_changed_byte_is_found(path: Path, place: int) -> None:
    body = bytearray(path.read_bytes())
    body[place] ^= 0x10
    path.write_bytes(body)
    with pytest.raises(CatalogueError) as caught:
        read_shard(path)
    assert caught.value.code == "shard_damaged"
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("length", [25, 100, 4000, -1])
def test_a_file_cut_short_is_found(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CatalogueError) as caught:
        read_shard(path)
    assert caught.value.code == "shard_damaged"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "no_shard"), (b"RIFF" * 20, "no_shard"), (b"glassmaster shard 999\n", "shard_version")],
)
def test_other_files_are_refused(path: Path, body: bytes, code: str) -> None:
    path.write_bytes(body)
    with pytest.raises(CatalogueError) as caught:
        read_shard(path)
    assert caught.value.code == code


@pytest.mark.parametrize("directory", [b"[]", b'{"songs": []}', b"\xff", b'{"statistics": 1}'])
def test_a_directory_that_makes_no_sense_is_refused(path: Path, directory: bytes) -> None:
    head = zlib.compress(directory)
    body = b"glassmaster shard 1\n" + len(head).to_bytes(8, "little") + head
    path.write_bytes(body + hashlib.sha256(body).digest())
    with pytest.raises(CatalogueError, match="again"):
        read_shard(path)


def test_other_statistics_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "STATISTICS", (*STATISTICS[1:], "another"))
    with pytest.raises(CatalogueError) as caught:
        read_shard(path)
    assert caught.value.code == "shard_statistics"


def test_songs_that_make_no_sense_are_not_written(
    tmp_path: Path, songs: tuple[ShardSong, ...]
) -> None:
    song = songs[0]
    segment = song.segments[0]
    infinite = segment.mid.copy()
    infinite[3, 3] = np.inf
    for bad in (
        replace(song, statistics=song.statistics[:-1]),
        replace(song, statistics=np.nan * song.statistics),
        replace(song, content=song.content[:-1]),
        replace(song, range_lu=float("nan")),
        replace(song, segments=(replace(segment, side=segment.side[:, 1:]),)),
        replace(song, segments=(replace(segment, peak=segment.peak[:-5]),)),
        replace(song, segments=(replace(segment, mid=infinite),)),
    ):
        with pytest.raises(CatalogueError) as caught:
            write_shard(tmp_path / "bad.shard", [bad])
        assert caught.value.code == "bad_song"
    assert list(tmp_path.iterdir()) == []
