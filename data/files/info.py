"""What an audio file is: container, codec, size and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..findings import Finding

LOW_BIT_DEPTH = 16
"""Fewer bits than these are worth a warning."""

_LOSSY = {
    "ULAW": "µ-law",
    "ALAW": "A-law",
    "IMA_ADPCM": "IMA ADPCM",
    "MS_ADPCM": "Microsoft ADPCM",
    "GSM610": "GSM 6.10",
    "G721_32": "G.721",
    "NMS_ADPCM_16": "NMS ADPCM",
    "NMS_ADPCM_24": "NMS ADPCM",
    "NMS_ADPCM_32": "NMS ADPCM",
    "MPEG_LAYER_I": "MPEG layer I",
    "MPEG_LAYER_II": "MPEG layer II",
    "MPEG_LAYER_III": "MP3",
    "VORBIS": "Vorbis",
    "OPUS": "Opus",
}

_BIT_DEPTHS = {
    "PCM_S8": 8,
    "PCM_U8": 8,
    "DWVW_12": 12,
    "PCM_16": 16,
    "DWVW_16": 16,
    "ALAC_16": 16,
    "ALAC_20": 20,
    "PCM_24": 24,
    "DWVW_24": 24,
    "ALAC_24": 24,
    "PCM_32": 32,
    "ALAC_32": 32,
    "FLOAT": 32,
    "DOUBLE": 64,
}


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a file is, as far as its header and its first bytes tell.

    Attributes:
        path: As it was given.
        container: A key of `glassmaster.data.files.sniff.EXTENSIONS`.
        codec: libsndfile's name, as in ``PCM_24``, ``FLOAT`` or ``VORBIS``.
        sample_rate: In Hz.
        channels: 1 or 2.
        frames: What is expected to be read; a damaged file may hold fewer.
        bit_depth: Bits of a sample; None for lossy codecs.
        lossy: Whether the codec discards sound.
        tags: Text by field, as ``title`` and ``artist``; only fields that are there.
        unread: Metadata that is in the file but cannot be read here, by name.

    """

    path: Path
    container: str
    codec: str
    sample_rate: int
    channels: int
    frames: int
    bit_depth: int | None
    lossy: bool
    tags: Mapping[str, str]
    unread: tuple[str, ...] = ()


def is_lossy(codec: str) -> bool:
    """Tell whether a codec discards sound."""
    return codec in _LOSSY


def bit_depth(codec: str) -> int | None:
    """Return the bits of a sample, or None for lossy codecs."""
    return _BIT_DEPTHS.get(codec)


def source_findings(info: FileInfo) -> tuple[Finding, ...]:
    """Return what makes a file a poor source: lossy codec, few bits."""
    findings = []
    if info.lossy:
        codec = _LOSSY[info.codec]
        message = (
            f"The audio was compressed with loss ({codec}); master from the original if you can."
        )
        findings.append(Finding("lossy_source", message))
    if info.bit_depth is not None and info.bit_depth < LOW_BIT_DEPTH:
        message = f"The audio has only {info.bit_depth} bits; expect audible noise."
        findings.append(Finding("low_bit_depth", message))
    return tuple(findings)
