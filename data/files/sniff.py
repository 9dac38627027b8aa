"""Which container a file is, by its first bytes and never by its name."""

from __future__ import annotations

from pathlib import Path

from ..findings import Finding
from .id3 import tag_bytes
from .mpeg import frame_header
from .source import Source

EXTENSIONS = {
    "WAV": (".wav", ".wave", ".bwf", ".rf64", ".bw64"),
    "W64": (".w64",),
    "AIFF": (".aif", ".aiff", ".aifc", ".afc"),
    "CAF": (".caf",),
    "FLAC": (".flac", ".fla"),
    "OGG": (".ogg", ".oga", ".opus"),
    "MP3": (".mp3", ".mp2", ".mpga"),
}
"""Extensions of each container that is read."""

_OTHER_AUDIO = (".aac", ".ac3", ".ape", ".dsf", ".m4a", ".mka", ".mp4", ".wma", ".wv")

_W64_RIFF = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"

# What is often named like audio; the answer can then say what it is.
_STRANGERS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"#EXTM3U", "a playlist; give the audio files themselves"),
    (b"ffconcat", "a playlist; give the audio files themselves"),
    (b"v=0", "a stream description; give the audio files themselves"),
    (b"<", "a web page or XML document, perhaps a failed download"),
    (b"wvpk", "a WavPack file; convert it to WAV or FLAC"),
    (b"MAC ", "a Monkey's Audio file; convert it to WAV or FLAC"),
    (b"DSD ", "a DSD file; convert it to WAV or FLAC"),
    (b"\x30\x26\xb2\x75", "a Windows Media file; convert it to WAV or FLAC"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM file; convert its sound to WAV or FLAC"),
)


def sniff(source: Source) -> tuple[str, int]:
    """Tell the container of a file and where in it the container begins.

    Returns:
        A key of `EXTENSIONS`, and the number of bytes of an ID3 tag in front of it.

    Raises:
        AudioFileError: ``unreadable`` when it is none of the containers that are read.

    """
    start = tag_bytes(source.read_at(0, 16))
    head = source.read_at(start, 16)
    container = _container(head)
    # Encoders pad between an ID3 tag and the first frame; the decoder searches for it.
    if container is None and start > 0 and head:
        container = "MP3"
    if container is None:
        raise source.error("unreadable", _stranger(head or source.read_at(0, 16)))
    return container, start


def extension_mismatch(path: Path, container: str) -> Finding | None:
    """Return a finding when the name of a file belongs to another kind of audio."""
    extension = path.suffix.lower()
    known = {name for names in EXTENSIONS.values() for name in names} | set(_OTHER_AUDIO)
    if extension not in known or extension in EXTENSIONS[container]:
        return None
    message = f"The file is {container} in spite of its name, and is read as such."
    return Finding("extension_mismatch", message)


def _container(head: bytes) -> str | None:
    form = head[8:12]
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and form == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and form in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head == _W64_RIFF:
        return "W64"
    by_magic = {b"fLaC": "FLAC", b"caff": "CAF", b"OggS": "OGG"}
    return by_magic.get(head[:4]) or ("MP3" if frame_header(head[:4]) else None)


def _stranger(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "is an MPEG-4 file (M4A: AAC or ALAC), which is not read; convert it to WAV or FLAC"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _STRANGERS:
        if text.startswith(magic):
            return f"is no audio file but {kind}"
    if head[:4] in (b"RIFF", b"FORM", b"RF64"):
        return "is damaged: its header breaks off or is no audio; copy or export it again"
    return "is no audio file that is read; give WAV, AIFF, FLAC, CAF, W64, MP3 or Ogg"
