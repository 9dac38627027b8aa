from __future__ import annotations

import importlib
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

WORK = """
    import os
    import signal
    import time
    from pathlib import Path

    import numpy as np

    def rows(seed, item):
        time.sleep(0.01 * (item % 3))
        return item, np.random.default_rng((seed, item)).standard_normal(4).tobytes()

    def meet(folder, item):
        (Path(folder) / str(os.getpid())).touch()
        ends = time.monotonic() + 20.0
        while len(list(Path(folder).iterdir())) < 2 and time.monotonic() < ends:
            time.sleep(0.01)
        return who(item)

    def who(item):
        time.sleep(0.05)
        return os.getpid(), os.environ["OMP_NUM_THREADS"], os.environ["NUMBA_NUM_THREADS"]

    def once(folder, item):
        # the first worker that comes to the item dies of it
        (Path(folder) / f"{item}-{os.getpid()}-{time.monotonic_ns()}").touch()
        if item == 3 and len(list(Path(folder).glob("3-*"))) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return item * item

    def deadly(item):
        if item == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    def refuse(item):
        from glassmaster.models.errors import TargetError
        raise TargetError(f"{item}: no", nearest_lufs=-9.5, path=item)

    def broken(item):
        return 1 // item

    def steps():
        for _ in range(3000):
            time.sleep(0.02)

    def slow(item):
        if item:
            steps()
        return item

    def half_written(folder, item):
        from glassmaster.data.files.partial import PartialFile
        if item == 0:
            # on a busy machine a cluster takes its time to start another process
            ends = time.monotonic() + 180.0
            while not list(Path(folder).glob(".*")):
                assert time.monotonic() < ends, "nobody began the other item"
                time.sleep(0.01)
            return item
        partial = PartialFile(Path(folder) / "out.wav", force=False)
        try:
            steps()
        finally:
            partial.abort()
"""


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Return functions in a module that other processes find too."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "work_of_tests.py").write_text(textwrap.dedent(WORK))
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    patch.setenv("PYTHONPATH", str(folder))
    yield importlib.import_module("work_of_tests")
    patch.undo()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "seen"
    made.mkdir()
    return made
