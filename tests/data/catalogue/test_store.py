from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glassmaster.data.catalogue.records import Comparison, Status, StoredFile
from glassmaster.data.catalogue.scanning import scan
from glassmaster.data.catalogue.store import Catalogue, open_catalogue
from glassmaster.data.catalogue.usable import usable_pairs
from glassmaster.models.errors import CatalogueError, OutputError

KILLED = """
import os, signal, sys
from pathlib import Path
from glassmaster.data.catalogue.scanning import scan
from glassmaster.data.catalogue.store import open_catalogue
left = int(sys.argv[3])
def progress(step, done):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
with open_catalogue(Path(sys.argv[1]), create=True, alone=True) as catalogue:
    scan(catalogue, [Path(sys.argv[2])], progress)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "studio.glassmaster"
    open_catalogue(found, create=True).__exit__()
    return found


def code_of(path: Path, **options: bool) -> str:
    with pytest.raises((CatalogueError, OutputError)) as caught:
        open_catalogue(path, **options).files()
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.code


def test_killed_at_any_moment_it_ends_the_same(library: Path, tmp_path: Path, picture: Any) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    with open_catalogue(whole, create=True, alone=True) as catalogue:
        scan(catalogue, [library], lambda step, done: None)
        expected = picture(catalogue, library)
    for steps in (1, 4, 5, 2):  # within measuring, then within aligning
        command = [sys.executable, "-c", KILLED, str(broken), str(library), str(steps)]
        assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
        with open_catalogue(broken) as catalogue:
            assert not catalogue.is_complete
            assert catalogue.pairs() == ()
            with pytest.raises(CatalogueError, match="interrupted"):
                usable_pairs(catalogue)
    with open_catalogue(broken, create=True, alone=True) as catalogue:
        again = scan(catalogue, [library], lambda step, done: None)
        assert again.measured < 11  # what was measured before it was killed is there
        assert picture(catalogue, library) == expected


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none") == "not_found"
    text = tmp_path / "text"
    text.write_text("not a database, but long enough to be one" * 10)
    assert code_of(text, create=True) == "not_a_catalogue"
    assert text.read_text().startswith("not a database")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE songs (name)")
    connection.close()
    assert code_of(other, create=True) == "not_a_catalogue"


def test_another_version_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert code_of(path) == "other_version"


@pytest.mark.parametrize("place", [100, 4096, 8192])
def test_damage_is_told(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place : place + 600] = b"\xa5" * 600
    path.write_bytes(content)
    assert code_of(path) == "damaged"


def test_cut_file_is_damaged(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)
    assert code_of(path) == "damaged"


def test_two_scans_do_not_meet(path: Path) -> None:
    with open_catalogue(path, alone=True):
        assert code_of(path, alone=True) == "busy"
    open_catalogue(path, alone=True).__exit__()


def fill(catalogue: Catalogue) -> None:
    for number in range(1000):
        catalogue.put_comparison(f"{number:064}", "0" * 64, Comparison(None, "no pair " * 40))


def test_full_disk_leaves_what_was_there(path: Path) -> None:
    with open_catalogue(path) as catalogue:
        catalogue.decide("1" * 64, "2" * 64, Status.REJECTED)
        pages = catalogue._connection.execute("PRAGMA page_count").fetchone()[0]
        catalogue._connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        with pytest.raises(OutputError, match="disk is full") as caught:
            fill(catalogue)
        assert (caught.value.code, caught.value.exit_code) == ("disk_full", 74)
    with open_catalogue(path) as catalogue:
        assert list(catalogue.decisions().values()) == [Status.REJECTED]
        assert len(catalogue.comparisons()) > 0


def test_file_that_cannot_grow_is_told(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 8192, limits[1]))
    try:
        with open_catalogue(path) as catalogue, pytest.raises(OutputError) as caught:
            fill(catalogue)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.exit_code == 74
    with open_catalogue(path) as catalogue:
        assert catalogue.files() == ()


def test_names_that_are_no_text_are_kept(path: Path) -> None:
    name = Path(os.fsdecode(b"/studio/m\xe4ster.wav"))
    with open_catalogue(path) as catalogue, catalogue._writing():
        catalogue._put_file(StoredFile(name, Path("/studio"), 1, 2, "3" * 64))
    with open_catalogue(path) as catalogue:
        assert [file.path for file in catalogue.files()] == [name]
