"""Aligning two files of a catalogue, in any process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...models.errors import AudioFileError, CatalogueError, UnsupportedAudioError
from ..alignment.aligning import align
from ..alignment.sketch import Sketch
from ..alignment.track import Track, file_opener
from .records import Comparison


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be compared.

    Attributes:
        mix: File of the mix.
        master: File of the master.
        mix_sketch: Of the mix.
        master_sketch: Of the master.

    """

    mix: Path
    master: Path
    mix_sketch: Sketch
    master_sketch: Sketch


def compare(task: Task) -> Comparison:
    """Align a mix and a master; what cannot be read any more is no pair."""
    mix = Track(str(task.mix), file_opener(task.mix), task.mix_sketch)
    master = Track(str(task.master), file_opener(task.master), task.master_sketch)
    try:
        return Comparison(align(mix, master), "")
    except CatalogueError as error:
        return Comparison(None, error.message)
    except (AudioFileError, UnsupportedAudioError) as error:  # it was measured, and is gone since
        return Comparison(None, error.message, lasts=False)
