"""A comparison on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ....data.files.names import display_name
from ...comparing.audibility import JUST_NOTICEABLE_DB
from ...comparing.comparison import Comparison
from ...explaining.moves import Move
from ...explaining.telling import Reader, told
from ..facts import LABELS, figure, frequency
from ..layout import Row, columns, item, wrapped
from .words import (
    difference_sentence,
    standing_sentence,
    summary,
    title,
    verdict_text,
    view_sentence,
)


def comparison_lines(
    comparison: Comparison, moves: Sequence[Move], paths: dict[str, str]
) -> list[str]:
    """Return the lines that tell a comparison.

    Args:
        comparison: What is told.
        moves: The model's, explained.
        paths: What was written, by what it is.

    """
    lines = [f"{title(comparison)}, on {display_name(comparison.mix.path)}", ""]
    for sentence in summary(comparison):
        lines += wrapped(sentence, "")
    lines += ["", "By ear, equally loud (mean, most in one band):"]
    rows: list[Row] = []
    for place, each in enumerate(comparison.differences, 1):
        largest = each.largest
        rows.append(
            (
                f"{place} {each.kind.capitalize()}",
                f"{figure(each.size_db, 2)} dB",
                f"{figure(largest.most_db)} dB at {frequency(largest.most_hz)}",
                verdict_text(each),
            )
        )
    lines += columns(rows, "<>><")
    lines += [f"  ({JUST_NOTICEABLE_DB:.0f} dB in one band is just noticeable)", ""]
    for each in comparison.differences:
        lines += item(each.kind.capitalize(), difference_sentence(comparison, each))
    lines += ["", "The model's moves:"]
    for move in moves:
        lines += item(LABELS[move.stage], " ".join(told(move, Reader.ENGINEER)))
    lines += ["", *item("Who is right", view_sentence(comparison))]
    standing = standing_sentence(comparison)
    if standing is not None:
        lines += item("", standing)
    left = comparison.met.human.unexplained
    if left is not None:
        lines += item("Left of it", " ".join(left.sentences))
    for finding in comparison.findings:
        lines += item("Note", finding.message)
    for what, path in paths.items():
        lines += item(what, path)
    return lines
