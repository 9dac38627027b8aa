"""Documents of several runs made one: suites that were run later, each by its own command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...models.errors import CatalogueError
from .summary import Document

BY_SUITE = ("suites", "weighted", "headlines", "coverage", "songs", "cost")
OF_A_RUN = ("command", "commit", "date", "subset", "weights", "data")
"""What ``runs`` tells of each run, beside its suites."""

_EQUAL = ("format", "split", "bootstrap")
_EQUAL_WHERE_SHARED = ("weights", "generators")


def joined_documents(documents: Sequence[Document]) -> Document:
    """Return one document of all suites.

    What describes a run at the top level is the first one's; ``runs`` tells it of all. Leaks, and
    what was not checked or left out, are those of any run.

    Args:
        documents: See `document.benchmark_document`; also joined ones. At least one.

    Raises:
        CatalogueError: They share a suite, or were not made of the same split, weights and
            generators.

    """
    first, *others = documents
    for other in others:
        _check(first, other)
    runs = [run for document in documents for run in _runs(document)]
    suites = [suite for run in runs for suite in run["suites"]]
    if len(set(suites)) < len(suites):
        shared = sorted({suite for suite in suites if suites.count(suite) > 1})
        raise CatalogueError(
            f"{', '.join(shared)} is in two of the results; run it once", code="not_joinable"
        )
    return {
        **first,
        **{key: _merged([each[key] for each in documents]) for key in (*BY_SUITE, "floors")},
        "shares": {
            kind: _merged([each["shares"][kind] for each in documents]) for kind in first["shares"]
        },
        **{key: _merged([each[key] for each in documents]) for key in _EQUAL_WHERE_SHARED},
        "left_out": _merged([each["left_out"] for each in documents]),
        **{
            key: list(dict.fromkeys(text for each in documents for text in each[key]))
            for key in ("leaks", "not_checked")
        },
        "runs": runs,
    }


def _check(first: Document, other: Document) -> None:
    different = [key for key in _EQUAL if first[key] != other[key]]
    different += [
        f"{key} of {name}"
        for key in _EQUAL_WHERE_SHARED
        for name in sorted(first[key].keys() & other[key].keys())
        if first[key][name] != other[key][name]
    ]
    if different:
        raise CatalogueError(
            f"the results differ in {', '.join(different)}; join what was run alike",
            code="not_joinable",
        )


def _runs(document: Document) -> list[Document]:
    found: list[Document] = document.get("runs") or [
        {"suites": sorted(document["suites"]), **{key: document[key] for key in OF_A_RUN}}
    ]
    return found


def _merged(parts: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return all entries by name; where two have a name in common, the first one's."""
    found = {name: value for part in reversed(parts) for name, value in part.items()}
    return dict(sorted(found.items()))
