from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import resources
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
SUBPACKAGES = ("configs", "data", "inference", "models", "training")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADDED = ("added.yaml", "added.json", "added/deeply/nested.yaml", "added/deeply/nested.json")


def tracked_tree(suffixes: set[str]) -> set[PurePosixPath]:
    return {
        PurePosixPath("glassmaster", path.relative_to(ROOT).as_posix())
        for folder in SUBPACKAGES
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and "__pycache__" not in path.parts
    }


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="session")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[PurePosixPath]:
    # built from a copy: setuptools leaves a build folder behind, and packs what is in an old one
    copy = tmp_path_factory.mktemp("wheel") / "checkout"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copy(ROOT / "start.py", copy)
    shutil.copytree(ROOT / ".namespace", copy / ".namespace", symlinks=True)
    for name in (*SUBPACKAGES, "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ADDED:  # the globs have to find what nobody has written yet
        (copy / "configs" / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / "configs" / name).touch()
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", "dist", "."],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {PurePosixPath(name) for name in archive.namelist()}


def test_every_folder_with_code_is_listed_as_a_package() -> None:
    folders = {path.parent for path in tracked_tree({".py"})}
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert {".".join(folder.parts) for folder in folders} == set(listed)
    assert listed == sorted(set(listed))


def test_every_package_has_an_init_file() -> None:
    for package in PROJECT["tool"]["setuptools"]["packages"]:
        assert ROOT.joinpath(*package.split(".")[1:], "__init__.py").is_file(), package


def test_no_other_folder_of_the_root_is_a_package() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(SUBPACKAGES)


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_namespace_link_shows_the_subpackage(name: str) -> None:
    link = ROOT / ".namespace" / "glassmaster" / name
    assert link.resolve() == ROOT / name
    if link.is_symlink():  # a checkout without links, as on some Windows, has text files
        assert not link.readlink().is_absolute()


def test_namespace_holds_nothing_else() -> None:
    assert {path.name for path in (ROOT / ".namespace").iterdir()} == {"glassmaster"}
    links = {path.name for path in (ROOT / ".namespace" / "glassmaster").iterdir()}
    assert links == set(SUBPACKAGES)


def test_wheel_holds_every_module_and_no_other(wheel_names: set[PurePosixPath]) -> None:
    packed = {name for name in wheel_names if name.suffix == ".py"}
    assert packed == tracked_tree({".py"})


def test_wheel_holds_every_script_of_a_page(wheel_names: set[PurePosixPath]) -> None:
    packed = {name for name in wheel_names if name.suffix == ".js"}
    assert packed == tracked_tree({".js"}) != set()


def test_wheel_holds_every_configuration_file(wheel_names: set[PurePosixPath]) -> None:
    packed = {name for name in wheel_names if name.suffix in {".yaml", ".yml", ".json"}}
    added = {PurePosixPath("glassmaster", "configs", name) for name in ADDED}
    assert packed == tracked_tree({".yaml", ".yml", ".json"}) | added


def test_wheel_shows_its_types(wheel_names: set[PurePosixPath]) -> None:
    marked = {name.parts[1] for name in wheel_names if name.name == "py.typed"}
    assert marked == set(SUBPACKAGES) - {"configs"}


def test_wheel_installs_nothing_else_at_top_level(wheel_names: set[PurePosixPath]) -> None:
    version = PROJECT["project"]["version"]
    tops = {name.parts[0] for name in wheel_names}
    assert tops == {"glassmaster", f"glassmaster-{version}.dist-info"}
    assert PurePosixPath("glassmaster/__init__.py") not in wheel_names


def test_installed_package_reads_its_own_configuration() -> None:
    found = {path.name for path in resources.files("glassmaster.configs").iterdir()}
    assert {path.name for path in (ROOT / "configs").iterdir()} - {"__pycache__"} <= found


def test_constraints_pin_every_requirement_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", pin) for pin in pins), pins
    pinned = {normalize(pin.split("==")[0]) for pin in pins}
    wanted = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted += extra
    names = {normalize(re.split(r"[^A-Za-z0-9_.-]", line)[0]) for line in wanted}
    assert names - {"glassmaster"} <= pinned


def test_command_line_starts_without_loading_heavy_modules() -> None:
    script = """
import sys
from glassmaster.inference.cli import main
sys.argv = ["glassmaster", "--help"]
try:
    status = main()
except SystemExit as ending:
    status = ending.code
loaded = {name.split(".")[0] for name in sys.modules}
print("STATUS", status or 0)
print("LOADED", *sorted(loaded & {"numpy", "numba", "llvmlite", "soundfile", "soxr", "yaml"}))
"""
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert "STATUS 0" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "LOADED"
    assert "glassmaster" in shown.stdout + shown.stderr
