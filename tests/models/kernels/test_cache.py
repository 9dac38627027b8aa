from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest

from glassmaster.models import kernels
from glassmaster.models.kernels import cache
from glassmaster.models.kernels.jit import kernel


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget the folder that was found, before and after."""
    cache.cache_directory.cache_clear()
    yield
    cache.cache_directory.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_folder_is_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "a" / "b"))
    directory = cache.cache_directory()
    assert directory.parent == tmp_path / "a" / "b" / "glassmaster" / "kernels"
    assert directory.is_dir()


@pytest.mark.usefixtures("fresh")
@pytest.mark.skipif(sys.platform != "linux", reason="another place on other systems")
def test_without_it_the_folder_of_the_system_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cache.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_directory().is_relative_to(tmp_path)
    cache.cache_directory.cache_clear()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.cache_directory().is_relative_to(tmp_path / "home" / ".cache")


@pytest.mark.usefixtures("fresh")
def test_unusable_folder_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "file"))
    directory = cache.cache_directory()
    assert os.access(directory, os.W_OK)
    assert tmp_path not in directory.parents
    directory.rmdir()


LEVELS = (".", "glassmaster", "glassmaster/kernels")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.usefixtures("fresh")
def test_every_level_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path / "base"
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(base))
    before = os.umask(0)
    try:
        directory = cache.cache_directory()
    finally:
        os.umask(before)
    assert directory.parent == base / LEVELS[-1]
    made = [*(base / level for level in LEVELS), directory]
    assert [oct(level.stat().st_mode & 0o777) for level in made] == ["0o700"] * 4


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("open_level", "mode"),
    [
        (level, mode)
        for level in LEVELS
        for mode in (0o770, 0o707, 0o1777)
        if (level, mode) != (LEVELS[0], 0o770)
    ],
)
def test_machine_code_is_not_kept_where_others_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path, open_level: str, mode: int
) -> None:
    base = tmp_path / "base"
    (base / open_level).mkdir(parents=True)
    (base / open_level).chmod(mode)
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(base))
    directory = cache.cache_directory()
    assert directory.is_relative_to(temporary / f"glassmaster-{os.getuid()}")
    assert list((base / open_level).iterdir()) == []  # nothing is left in it either


@pytest.mark.usefixtures("fresh")
def test_at_last_a_new_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    (temporary / f"glassmaster-{os.getuid()}").mkdir(mode=0o700)
    (temporary / f"glassmaster-{os.getuid()}").chmod(0o777)
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, "/dev/null/nowhere")
    first = cache.cache_directory()
    cache.cache_directory.cache_clear()
    second = cache.cache_directory()
    assert first.parent == second.parent == temporary
    assert first != second
    assert first.stat().st_mode & 0o777 == 0o700


def named(copy: Path) -> str:
    code = (
        "import importlib.util as u, sys;"
        f"s = u.spec_from_file_location('c', {str(copy / 'cache.py')!r});"
        "m = u.module_from_spec(s); s.loader.exec_module(m); print(m._build_hash())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_any_change_of_a_kernel_source_gives_another_folder(tmp_path: Path) -> None:
    source = Path(kernels.__path__[0])
    copy = tmp_path / "kernels"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    first = named(copy)
    assert named(copy) == first
    with (copy / "biquads.py").open("a") as file:
        file.write("# a word\n")
    second = named(copy)
    assert second != first
    (copy / "added.py").write_bytes(b"")
    assert named(copy) not in (first, second)


@pytest.mark.usefixtures("fresh")
def test_kernels_divide_as_ieee_754_says_and_settings_of_numba_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path))
    before = numba.config.CACHE_DIR

    def divide(a: float, b: float) -> float:
        return a / b

    compiled = kernel(divide)
    assert before == numba.config.CACHE_DIR
    assert compiled(1.0, 0.0) == np.inf
    assert np.isnan(compiled(0.0, 0.0))


@pytest.mark.usefixtures("fresh")
def test_vanished_cache_costs_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "gone"))

    def double(a: float) -> float:
        return 2.0 * a

    compiled = kernel(double)
    shutil.rmtree(tmp_path / "gone")
    assert compiled(4.0) == 8.0


@pytest.mark.usefixtures("fresh")
def test_a_base_that_the_group_may_write_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    base.chmod(0o775)
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(base))
    assert cache.cache_directory().is_relative_to(base)
