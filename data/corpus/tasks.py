"""Processes that measure tracks: each with one thread, and none that outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Self

from ...models.errors import GlassmasterError
from ..threads import one_thread
from .measuring import FindStructure, measure_track
from .store import save_measurement, save_problem

_WATCH_S = 0.5


class Workers:
    """Measures tracks in other processes; a context that waits for them.

    Args:
        jobs: How many processes; with one, tracks are measured at once in this process.

    """

    def __init__(self, jobs: int) -> None:
        self._pool = _pool(jobs) if jobs > 1 else None

    def measure(
        self,
        path: Path,
        identity: str,
        segments: int,
        result: Path,
        find_structure: FindStructure,
    ) -> Future[None]:
        """Begin to measure a file; what comes of it is saved under ``result``."""
        work = (path, identity, segments, result, find_structure)
        if self._pool is not None:
            with one_thread():  # a process may be started for it
                return self._pool.submit(measure_and_save, *work)
        done: Future[None] = Future()
        measure_and_save(*work)
        done.set_result(None)
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=kind is not None)


def measure_and_save(
    path: Path, identity: str, segments: int, result: Path, find_structure: FindStructure
) -> None:
    """Measure a file and save the measurement, or why there is none.

    Raises:
        OutputError: The result cannot be saved.

    """
    try:
        measured = measure_track(path, identity, segments, find_structure)
    except GlassmasterError as error:
        # the place of an unpacked file differs from run to run; its name is known without it
        save_problem(result, error.message.replace(str(path), identity))
        return
    save_measurement(result, measured)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=_watch, initargs=(os.getpid(),)
    )


def _watch(parent: int) -> None:
    """End this process when its parent is gone, which cannot tell after a kill -9."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
