"""Reading a file once, to know all of it before anything is done."""

from __future__ import annotations

from pathlib import Path

from ..data.analysis import Analysis, analyze
from ..data.files.names import display_name
from ..data.files.reader import FileReader, open_audio
from ..models.errors import GlassmasterError
from .step import Step


def analyze_file(path: Path, step: Step) -> tuple[Analysis, FileReader]:
    """Analyze a file; its closed reader tells what the file is.

    Raises:
        AudioFileError: It cannot be read.
        UnsupportedAudioError: It holds no audio that can be measured.

    """
    with open_audio(path) as reader:
        try:
            analysis = analyze(reader, lambda frames: step("analyzing", frames / reader.frames))
        except GlassmasterError as error:
            error.located(display_name(path), path)
            raise
    return analysis, reader
