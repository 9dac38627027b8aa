"""What a file says about itself, read by us before a decoder is let near it."""

from __future__ import annotations

from dataclasses import dataclass

from ..findings import Finding
from .overlay import View
from .source import Source


@dataclass(frozen=True, slots=True)
class PcmLayout:
    """Where plain little-endian integer samples lie, so that no decoder is needed for them.

    Attributes:
        offset: Of the first frame in the file.
        width: Bytes a sample: 2 or 3.

    """

    offset: int
    width: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the header announces, and how the file has to be shown to the decoder.

    Attributes:
        channels: None where the decoder alone knows.
        sample_rate: In Hz; None where the decoder alone knows.
        frames: What the header announces; None where the decoder knows best.
        present_frames: What is there as far as can be told without decoding; None where unknown.
        views: What the decoder is shown, one after another; empty means the file as it is.
        unread: Metadata that the decoder does not hand out, by name, each once.
        findings: What is odd already.
        least_frames: How many frames must be decoded before an end is taken for the end; fewer mean
            damage in the midst. None where the decoder's errors are to be believed.
        pcm: Where the samples lie if they are plain 16- or 24-bit integers; else None.

    """

    channels: int | None = None
    sample_rate: float | None = None
    frames: int | None = None
    present_frames: int | None = None
    views: tuple[View, ...] = ()
    unread: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    least_frames: int | None = None
    pcm: PcmLayout | None = None


def truncated(
    announced_bytes: int, present_bytes: int, bytes_per_second: float | None = None
) -> Finding:
    """Return the finding that audio announced by the header is missing at the end.

    Args:
        announced_bytes: Size of the audio in the header.
        present_bytes: Size of the audio in the file.
        bytes_per_second: To give the missing part as time; None for compressed audio.

    """
    missing = announced_bytes - present_bytes
    amount = f"{missing} of {announced_bytes} bytes"
    if bytes_per_second:
        seconds = missing / bytes_per_second
        # A header of nonsense announces millennia; the bytes say enough then.
        if seconds < 1e6:
            amount = f"{seconds:.3f} s ({amount})"
    return Finding(
        "truncated",
        f"The file ends before the audio its header announces: {amount} are missing; "
        "copy or export it again.",
    )


def longer_than_announced(announced_s: float) -> Finding:
    """Return the finding that more audio is there than the header announces."""
    return Finding(
        "wrong_length",
        f"The header announces {announced_s:.3f} s, and more audio follows; all of it is read.",
    )


def no_audio(source: Source, problem: str) -> Exception:
    """Return the error that a file of a known container holds no sound."""
    return source.error("no_audio", f"{problem}; export it again")
