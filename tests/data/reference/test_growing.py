from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from glassmaster.data.corpus.measuring import FindStructure, no_structure
from glassmaster.data.corpus.tasks import Task, measure_and_save
from glassmaster.data.execution.engine import ThisProcess
from glassmaster.data.reference.corpus import read_corpus
from glassmaster.data.reference.growing import Grown, add_folders, remove_tracks
from glassmaster.data.synthetic import compose
from glassmaster.models.errors import CatalogueError, OutputError


def silent(step: str, done: float) -> None:
    """Show no progress."""


def write(path: Path, seed: int, gain: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, gain * compose(seed, duration_s=41.0).mix.samples.T, 44_100)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    write(folder / "one" / "a.wav", 1)
    write(folder / "one" / "b.wav", 2)
    write(folder / "two" / "c.flac", 3, 0.5)
    (folder / "two" / "damaged.wav").write_bytes(b"RIFF" + bytes(100))
    (folder / "notes.txt").write_text("no audio")
    soundfile.write(folder / "two" / "short.wav", np.zeros((4410, 2)) + 0.1, 44_100)
    return folder


def grow(path: Path, *folders: Path) -> Grown:
    return add_folders(path, folders, no_structure, silent, ThisProcess())


@pytest.mark.usefixtures("kernels")
def test_a_corpus_grows_and_shrinks(music: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.corpus"
    grown = grow(path, music)
    assert (grown.added, grown.known) == (3, 0)
    assert {Path(each.identity).name for each in grown.refused} == {"damaged.wav", "short.wav"}
    assert all(each.reason for each in grown.refused)
    corpus = read_corpus(path)
    assert corpus.name == "mine"
    assert [Path(track.identity).name for track in corpus.tracks] == ["a.wav", "b.wav", "c.flac"]
    assert {track.album for track in corpus.tracks} == {f"{music.name}/one", f"{music.name}/two"}
    assert np.isfinite(corpus.production.figures[:, :4]).all()
    assert [each.name for each in tmp_path.iterdir()] == ["mine.corpus"]  # nothing else is left

    before = path.read_bytes()
    again = grow(path, music)
    assert (again.added, again.known) == (0, 3)
    assert path.read_bytes() == before

    left, gone = remove_tracks(path, [f"{music.name}/one"])
    assert (gone, len(left), len(read_corpus(path))) == (2, 1, 1)
    with pytest.raises(CatalogueError, match=r"holds no nothing, nobody"):
        remove_tracks(path, ["nothing", "nobody"])


@pytest.mark.usefixtures("kernels")
def test_only_what_changed_is_measured_again(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = tmp_path / "album", tmp_path / "a.corpus"
    write(folder / "a.wav", 1)
    grow(path, folder)
    write(folder / "b.wav", 2)
    seen: list[str] = []
    from glassmaster.data.corpus import running

    def watched(find_structure: FindStructure, task: Task) -> None:
        seen.append(task.path.name)
        measure_and_save(find_structure, task)

    monkeypatch.setattr(running, "measure_and_save", watched)
    grown = grow(path, folder)
    assert (grown.added, grown.known, seen) == (1, 1, ["b.wav"])
    (folder / "c.wav").write_bytes((folder / "a.wav").read_bytes())
    twice = grow(path, folder)
    assert twice.added == 0
    [refused] = twice.refused
    assert "same file as album/a.wav" in refused.reason


@pytest.mark.usefixtures("kernels")
def test_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    one, other, path = tmp_path / "x" / "cd", tmp_path / "y" / "cd", tmp_path / "a.corpus"
    write(one / "01.wav", 1)
    write(other / "01.wav", 2)
    both = grow(path, one, other)
    assert both.added == 1
    [clash] = both.refused
    assert "rename a folder" in clash.reason
    later = grow(path, other)
    assert later.added == 0
    [refused] = later.refused
    assert f"from {one}" in refused.reason
    assert len(read_corpus(path)) == 1


def test_folders_without_audio_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no audio"):
        grow(tmp_path / "a.corpus", tmp_path)
    with pytest.raises(CatalogueError, match="no folder"):
        grow(tmp_path / "a.corpus", tmp_path / "gone")


def test_two_runs_do_not_work_on_one_corpus(music: Path, tmp_path: Path) -> None:
    from glassmaster.data.corpus.working_folder import locked

    path = tmp_path / "a.corpus"
    with locked(tmp_path / "a.corpus.work"), pytest.raises(OutputError) as caught:
        grow(path, music)
    assert caught.value.code == "busy"
