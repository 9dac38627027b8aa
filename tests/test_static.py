from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUBPACKAGES = ("configs", "data", "inference", "models", "training")
PACKAGE = sorted(path for folder in SUBPACKAGES for path in (ROOT / folder).rglob("*.py"))
EVERYTHING = [*PACKAGE, ROOT / "start.py", *sorted((ROOT / "tests").rglob("*.py"))]
JIT = ROOT / "models" / "kernels" / "jit.py"


def identify(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


def test_every_file_holds_one_subject() -> None:
    lengths = {identify(path): len(path.read_text("utf-8").splitlines()) for path in PACKAGE}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
    vague = re.compile(r"(/|_)(utils?|helpers?|misc)(_|\.|/)")
    assert [name for name in lengths if vague.search(name)] == []


def test_package_imports_itself_relatively() -> None:
    assert [identify(path) for path in PACKAGE if "glassmaster" in imported(path)] == []


def test_numba_is_used_by_kernels_only() -> None:
    users = [path for path in PACKAGE if {"numba", "llvmlite"} & imported(path)]
    assert [identify(path) for path in users if path.parent != JIT.parent] == []


def test_every_kernel_goes_through_one_decorator() -> None:
    # another decorator would use numba's own cache, which goes stale across files
    decorator = re.compile(r"@(numba\.)?(n?jit|c?func|vectorize|guvectorize)\b")
    kernels = [path for path in JIT.parent.glob("*.py") if path != JIT]
    assert [identify(path) for path in kernels if decorator.search(path.read_text("utf-8"))] == []


def test_nothing_is_left_to_do_and_no_path_is_of_one_machine() -> None:
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3))
    banned = re.compile(rf"\b({marks})\b|[\"' ]/(home|root|Users|work|mnt)/")
    found = {identify(path): banned.findall(path.read_text("utf-8")) for path in EVERYTHING}
    assert {name: marks for name, marks in found.items() if marks} == {}
