"""Text that travels with audio: what a container takes along, and what stays behind.

Measured with libsndfile 1.2.2: WAV and RF64 keep it as LIST INFO, FLAC as Vorbis comments, AIFF as
NAME, (c), APPL, AUTH and ANNO chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..findings import Finding
from .formats import DeliveryFormat

FIELDS = (
    "title",
    "copyright",
    "software",
    "artist",
    "comment",
    "date",
    "album",
    "license",
    "tracknumber",
    "genre",
)
"""Every field that is read and written."""

_CARRIED = {
    "wav": frozenset(FIELDS) - {"license"},
    "flac": frozenset(FIELDS),
    "aiff": frozenset({"title", "copyright", "software", "artist", "comment"}),
}

LONGEST_BYTES = 2000
"""libsndfile reads WAV only up to a text of 2045 bytes, and drops all texts after it."""

_LONGEST_SOFTWARE_BYTES = 100

_LIBRARY_MARK = " (libsndfile-"


def carry(
    tags: Mapping[str, str], delivery: DeliveryFormat
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Divide tags into those the delivered file will hold and those it cannot.

    Args:
        tags: Text by field.
        delivery: The delivered file.

    Returns:
        The tags to write, and the names of those lost: fields unknown to the container, and texts
        too long for it.

    """
    carried, lost = {}, []
    for field, text in tags.items():
        clean = text.replace("\0", "").strip()
        if field == "software":
            # libsndfile adds its name at each writing.
            clean = clean.split(_LIBRARY_MARK)[0]
        if not clean:
            continue
        longest = _LONGEST_SOFTWARE_BYTES if field == "software" else LONGEST_BYTES
        if field in _CARRIED[delivery.container] and len(clean.encode()) <= longest:
            carried[field] = clean
        else:
            lost.append(field)
    return carried, tuple(lost)


def tags_lost(
    lost: Iterable[str], unread: Iterable[str], delivery: DeliveryFormat
) -> Finding | None:
    """Return a finding that names what a delivered file does not carry.

    Args:
        lost: Second result of `carry`.
        unread: Metadata of the source that cannot be read, see `FileInfo.unread`.
        delivery: The delivered file.

    """
    missing = list(dict.fromkeys([*lost, *unread]))
    if not missing:
        return None
    kind = delivery.container.upper()
    return Finding("tags_lost", f"The {kind} file does not carry {', '.join(missing)}.")
