"""Songs that anyone may use: short multitrack mixes, generated from a seed.

They are the example for someone without a mix at hand, and the material of the tests. Nothing in
them is recorded; they sound like an unmastered demo, with headroom and without a limiter.

``python -m glassmaster.data.synthetic OUT.wav`` writes one.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..models.decibel import decibel_to_amplitude
from ..models.errors import GlassmasterError, ParameterError, UsageError
from .audio import Audio, Samples
from .files.formats import DeliveryFormat
from .files.writer import create_audio
from .synthesis.drums import render_drums
from .synthesis.instruments import duck, render_bass, render_chords, render_lead
from .synthesis.score import write_score
from .synthesis.sound import Signal, rise
from .synthesis.styles import CATALOG
from .synthesis.voice import render_vocal

STYLES: tuple[str, ...] = tuple(CATALOG)
"""The styles that `compose` knows."""

STEMS = ("drums", "bass", "chords", "lead", "vocal")
"""The stems of every song."""

_STEPS = 2.0**23
_SHORTEST_S = 0.1
_RATES_HZ = (22_050, 192_000)


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """A multitrack song.

    Every sample is a multiple of 2^-23, one step of a 24-bit file: sums of stems are exact in any
    order, and a file keeps every bit.

    Attributes:
        stems: By name, each of shape ``(2, time)``.
        sample_rate: In Hz.
        style: One of `STYLES`.
        seed: What it was composed from.

    """

    stems: Mapping[str, Samples]
    sample_rate: int
    style: str
    seed: int

    @property
    def mix(self) -> Audio:
        """The sum of all stems, peaking between -4.5 and -3.5 dBFS."""
        total = np.zeros_like(self.stems[STEMS[0]])
        for stem in self.stems.values():
            total += stem
        return Audio(total, self.sample_rate)


def compose(
    seed: int, *, style: str = "rock", duration_s: float = 20.0, sample_rate: int = 44_100
) -> Song:
    """Generate a song; the same arguments give the same bytes.

    Tempo, key and every sound follow from ``seed`` and ``style``, the form also from
    ``duration_s``; the song is the same at every sample rate. Another version of numpy may draw
    another song, and on another type of processor a rare sample may be one 24-bit step off.

    Args:
        seed: 0 or more.
        style: One of `STYLES`.
        duration_s: At least 0.1 s; a song of several sections needs about 15 s.
        sample_rate: 22.05 to 192 kHz.

    Raises:
        ParameterError: An argument is unknown or out of range.

    """
    _check(seed, style, duration_s, sample_rate)
    shape = CATALOG[style]
    root = np.random.SeedSequence([seed, zlib.crc32(style.encode())])
    rngs = [np.random.Generator(np.random.PCG64(child)) for child in root.spawn(6)]
    frames = round(duration_s * sample_rate)
    score = write_score(shape, rngs[0], duration_s)
    tracks = {
        "drums": render_drums(shape, score, rngs[1], frames, sample_rate),
        "bass": render_bass(shape, score, frames, sample_rate),
        "chords": render_chords(shape, score, rngs[2], frames, sample_rate),
        "lead": render_lead(shape, score, rngs[3], frames, sample_rate),
        "vocal": render_vocal(score, rngs[4], frames, sample_rate),
    }
    for name in ("bass", "chords"):
        duck(tracks[name], score.drums.get("kick", ()), shape.duck_db, sample_rate)
    for name, track in tracks.items():
        _level(track, shape.levels_db[name], sample_rate)
        _fade_out(track, sample_rate)
    peak = float(np.max(np.abs(sum(tracks.values()))))
    peak_dbfs = rngs[5].uniform(-4.5, -3.5)
    gain = _rounded(decibel_to_amplitude(peak_dbfs) / peak)
    stems = {name: _quantized(track * gain) for name, track in tracks.items()}
    return Song(MappingProxyType(stems), sample_rate, style, seed)


def _check(seed: int, style: str, duration_s: float, sample_rate: int) -> None:
    if seed < 0:
        raise ParameterError(f"seed is {seed}; it must be 0 or more", code="out_of_range")
    if style not in CATALOG:
        raise ParameterError(
            f"there is no style {style!r}; choose one of {', '.join(STYLES)}", code="unknown_style"
        )
    if not _SHORTEST_S <= duration_s < float("inf"):
        raise ParameterError(
            f"a song cannot last {duration_s} s; ask for {_SHORTEST_S} s or more",
            code="out_of_range",
        )
    if not _RATES_HZ[0] <= sample_rate <= _RATES_HZ[1]:
        raise ParameterError(
            f"the sample rate is {sample_rate} Hz; it must lie in {list(_RATES_HZ)}",
            code="out_of_range",
        )


def _rounded(gain: float) -> float:
    """Round a gain that was measured, so that its last bits do not depend on the processor."""
    return float(np.float32(gain))


def _quantized(track: Signal) -> Samples:
    # Adding zero removes the sign of zeros, which is noise too.
    return (np.rint(track * _STEPS) / _STEPS + 0.0).astype(np.float32)


def _level(track: Signal, level_db: float, sample_rate: int) -> None:
    """Scale ``track`` so that its louder parts, in blocks of 400 ms, have the given RMS level."""
    block = min(round(0.4 * sample_rate), track.shape[1])
    whole = track[:, : track.shape[1] // block * block].reshape(2, -1, block)
    power = float(np.percentile(np.mean(whole**2, axis=(0, 2)), 85.0))
    if power > 0.0:
        track *= _rounded(decibel_to_amplitude(level_db) / np.sqrt(power))


def _fade_out(track: Signal, sample_rate: int) -> None:
    frames = min(track.shape[1] // 8, 2 * sample_rate)
    track[:, -frames:] *= rise(frames, sample_rate, frames / sample_rate)[::-1]


def _write(song: Song, path: Path, force: bool) -> None:
    """Write the mix as 24-bit WAV, every bit of it."""
    codes = np.rint(song.mix.samples * _STEPS).astype(np.int32)
    form = DeliveryFormat("wav", "24", song.sample_rate, channels=2)
    with create_audio(path, form, frames=codes.shape[1], force=force) as writer:
        writer.write(codes)
        writer.commit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one song to a file, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m glassmaster.data.synthetic", description="Write a song that anyone may use."
    )
    parser.add_argument("out", type=Path, metavar="OUT.wav", help="24-bit WAV file to write")
    parser.add_argument("--seed", type=int, default=0, help="which song (default 0)")
    parser.add_argument("--style", default="rock", help=f"one of {', '.join(STYLES)}")
    parser.add_argument("--duration", type=float, default=30.0, help="in seconds (default 30)")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    try:
        given = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse has said what is wrong, or has helped
        return UsageError.exit_code if stop.code else 0
    try:
        song = compose(given.seed, style=given.style, duration_s=given.duration)
        _write(song, given.out, given.force)
    except GlassmasterError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
