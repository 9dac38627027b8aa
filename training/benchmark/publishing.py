"""The files of a finished evaluation: document, page, and the songs one by one."""

from __future__ import annotations

from pathlib import Path

from ...inference.documents import dump_json, write_text
from .evaluation import Evaluated
from .report.page import benchmark_page

DOCUMENT_NAME = "benchmark.json"
PAGE_NAME = "benchmark.html"


def publish(evaluated: Evaluated, folder: Path) -> tuple[Path, ...]:
    """Write document and page into a folder, replacing older ones.

    Returns:
        The files.

    Raises:
        OutputError: The folder cannot be written.

    """
    texts = {
        DOCUMENT_NAME: dump_json(evaluated.document) + "\n",
        PAGE_NAME: benchmark_page(evaluated.document, evaluated.outcomes),
    }
    for name, text in texts.items():
        write_text(folder / name, text, force=True)
    return tuple(folder / name for name in texts)
