"""How many channels, which sample rates and how much audio are taken."""

from __future__ import annotations

from pathlib import Path

from ...models.errors import AudioFileError, GlassmasterError, UnsupportedAudioError
from .names import display_name

LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 384_000
"""Sample rates that are mastered, inclusive."""

LONGEST_S = 12.0 * 3600.0
"""The longest file taken unless the caller says otherwise, in seconds."""

SHORTEST_FRAMES = 2

# Outside these a rate is no choice of a person but a damaged header.
_PLAUSIBLE_RATES_HZ = (1_000.0, 3_100_000.0)
_PLAUSIBLE_CHANNELS = range(1, 1025)


def check_channels(path: Path, channels: int) -> None:
    """Refuse all but mono and stereo.

    Raises:
        AudioFileError: ``bad_channels`` for a number nobody can have meant.
        UnsupportedAudioError: ``channels`` for surround; nothing is ever mixed down here.

    """
    name = display_name(path)
    if channels not in _PLAUSIBLE_CHANNELS:
        message = f"{name}: announces {channels} channels, which is damage; export it again"
        raise AudioFileError(message, code="bad_channels", path=path)
    if channels > 2:
        message = f"{name}: has {channels} channels; only mono and stereo are mastered, mix it down"
        raise UnsupportedAudioError(message, code="channels", path=path)


def check_rate(path: Path, sample_rate_hz: float) -> None:
    """Refuse sample rates outside `LOWEST_RATE_HZ` to `HIGHEST_RATE_HZ`.

    Raises:
        AudioFileError: ``bad_sample_rate`` for a rate nobody can have meant.
        UnsupportedAudioError: ``unsupported_sample_rate``.

    """
    name = display_name(path)
    lowest, highest = _PLAUSIBLE_RATES_HZ
    if not lowest <= sample_rate_hz <= highest:
        message = f"{name}: announces {sample_rate_hz:g} Hz, which is damage; export it again"
        raise AudioFileError(message, code="bad_sample_rate", path=path)
    if not LOWEST_RATE_HZ <= sample_rate_hz <= HIGHEST_RATE_HZ:
        message = (
            f"{name}: has a sample rate of {sample_rate_hz:g} Hz; resample it to between "
            f"{LOWEST_RATE_HZ} and {HIGHEST_RATE_HZ} Hz"
        )
        raise UnsupportedAudioError(message, code="unsupported_sample_rate", path=path)


def check_length(path: Path, frames: int, sample_rate: int, longest_s: float) -> None:
    """Refuse files without audio, with a single frame, and longer than ``longest_s``.

    Raises:
        AudioFileError: ``no_audio``.
        UnsupportedAudioError: ``too_short`` or ``too_long``.

    """
    name = display_name(path)
    error: GlassmasterError
    if frames <= 0:
        message = f"{name}: holds no audio; export it again"
        error = AudioFileError(message, code="no_audio", path=path)
    elif frames < SHORTEST_FRAMES:
        message = f"{name}: is a single sample; give a piece of music"
        error = UnsupportedAudioError(message, code="too_short", path=path)
    elif frames > longest_s * sample_rate:
        message = (
            f"{name}: is {frames / sample_rate / 3600.0:.1f} h long, and the limit is "
            f"{longest_s / 3600.0:g} h; cut it"
        )
        error = UnsupportedAudioError(message, code="too_long", path=path)
    else:
        return
    raise error
