from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glassmaster.data.corpus.building import CorpusPlan, build_corpus
from glassmaster.data.corpus.listing import ListedTrack
from glassmaster.data.corpus.manifest import ManifestEntry, read_manifest
from glassmaster.data.corpus.measuring import Structure
from glassmaster.data.corpus.shard import read_shard
from glassmaster.data.corpus.splits import read_splits
from glassmaster.models.errors import CatalogueError, OutputError

RATE = 44_100
LENGTH_S = 43.0


def thirds(power: npt.NDArray[np.float32], hop_s: float) -> Structure:
    third = power.shape[1] * hop_s / 3.0
    return Structure(120.0, (0.0, third, 2.0 * third))


def quiet(step: str, share: float) -> None:
    assert 0.0 <= share <= 1.0


def plan_of(folder: Path, out: Path) -> CorpusPlan:
    return CorpusPlan(out=out, listing=(), folders=(folder,), cache=out / "cache", splits=None)


@pytest.fixture(scope="module")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("corpus")
    build_corpus(plan_of(folder, out), thirds, quiet)
    return out


@pytest.fixture
def entries(built: Path) -> dict[str, ManifestEntry]:
    return {
        entry.identity.split("/", 1)[1]: entry for entry in read_manifest(built / "manifest.jsonl")
    }


def test_songs_are_kept_and_the_rest_is_named(entries: dict[str, ManifestEntry]) -> None:
    reasons = {name: entry.reason for name, entry in entries.items()}
    assert {name for name, reason in reasons.items() if not reason} == {
        "one/song.flac",
        "two/song.flac",
    }
    assert "shorter than 40 s" in reasons["three/short.wav"]
    assert "no music" in reasons["three/hiss.wav"]
    assert "a loop of" in reasons["three/loop.wav"]
    assert "silent" in reasons["three/silence.flac"]
    assert "excluded" in reasons["sfx/song.wav"]
    assert reasons["two/again.ogg"].startswith("duplicate of ")
    assert "one/broken.ogg" in reasons["one/broken.ogg"]
    assert "one/notes.txt" not in reasons


def test_the_manifest_tells_what_was_measured(
    entries: dict[str, ManifestEntry], folder: Path
) -> None:
    entry = entries["one/song.flac"]
    content = (folder / "one" / "song.flac").read_bytes()
    assert entry.sha256 == hashlib.sha256(content).hexdigest()
    assert entry.duration_s == pytest.approx(LENGTH_S)
    assert (entry.codec, entry.sample_rate, entry.channels) == ("PCM_16", RATE, 2)
    assert entry.integrated_lufs is not None
    assert entry.true_peak_dbtp == pytest.approx(-0.9, abs=0.6)
    assert entry.plr_db == pytest.approx(entry.true_peak_dbtp - entry.integrated_lufs, abs=1e-3)
    assert entry.sections_s[0] == 0.0
    assert len(entry.sections_s) == 3
    assert entry.split in ("fit", "calibration", "validation", "test")
    assert entries["one/broken.ogg"].sha256 is None


def test_the_shard_holds_kept_songs_at_one_level(
    built: Path, entries: dict[str, ManifestEntry]
) -> None:
    songs = read_shard(built / "shard.bin")
    kept = {entry.identity: entry for entry in entries.values() if entry.split and entry.segments}
    assert {song.identity for song in songs} == set(kept)
    for song in songs:
        assert len(song.segments) == kept[song.identity].segments > 0
        starts = np.array([segment.start_s for segment in song.segments])
        assert (np.diff(starts) >= 6.0).all()
        mean = np.mean([(each.mid + each.side).sum(axis=0).mean() for each in song.segments])
        assert 10.0 * np.log10(mean) == pytest.approx(-18.0, abs=4.0)
        assert song.segments[0].mid.shape == (80, 259)
        assert song.segments[0].peak.shape == (1032,)


def test_nothing_of_the_audio_stays(built: Path) -> None:
    assert not list((built / "work").glob("unpacked-*"))
    endings = {path.suffix for path in built.rglob("*") if path.is_file()}
    assert endings <= {".jsonl", ".bin", ".corpus", ".csv", ".npz", ""}


