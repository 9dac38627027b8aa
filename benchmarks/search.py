"""What finding the nearest among many embeddings costs: every distance, usearch, and LanceDB.

    python benchmarks/search.py [--records 1000000] [--queries 1000]

Records and queries are drawn from one mixture of normal distributions. Every row is built in one
process and asked in another, both held to one core where the system can do that. Recall is of the
16 nearest. Memory is the rise of the resident set above a process that has numpy: the highest while
it builds, what is there after all queries when it is asked; pages of mapped files count. Start-up
is the time from there to the first answer: importing, opening and asking, files being cached.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Ask = Callable[[Floats], Iterable[int]]

DIMENSION = 16
COUNT = 16
CENTERS = 2000
MIB = 2**20
BUILDING = {"usearch": "graph", "lancedb": "table"}
ROWS = (
    ("exact", 0),
    *(("usearch", width) for width in (32, 64, 128)),
    *(("lancedb", probes) for probes in (8, 16, 32)),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one row found, and what it cost."""

    found: list[list[int]]
    first_s: float
    each_ms: list[float]
    memory_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder, arguments.records, arguments.queries)
        costs = {}
        for library in BUILDING:
            if importlib.util.find_spec(library) is not None:
                costs[library] = _apart(build, library, folder)
                size = _mib(folder / BUILDING[library])
                seconds, cpu_s, memory = costs[library]
                cost = f"{seconds:.1f} s (CPU {cpu_s:.1f} s), {memory:.0f} MiB, file {size:.0f} MiB"
                print(f"{library}: built in {cost}", flush=True)
        print(
            f"{'':10}{'width':>7}{'recall':>9}{'median':>9}{'95 %':>9}{'start-up':>10}{'memory':>9}"
        )
        print(f"{'':10}{'':7}{'':9}{'ms':>9}{'ms':>9}{'s':>10}{'MiB':>9}")
        truth: list[list[int]] = []
        for library, width in ROWS:
            if library in BUILDING and library not in costs:
                continue
            answers = _apart(ask, library, width, folder)
            truth = truth or answers.found
            hits = [len(set(a) & set(b)) for a, b in zip(answers.found, truth, strict=True)]
            print(
                f"{library:10}{width or '':>7}{np.mean(hits) / COUNT:9.4f}"
                f"{np.median(answers.each_ms):9.3f}{np.percentile(answers.each_ms, 95):9.3f}"
                f"{answers.first_s:10.3f}{answers.memory_mib:9.0f}",
                flush=True,
            )


def draw(folder: Path, records: int, queries: int) -> None:
    """Write what is searched and what is asked: clusters of unequal weight and width."""
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((CENTERS, DIMENSION))
    widths = 0.4 * np.exp(0.4 * rng.standard_normal(CENTERS))
    chosen = rng.choice(CENTERS, records + queries, p=rng.dirichlet(np.ones(CENTERS)))
    apart = rng.standard_normal((len(chosen), DIMENSION))
    drawn = (centers[chosen] + widths[chosen, None] * apart).astype(np.float32)
    np.save(folder / "records.npy", drawn[:records])
    np.save(folder / "queries.npy", drawn[records:])


def build(library: str, folder: Path) -> tuple[float, float, float]:
    """Build an index; return elapsed and processor time in s, and memory in MiB."""
    before = _resident_mib("VmRSS")
    records = np.load(folder / "records.npy")
    started, cpu_s = time.perf_counter(), time.process_time()
    if library == "usearch":
        from glassmaster.data.reference.search import TrackIndex

        TrackIndex.build(records).save(folder / BUILDING[library])
    else:
        import lancedb
        import pyarrow
        from lancedb.index import IvfFlat

        rows = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(records.ravel()), DIMENSION)
        table = lancedb.connect(folder / BUILDING[library]).create_table(
            "tracks", pyarrow.table({"vector": rows})
        )
        partitions = max(1, round(len(records) ** 0.5))
        table.create_index("vector", config=IvfFlat("l2", num_partitions=partitions))
    elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    return elapsed_s, cpu_s, _resident_mib("VmHWM") - before


def ask(library: str, width: int, folder: Path) -> Answers:
    """Open an index and ask it everything, one after the other."""
    before = _resident_mib("VmRSS")
    queries = np.load(folder / "queries.npy")
    started = time.perf_counter()
    search = {"exact": _exact, "usearch": _usearch, "lancedb": _lancedb}[library](folder, width)
    search(queries[0])
    first_s = time.perf_counter() - started
    found, each_ms = [], []
    for query in queries:
        started = time.perf_counter()
        answer = search(query)
        each_ms.append(1e3 * (time.perf_counter() - started))
        found.append([int(place) for place in answer])
    return Answers(found, first_s, each_ms, _resident_mib("VmRSS") - before)


def _exact(folder: Path, _width: int) -> Ask:
    from glassmaster.data.reference.search import exact_nearest

    records = np.load(folder / "records.npy", mmap_mode="r")
    return lambda query: exact_nearest(records, query, COUNT).indices


def _usearch(folder: Path, width: int) -> Ask:
    from glassmaster.data.reference import search

    search.EXPANSION_SEARCH = width
    records = np.load(folder / "records.npy", mmap_mode="r")
    index = search.TrackIndex.load(folder / BUILDING["usearch"], *records.shape)
    return lambda query: index.nearest(query, COUNT, embeddings=records).indices


def _lancedb(folder: Path, probes: int) -> Ask:
    import lancedb

    table = lancedb.connect(folder / BUILDING["lancedb"]).open_table("tracks")

    def search(query: Floats) -> Iterable[int]:
        asked = table.search(query).nprobes(probes).limit(COUNT).with_row_id(True)
        found = asked.select(["_rowid", "_distance"]).to_arrow()
        return [int(place) for place in found["_rowid"].to_pylist()]

    return search


def _apart(work: Callable[..., Any], *arguments: object) -> Any:
    """Do work in a process of its own."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_hold_to_one_core) as pool:
        return pool.submit(work, *arguments).result()


def _hold_to_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _resident_mib(field: str) -> float:
    """Return a line of the process's status, or nan where there is none."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(x.split()[1]) / 1024.0 for x in lines if x.startswith(field)), float("nan"))


def _mib(path: Path) -> float:
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files) / MIB


if __name__ == "__main__":
    main()
