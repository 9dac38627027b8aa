"""The model's moves on the page, for three readers; which one reads is chosen without a script."""

from __future__ import annotations

from collections.abc import Sequence

from ...explaining.glossary import explained
from ...explaining.moves import Move
from ...explaining.telling import Reader, told
from ..facts import LABELS
from ..markup import escape, paragraph, prose, section, terms

MOVES_STYLE = "".join(
    f"\n#for-{reader}:checked ~ .for-{reader} {{ display: block; }}" for reader in Reader
) + (
    "\n.reading { display: none; }"
    "\n.readers label { margin: 0 1rem .75rem .25rem; }"
    "\n.readers .reading h3 { margin-top: .9rem; }"
    "\n@media print { .readers input, .readers label { display: none; } }\n"
)


def moves_section(moves: Sequence[Move]) -> str:
    """Return what the model did and why, for an artist, a producer and an engineer."""
    if not moves:
        return section("The model's moves", paragraph("The model leaves this mix alone."))
    choices = "".join(
        f'<input type="radio" name="reader" id="for-{reader}"'
        f"{' checked' if reader is Reader.ENGINEER else ''}>"
        f'<label for="for-{reader}">{escape(reader.capitalize())}</label>'
        for reader in Reader
    )
    readings = "".join(
        f'<div class="reading for-{reader}">{_reading(moves, reader)}</div>' for reader in Reader
    )
    return section(
        "The model's moves, one by one", f'<div class="readers">{choices}{readings}</div>'
    )


def _reading(moves: Sequence[Move], reader: Reader) -> str:
    parts = []
    texts = []
    for move in moves:
        sentences = told(move, reader)
        texts += [LABELS[move.stage], *sentences]
        parts.append(f"<h3>{escape(LABELS[move.stage])}</h3>")
        parts.append(paragraph(prose(" ".join(sentences))))
    if reader is Reader.ARTIST:
        parts.append("<h3>Words</h3>")
        parts.append(terms(explained(" ".join(texts)), "facts"))
    return "".join(parts)
