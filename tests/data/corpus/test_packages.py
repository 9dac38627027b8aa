from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from glassmaster.data.corpus.packages import cached_package, fetch_package, unpack
from glassmaster.models.errors import CatalogueError

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is missing")

MakePackage = Callable[[Mapping[str, bytes]], Path]


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    def make(files: Mapping[str, bytes], name: str = "tiny-data") -> Path:
        tree = tmp_path / "tree"
        control = tree / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        control.write_text(
            f"Package: {name}\nVersion: 1.0\nArchitecture: all\n"
            "Maintainer: Nobody <nobody@example.org>\nDescription: a test\n"
        )
        for path, content in files.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        cache = tmp_path / "cache"
        cache.mkdir()
        package = cache / f"{name}_1.0_all.deb"
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-b", str(tree), str(package)]
        subprocess.run(command, check=True, capture_output=True)
        return package

    return make


def archive_of(path: Path, files: Mapping[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.read_bytes()


@needs_dpkg
def test_only_what_is_wanted_is_unpacked(make_package: MakePackage, tmp_path: Path) -> None:
    package = make_package({"usr/a/one.ogg": b"one", "usr/a/two.ogg": b"two", "usr/x": b"x"})
    folder = tmp_path / "out"
    folder.mkdir()
    found = unpack(package, {"usr/a/two.ogg", "usr/a/absent.ogg"}, folder)
    assert {name: path.read_bytes() for name, path in found.items()} == {"usr/a/two.ogg": b"two"}
    assert sorted(folder.iterdir()) == sorted(found.values())
    assert found["usr/a/two.ogg"].suffix == ".ogg"


@needs_dpkg
def test_archives_inside_are_looked_into(make_package: MakePackage, tmp_path: Path) -> None:
    inner = archive_of(tmp_path / "a.zip", {"audio/song.ogg": b"song", "audio/no.ogg": b"no"})
    other = archive_of(tmp_path / "b.zip", {"../../evil.ogg": b"evil"})
    package = make_package({"usr/mod.pk3": inner, "usr/other.zip": other, "usr/b.ogg": b"b"})
    folder = tmp_path / "out"
    folder.mkdir()
    wanted = {"unz/audio/song.ogg", "usr/b.ogg", "unz/../../evil.ogg"}
    found = unpack(package, wanted, folder)
    assert {name: path.read_bytes() for name, path in found.items()} == {
        "unz/audio/song.ogg": b"song",
        "usr/b.ogg": b"b",
        "unz/../../evil.ogg": b"evil",
    }
    assert {path.parent for path in found.values()} == {folder}
    assert sorted(folder.iterdir()) == sorted(found.values())


@needs_dpkg
def test_a_damaged_package_is_named(make_package: MakePackage, tmp_path: Path) -> None:
    package = make_package({"usr/a.ogg": bytes(200_000)})
    package.write_bytes(package.read_bytes()[:300])
    with pytest.raises(CatalogueError, match=r"tiny-data_1\.0_all\.deb"):
        unpack(package, {"usr/a.ogg"}, tmp_path)


def test_cached_packages_are_not_downloaded(tmp_path: Path) -> None:
    (tmp_path / "some-data_1.0_all.deb").write_bytes(b"")
    assert cached_package("some", tmp_path) is None
    assert fetch_package("some-data", tmp_path) == tmp_path / "some-data_1.0_all.deb"


def test_a_download_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin" / "apt-get"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    with pytest.raises(CatalogueError, match=r"nothing-data: .*Unable to locate"):
        fetch_package("nothing-data", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_download_lands_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin" / "apt-get"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\ntouch tiny-data_2.0_all.deb\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    package = fetch_package("tiny-data", tmp_path / "cache")
    assert package == tmp_path / "cache" / "tiny-data_2.0_all.deb"
    assert list((tmp_path / "cache").iterdir()) == [package]


def test_without_dpkg_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CatalogueError, match="install dpkg"):
        unpack(tmp_path / "a.deb", {"a"}, tmp_path)
