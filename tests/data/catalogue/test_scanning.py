from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from glassmaster.data.catalogue import matching
from glassmaster.data.catalogue.records import Status
from glassmaster.data.catalogue.scanning import Scanned, scan
from glassmaster.data.catalogue.store import Catalogue, open_catalogue
from glassmaster.data.catalogue.usable import usable_pairs
from glassmaster.models.errors import CatalogueError


def quiet(step: str, done: float) -> None:
    assert 0.0 <= done <= 1.0


def scanned(path: Path, *folders: Path) -> Scanned:
    with open_catalogue(path, create=True, alone=True) as catalogue:
        return scan(catalogue, folders, quiet)


def names(catalogue: Catalogue) -> set[tuple[str, str, Status]]:
    return {(p.mix_path.name, p.master_path.name, p.status) for p in catalogue.pairs()}


SURE = {
    ("Blue Sky mix v2.wav", "01 Blue Sky.wav", Status.SURE),
    ("Red Car mix v2.wav", "02 Red Car.wav", Status.SURE),
}


def test_masters_get_the_mix_they_were_made_of(library: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.glassmaster"
    assert scanned(path, library).files == 11
    with open_catalogue(path) as catalogue:
        assert catalogue.is_complete
        assert names(catalogue) == SURE
        blue, red = usable_pairs(catalogue)
        assert (blue.artist, blue.album, blue.title) == ("Ebba", "One", "blue sky")
        assert blue.alignment is not None
        assert red.alignment is not None
        assert (blue.alignment.offset_samples, red.alignment.offset_samples) == (0, 700)
        assert all(0.8 < pair.confidence <= 1.0 for pair in (blue, red))
        remarks = {f.path.name: catalogue.remarks().get(f.sha256) for f in catalogue.files()}
    assert "another version" in (remarks["Blue Sky instrumental.wav"] or "")
    assert "same as" in (remarks["Blue Sky.flac"] or "")
    assert "stem" in (remarks["Blue Sky drums.wav"] or "")
    assert "short" in (remarks["click.wav"] or "")
    assert remarks["broken.wav"]
    assert "01 Blue Sky" in (remarks["Blue Sky mix v1.wav"] or "")


def test_only_what_changed_is_measured_again(library: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.glassmaster"
    first = scanned(path, library)
    assert (first.measured, first.compared > 0) == (11, True)
    again = scanned(path, library)
    assert (again.measured, again.compared, again.gone) == (0, 0, 0)
    moved = library / "Ebba/One/MASTERS/01 Blue Sky.wav"
    moved.rename(library / "Ebba/One/01 Blue Sky (master).wav")
    os.utime(library / "Ebba/One/Mixes/Red Car mix v2.wav", (1.0, 1.0))
    (library / "Ebba/click.wav").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "glassmaster.data.catalogue.measuring._measure",
            lambda path: pytest.fail(f"{path} is known by its content"),
        )
        third = scanned(path, library)
    assert (third.files, third.measured, third.compared, third.gone) == (10, 2, 0, 2)
    with open_catalogue(path) as catalogue:
        assert {mix for mix, _, _ in names(catalogue)} == {mix for mix, _, _ in SURE}
        assert not any(file.path.name == "click.wav" for file in catalogue.files())


def test_a_stem_never_stands_for_a_mix(library: Path, tmp_path: Path) -> None:
    one = library / "Ebba/One"
    shutil.copy(one / "Mixes/Red Car mix v2.wav", one / "A stem of Red Car.wav")
    samples, rate = soundfile.read(one / "Mixes/Red Car mix v2.wav")
    soundfile.write(one / "Stems/Red Car all.wav", samples, rate, subtype="PCM_24", format="AIFF")
    scanned(tmp_path / "c", library)
    with open_catalogue(tmp_path / "c") as catalogue:
        assert names(catalogue) == SURE


def test_other_folders_stay(library: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.glassmaster"
    scanned(path, library)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert scanned(path, empty).gone == 0
    with open_catalogue(path) as catalogue:
        assert names(catalogue) == SURE


def test_person_decides(library: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.glassmaster"
    scanned(path, library)
    mixes = library / "Ebba/One/Mixes"
    master = library / "Ebba/One/MASTERS/01 Blue Sky.wav"
    with open_catalogue(path, alone=True) as catalogue:
        matching.reject(catalogue, mixes / "Blue Sky mix v2.wav", master)
        matching.pair(catalogue, quiet)
        found = names(catalogue)
        assert ("Blue Sky mix v2.wav", "01 Blue Sky.wav", Status.REJECTED) in found
        assert ("Blue Sky mix v1.wav", "01 Blue Sky.wav", Status.UNSURE) in found
        assert len(usable_pairs(catalogue)) == 1
        matching.confirm(catalogue, mixes / "Blue Sky mix v1.wav", master)
        matching.pair(catalogue, quiet)
        confirmed = ("Blue Sky mix v1.wav", "01 Blue Sky.wav", Status.CONFIRMED)
        assert confirmed in names(catalogue)
        assert len(usable_pairs(catalogue)) == 2
        with pytest.raises(CatalogueError, match="another version"):
            matching.confirm(catalogue, mixes / "Blue Sky instrumental.wav", master)
        with pytest.raises(CatalogueError, match="no readable file"):
            matching.confirm(catalogue, tmp_path / "none.wav", master)
    scanned(path, library)  # decisions outlive a scan
    with open_catalogue(path) as catalogue:
        assert confirmed in names(catalogue)


def test_comparisons_of_another_version_are_made_anew(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.glassmaster"
    made = scanned(path, library).compared
    monkeypatch.setattr("glassmaster.data.catalogue.store.COMPARING_VERSION", 999)
    with open_catalogue(path) as catalogue:
        assert {pair.alignment for pair in catalogue.pairs()} == {None}
        with pytest.raises(CatalogueError, match="another version of this program") as caught:
            usable_pairs(catalogue)
        assert caught.value.code == "outdated"
    again = scanned(path, library)
    assert (again.measured, again.compared) == (0, made)
    with open_catalogue(path) as catalogue:
        assert len(usable_pairs(catalogue)) == 2


def test_there_is_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        scanned(tmp_path / "c.glassmaster", tmp_path / "none")
    assert caught.value.code == "folder"


class Elsewhere:
    """An engine as other processes are: all goes through pickle, and ends in another order."""

    def run(self, work: Any, items: Any) -> Any:
        for place, item in reversed(list(enumerate(items))):
            result = pickle.loads(pickle.dumps(work))(pickle.loads(pickle.dumps(item)))
            yield place, pickle.loads(pickle.dumps(result))


def test_engine_does_not_matter(library: Path, tmp_path: Path, picture: Any) -> None:
    pictures = []
    for name, engine in (("one", None), ("two", Elsewhere())):
        with open_catalogue(tmp_path / name, create=True, alone=True) as catalogue:
            scan(catalogue, [library], quiet, engine)
            pictures.append(picture(catalogue, library))
    assert pictures[0] == pictures[1]