def test_an_existing_corpus_is_not_replaced_unasked(folder: Path, built: Path) -> None:
    with pytest.raises(OutputError, match="exists"):
        build_corpus(plan_of(folder, built), thirds, quiet)


def test_a_finished_build_gives_the_same_bytes_again(
    folder: Path, built: Path, digests: Callable[[Path], dict[str, str]]
) -> None:
    before = digests(built)
    measured = {path: path.stat().st_mtime_ns for path in (built / "work").glob("*.npz")}
    build_corpus(replace(plan_of(folder, built), force=True), thirds, quiet)
    assert digests(built) == before
    assert {path: path.stat().st_mtime_ns for path in measured} == measured


def test_splits_that_were_cut_before_are_kept(folder: Path, tmp_path: Path) -> None:
    plan = plan_of(folder, tmp_path)
    none = replace(plan, splits={"fit": (), "calibration": (), "test": (), "validation": ()})
    built_again = build_corpus(none, thirds, quiet)
    reasons = {entry.reason for entry in built_again.corpus.entries if "song.flac" in entry.file}
    assert reasons == {"in none of the splits that were cut before"}
    assert all(len(tracks) == 0 for tracks in read_splits(tmp_path / "splits").values())


def test_a_smaller_shard_holds_fewer_excerpts(folder: Path, built: Path, tmp_path: Path) -> None:
    whole = (built / "shard.bin").stat().st_size
    plan = replace(plan_of(folder, tmp_path), shard_bytes=whole // 2)
    corpus = build_corpus(plan, thirds, quiet)
    assert corpus.shard.stat().st_size <= whole // 2
    counts = {entry.identity: entry.segments for entry in read_manifest(corpus.manifest)}
    for song in read_shard(corpus.shard):
        assert len(song.segments) == counts[song.identity]


def test_nothing_to_measure_is_refused(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    with pytest.raises(CatalogueError, match="no track"):
        build_corpus(plan_of(tmp_path / "music", tmp_path / "out"), thirds, quiet)
    with pytest.raises(CatalogueError, match="no folder"):
        build_corpus(plan_of(tmp_path / "absent", tmp_path / "out"), thirds, quiet)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is missing")
def test_packages_are_unpacked_measured_and_cleared(folder: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: tiny-data\nVersion: 1.0\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@example.org>\nDescription: a test\n"
    )
    (tree / "usr").mkdir()
    shutil.copy(folder / "one" / "song.flac", tree / "usr" / "one.flac")
    with zipfile.ZipFile(tree / "usr" / "data.pk3", "w") as archive:
        archive.write(folder / "two" / "song.flac", "music/two.flac")
    cache = tmp_path / "cache"
    cache.mkdir()
    package = cache / "tiny-data_1.0_all.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-b", str(tree), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    (cache / "hurt-data_1.0_all.deb").write_bytes(package.read_bytes()[:5000])

    def row(name: str, file: str, split: str = "train") -> ListedTrack:
        return ListedTrack(split, name, "GPL-2", file, True, True, (), "", file, "")

    listing = (
        row("tiny-data", "usr/one.flac"),
        row("tiny-data", "unz/music/two.flac"),
        row("tiny-data", "usr/gone.flac"),
        row("tiny-data", "usr/guitar.flac", "stems"),
        row("hurt-data", "usr/one.flac"),
    )
    plan = CorpusPlan(tmp_path / "out", listing, (), cache, None)
    corpus = build_corpus(plan, thirds, quiet).corpus
    entries = {entry.identity: entry for entry in corpus.entries}
    assert len(entries) == len(listing)
    for name in ("tiny-data/usr/one.flac", "tiny-data/unz/music/two.flac"):
        assert entries[name].reason == ""
        assert entries[name].component == "tiny-data"
        assert entries[name].source == package.name
        assert entries[name].licence == "GPL-2"
    assert "no such file" in entries["tiny-data/usr/gone.flac"].reason
    assert "stems" in entries["tiny-data/usr/guitar.flac"].reason
    assert "is damaged" in entries["hurt-data/usr/one.flac"].reason
    assert not list((tmp_path / "out" / "work").glob("unpacked-*"))
    assert build_corpus(replace(plan, force=True), thirds, quiet).corpus.entries == corpus.entries
