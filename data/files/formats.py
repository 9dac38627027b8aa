"""What a delivered file is: container, bit depth, sample rate and channels."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.errors import OutputError, UsageError
from .limits import HIGHEST_RATE_HZ, LOWEST_RATE_HZ

_CONTAINERS = ("wav", "flac", "aiff")

# Bit depth: bytes of a sample, libsndfile's name.
_DEPTHS = {"16": (2, "PCM_16"), "24": (3, "PCM_24"), "32f": (4, "FLOAT")}

LARGEST_CHUNKED_BYTES = 0xFFFF_0000
"""Audio a container with 32-bit sizes (RIFF, AIFF) can hold beside 64 KiB of tags."""

_HEADER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class DeliveryFormat:
    """The form of a delivered file.

    Args:
        container: ``wav``, ``flac`` or ``aiff``.
        bit_depth: ``16``, ``24`` or ``32f`` (float; not in FLAC).
        sample_rate: 8000 to 384000 Hz.
        channels: 1 or 2.

    Raises:
        UsageError: ``unknown_format``, or ``format_mismatch`` for float in FLAC.

    """

    container: str
    bit_depth: str
    sample_rate: int
    channels: int

    def __post_init__(self) -> None:
        _one_of("format", self.container, _CONTAINERS)
        _one_of("bit depth", self.bit_depth, tuple(_DEPTHS))
        if not LOWEST_RATE_HZ <= self.sample_rate <= HIGHEST_RATE_HZ:
            message = (
                f"sample rate {self.sample_rate} Hz: choose one from {LOWEST_RATE_HZ} "
                f"to {HIGHEST_RATE_HZ} Hz"
            )
            raise UsageError(message, code="unknown_format")
        if self.channels not in (1, 2):
            message = f"{self.channels} channels: only mono and stereo are written"
            raise UsageError(message, code="unknown_format")
        if self.container == "flac" and self.bit_depth == "32f":
            message = "FLAC has no 32-bit float: choose 24 bits, or WAV or AIFF"
            raise UsageError(message, code="format_mismatch")

    @property
    def subtype(self) -> str:
        """The sample format as libsndfile names it."""
        return _DEPTHS[self.bit_depth][1]

    @property
    def bits(self) -> int:
        """Width of a sample: 16, 24 or 32."""
        return 8 * _DEPTHS[self.bit_depth][0]

    @property
    def is_float(self) -> bool:
        """Whether samples are float32 rather than integer codes."""
        return self.bit_depth == "32f"

    def audio_bytes(self, frames: int) -> int:
        """Return the size of ``frames`` frames without compression."""
        return frames * self.channels * _DEPTHS[self.bit_depth][0]

    def estimated_bytes(self, frames: int) -> int:
        """Return an upper estimate of the file's size.

        FLAC counts as uncompressed: noise-like masters hardly shrink, and its frames of verbatim
        samples add less than the header allowed for every file.
        """
        return self.audio_bytes(frames) + _HEADER_BYTES

    def major_format(self, frames: int) -> str:
        """Return libsndfile's name of the container for ``frames`` frames.

        WAV becomes RF64 (EBU Tech 3306) where 32-bit sizes do not suffice.

        Raises:
            OutputError: ``too_large_for_aiff``, which has no such way out.

        """
        is_large = self.audio_bytes(frames) > LARGEST_CHUNKED_BYTES
        if is_large and self.container == "aiff":
            message = (
                f"{self.audio_bytes(frames) / 1e9:.1f} GB of audio do not fit into AIFF, which "
                "ends at 4 GiB; choose WAV or FLAC, or fewer bits"
            )
            raise OutputError(message, code="too_large_for_aiff")
        return "RF64" if is_large and self.container == "wav" else self.container.upper()


def _one_of(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        message = f"{what} {value!r} is unknown: choose {', '.join(choices)}"
        raise UsageError(message, code="unknown_format")
