from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import numpy as np
import pytest
import soundfile
from referencing import Registry, Resource

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import STYLES, compose
from glassmaster.inference.cli import main
from glassmaster.inference.warming import warm

os.environ.setdefault("OMP_NUM_THREADS", "1")  # workers share the cores; torch would spin on them

FILES = Path(__file__).parent / "data" / "files"
SCHEMAS: dict[str, Any] = {
    item.name: json.loads(item.read_text(encoding="utf-8"))
    for item in (files("glassmaster.configs") / "schemas").iterdir()
}
REGISTRY: Registry[Any] = Registry().with_resources(
    [(name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)
SCHEMA_OF = {"render": "master", "": "common"}
INTERRUPTED = {130, 143}


def problems(document: dict[str, Any]) -> list[str]:
    name = SCHEMA_OF.get(document["command"], document["command"])
    if name == "common":  # not understood: only the top is promised
        return [] if document["files"] == [] and document["error"] else ["no error"]
    return breaches(document, f"{name}.json")


def breaches(document: Any, name: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY)
    return [error.message for error in validator.iter_errors(document)]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command line left behind."""

    code: int
    out: str
    err: str
    document: dict[str, Any]

    @property
    def file(self) -> dict[str, Any]:
        (entry,) = self.document["files"]
        found: dict[str, Any] = entry
        return found

    @property
    def error_code(self) -> str | None:
        error = self.document["error"] or self.file["error"]
        return None if error is None else error["code"]

    @property
    def warnings(self) -> set[str]:
        return {warning["code"] for warning in self.file["warnings"]}


def outcome(code: int, out: str, err: str, asks_json: bool) -> Outcome:
    """Check what holds for every run, and return it."""
    assert "Traceback" not in err
    document: dict[str, Any] = {}
    if asks_json and code not in INTERRUPTED:
        document = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
        assert problems(document) == []
    else:
        assert out == ""
    return Outcome(code, out, err, document)


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def denormals() -> Iterator[None]:
    """Let the next test have its denormal numbers, which learning flushes for speed."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)


@pytest.fixture(scope="session")
def kernels() -> None:
    """Compile what a master needs, so that no command speaks of its first run."""
    warm()


@pytest.fixture
def run(kernels: None, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    before = signal.getsignal(signal.SIGTERM)

    def call(*arguments: object) -> Outcome:
        words = [str(argument) for argument in arguments]
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return outcome(code, out, err, "--json" in words)

    yield call
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def command(kernels: None) -> list[str]:
    return [sys.executable, "-m", "glassmaster.inference.program"]


@pytest.fixture
def spawn(command: list[str]) -> Run:
    def call(*arguments: object, **options: Any) -> Outcome:
        words = [str(argument) for argument in arguments]
        done = subprocess.run(
            [*command, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=options.pop("timeout", 120),
            **options,
        )
        return outcome(done.returncode, done.stdout, done.stderr, "--json" in words)

    return call


@pytest.fixture(scope="session")
def song() -> Audio:
    return compose(1, duration_s=5.0).mix


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="session")
def mix(library: Path, song: Audio) -> Path:
    path = library / "mix.wav"
    soundfile.write(path, song.samples.T, song.sample_rate, subtype="PCM_24")
    return path


@pytest.fixture(scope="session")
def other_mix(library: Path) -> Path:
    other = compose(2, style=STYLES[-1], duration_s=5.0)
    path = library / "other.wav"
    soundfile.write(path, other.mix.samples.T, other.sample_rate, subtype="PCM_24")
    return path


@pytest.fixture(scope="session")
def sha256() -> Callable[[Path], str]:
    return lambda path: hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def read_samples() -> Callable[[Path], tuple[np.ndarray[Any, np.dtype[np.float64]], int]]:
    def read(path: Path) -> tuple[np.ndarray[Any, np.dtype[np.float64]], int]:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
        return samples, rate

    return read


@pytest.fixture(scope="session")
def schema_problems() -> Callable[[Any, str], list[str]]:
    """Return what lists how a document breaks a schema, which is named by its file."""
    return breaches


@pytest.fixture(scope="session")
def workers_of() -> Callable[[int], list[int]]:
    """Return what lists the processes that a process has started to work; it needs /proc."""

    def workers(process: int) -> Iterator[int]:
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
                words = (status.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == process and b"popen_loky" in words:
                yield int(status.parent.name)

    return lambda process: list(workers(process))


def load_neighbor(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"neighbor_{path.stem}", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bad_input() -> ModuleType:
    return load_neighbor(FILES / "test_bad_input.py")


@pytest.fixture
def bytesmith(tmp_path: Path) -> Any:
    return load_neighbor(FILES / "conftest.py").Forge(tmp_path)
