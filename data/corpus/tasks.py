"""One track to measure, in whatever process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...models.errors import GlassmasterError
from .measuring import FindStructure, measure_track
from .store import save_measurement, save_problem


@dataclass(frozen=True, slots=True)
class Task:
    """A track to measure.

    Attributes:
        path: The file.
        identity: Of the track.
        segments: The most excerpts of it.
        result: Where to save what comes of it.

    """

    path: Path
    identity: str
    segments: int
    result: Path

    def __str__(self) -> str:
        return self.identity


def measure_and_save(find_structure: FindStructure, task: Task) -> None:
    """Measure a file and save the measurement, or why there is none.

    Args:
        find_structure: Finds tempo and sections.
        task: The track.

    Raises:
        OutputError: The result cannot be saved.

    """
    try:
        measured = measure_track(task.path, task.identity, task.segments, find_structure)
    except GlassmasterError as error:
        # the place of an unpacked file differs from run to run; its name is known without it
        save_problem(task.result, error.message.replace(str(task.path), task.identity))
        return
    save_measurement(task.result, measured)
