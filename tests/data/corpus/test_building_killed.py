from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glassmaster.data.corpus.building import CorpusPlan, build_corpus
from glassmaster.models.errors import OutputError
from glassmaster.training.corpus.tempo import find_structure

SCRIPT = """
    import sys
    import time
    from pathlib import Path
    from glassmaster.data.corpus.building import CorpusPlan, build_corpus
    from glassmaster.data.execution.processes import Processes
    from glassmaster.training.corpus.tempo import find_structure

    def tell(step, share):
        print(step, flush=True)
        if step == "writing the shard":
            time.sleep(1.0)  # so that a kill finds it unwritten

    if __name__ == "__main__":
        folder, out = Path(sys.argv[1]), Path(sys.argv[2])
        plan = CorpusPlan(out, (), (folder,), out / "cache", None, Processes(2))
        build_corpus(plan, find_structure, tell)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "build.py"
    path.write_text(textwrap.dedent(SCRIPT))
    return path


def started(script: Path, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(script), str(folder), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def children_of(process: int) -> Iterator[int]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            yield int(status.parent.name)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_build_goes_on_to_the_same_bytes(
    folder: Path, script: Path, tmp_path: Path, digests: Callable[[Path], dict[str, str]]
) -> None:
    with started(script, folder, tmp_path / "whole") as whole:
        assert whole.wait(timeout=120) == 0
    chance = random.Random(7)
    out = tmp_path / "killed"
    orphans: set[int] = set()
    for stop in range(3):
        with started(script, folder, out) as process:
            assert process.stdout is not None
            process.stdout.readline()
            for _ in range(2 * stop):  # each run comes further than the one before
                if b"writing" in process.stdout.readline():
                    break
            time.sleep(chance.uniform(0.0, 0.3))
            orphans.update(children_of(process.pid))
            process.kill()
        assert not (out / "manifest.jsonl").exists()
    with started(script, folder, out) as process:
        assert process.wait(timeout=120) == 0
    assert digests(out) == digests(tmp_path / "whole")
    for orphan in orphans:  # none outlives its parent for long
        with pytest.raises(ProcessLookupError):
            os.kill(orphan, 0)


def test_only_one_build_works_in_a_folder(folder: Path, script: Path, tmp_path: Path) -> None:
    with started(script, folder, tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        plan = CorpusPlan(tmp_path, (), (folder,), tmp_path / "cache", None)
        with pytest.raises(OutputError, match="another build"):
            build_corpus(plan, find_structure, lambda step, share: None)
        process.send_signal(signal.SIGKILL)
