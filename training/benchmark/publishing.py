"""The files of a finished evaluation: document, page, and the songs one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...inference.documents import write_text
from ...inference.json_text import dump_json
from ...inference.report.document import Json, file_entry, plain
from .evaluation import Evaluated
from .report.page import benchmark_page
from .report.table import leading_metric
from .summary import Document

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


def answer_entry(document: Document, paths: Sequence[Path]) -> Json:
    """Return what ``--json`` tells of an evaluation.

    Args:
        document: See `document.benchmark_document`.
        paths: What `publish` returned.

    """
    scores = {}
    for name, suite in document["suites"].items():
        metric = leading_metric(suite)
        means = {m: each[metric]["mean"] for m, each in suite["methods"].items() if metric in each}
        scores[name] = {"metric": metric, "means": means}
    told = ("split", "subset", "commit", "weights", "leaks", "not_checked", "left_out")
    return {
        **file_entry(paths[0], ()),
        "page": plain(paths[1]),
        "scores": scores,
        **{key: document[key] for key in told},
    }
