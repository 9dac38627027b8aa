"""One track of a corpus: decoded once, measured as a whole, and cut into segments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.errors import UnsupportedAudioError
from ...models.k_weighting import RELATIVE_GATE_LU
from ...models.mel import frame_hop_samples
from ...models.spectrum import CENTERS_HZ, EDGES_HZ, PowerSpectrum
from ..audio import AudioReader, Samples, blocks
from ..features.content import ContentMeter
from ..features.frames import FrameMeter, MelFrames
from ..features.statistics import StatisticsMeter
from ..files.reader import open_audio
from ..metering.report import LoudnessAndPeak, LoudnessReport
from ..metering.spectrum import SpectrumMeter
from ..resampling import StreamResampler
from .character import Character, character
from .fingerprint import Words, fingerprint
from .segments import choose_segments
from .shard import Segment

Array: TypeAlias = npt.NDArray[np.float64]

CORPUS_RATE_HZ = 44_100
"""Every track is measured at this rate."""

CORPUS_LUFS = -18.0
"""Spectra and segments are those of the track at this loudness."""

LONGEST_TRACK_S = 3600.0
"""Longer files are refused: no single piece of music is that long."""

_NOTHING_ABOVE_DB = 55.0
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Structure:
    """How a track runs.

    Attributes:
        tempo_bpm: Beats a minute; None where there is no pulse.
        sections_s: Where each section begins, the first at 0.

    """

    tempo_bpm: float | None
    sections_s: tuple[float, ...]


FindStructure: TypeAlias = Callable[[npt.NDArray[np.float32], float], Structure]
"""Takes power a mel band and frame, shape ``(80, frame)``, and the distance of frames in s."""


def no_structure(power: npt.NDArray[np.float32], hop_s: float) -> Structure:
    """Return one section and no tempo, where nothing can find them; arguments as above."""
    return Structure(None, (0.0,))


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """What is known of a track once it has been read.

    Attributes:
        sha256: Of the file, in hexadecimal.
        codec: libsndfile's name.
        sample_rate: Of the file, in Hz.
        channels: Of the file, 1 or 2.
        duration_s: In seconds.
        kbps: Size of the file over its duration, in kb/s.
        artist: From the file's own text; may be empty.
        title: From the file's own text; may be empty.
        licence: From the file's own text; may be empty.
        integrated_lufs: As two loudspeakers give it; None where it is undefined.
        range_lu: Loudness range; None where it is undefined.
        true_peak_dbtp: None for silence.
        plr_db: Peak to loudness ratio; None where it is undefined.
        psr_db: Peak to short-term loudness ratio; None where it is undefined.
        bandwidth_hz: Where its spectrum ends.
        structure: Tempo and sections.
        character: What tells music from silence, noise and loops.
        statistics: Of the whole track, see `models.mel_statistics`.
        content: Of the whole track, see `features.content`.
        spectrum: Of the track at `CORPUS_LUFS`.
        words: Fingerprint.
        segments: Excerpts at `CORPUS_LUFS`; none of a track without loudness.

    """

    sha256: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    kbps: float
    artist: str
    title: str
    licence: str
    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None
    plr_db: float | None
    psr_db: float | None
    bandwidth_hz: float
    structure: Structure
    character: Character
    statistics: Array
    content: Array
    spectrum: PowerSpectrum
    words: Words
    segments: tuple[Segment, ...]


def measure_track(
    path: Path, identity: str, segments: int, find_structure: FindStructure
) -> Measurement:
    """Measure a file of any readable format.

    Mono counts as two channels alike.

    Args:
        path: The file.
        identity: Name of the track; decides where its segments lie.
        segments: The most of them.
        find_structure: Finds tempo and sections.

    Raises:
        AudioFileError: The file is no audio, or is damaged.
        UnsupportedAudioError: Its audio cannot be measured, as silence cannot.

    """
    with open_audio(path, longest_s=LONGEST_TRACK_S) as reader:
        reading = _read(reader)
        info, tags = reader.info, reader.info.tags
    frames, loudness = reading.frames, reading.loudness
    lufs = loudness.integrated_lufs
    gain_db = 0.0 if lufs is None else CORPUS_LUFS - lufs
    power = frames.mid + frames.side
    hop_s = frame_hop_samples(CORPUS_RATE_HZ) / CORPUS_RATE_HZ
    structure = find_structure(power, hop_s)
    words = fingerprint(power)
    chosen: tuple[Segment, ...] = ()
    if lufs is not None:
        chosen = choose_segments(
            frames, structure.sections_s, hop_s, segments, identity, gain_db=gain_db
        )
    return Measurement(
        sha256=_digest(path),
        codec=info.codec,
        sample_rate=info.sample_rate,
        channels=info.channels,
        duration_s=reading.duration_s,
        kbps=8e-3 * path.stat().st_size / reading.duration_s,
        artist=tags.get("artist", "").strip(),
        title=tags.get("title", "").strip(),
        licence=(tags.get("license", "") or tags.get("copyright", "")).strip(),
        integrated_lufs=lufs,
        range_lu=loudness.range_lu,
        true_peak_dbtp=loudness.true_peak_dbtp,
        plr_db=loudness.plr_db,
        psr_db=loudness.psr_db,
        bandwidth_hz=bandwidth_hz(reading.spectrum),
        structure=structure,
        character=character(power, words, hop_s),
        statistics=reading.statistics,
        content=reading.content,
        spectrum=reading.spectrum.scaled(gain_db),
        words=words,
        segments=chosen,
    )


def bandwidth_hz(spectrum: PowerSpectrum) -> float:
    """Return where a spectrum ends.

    The upper edge of the highest twelfth octave whose density is not more than 55 dB under that of
    4 to 8 kHz: a codec's low-pass is far steeper than music.
    """
    density = spectrum.total / np.diff(EDGES_HZ)
    treble = density[(CENTERS_HZ >= 4000.0) & (CENTERS_HZ < 8000.0)].mean()
    heard = np.flatnonzero(density > treble * 10.0 ** (-0.1 * _NOTHING_ABOVE_DB))
    return float(EDGES_HZ[heard[-1] + 1]) if len(heard) else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    duration_s: float
    loudness: LoudnessReport
    spectrum: PowerSpectrum
    statistics: Array
    content: Array
    frames: MelFrames


def _read(reader: AudioReader) -> _Reading:
    levels = LoudnessAndPeak(CORPUS_RATE_HZ, 2)
    spectrum = SpectrumMeter(CORPUS_RATE_HZ, 2)
    statistics = StatisticsMeter(CORPUS_RATE_HZ, 2)
    content = ContentMeter(CORPUS_RATE_HZ)
    meter = FrameMeter(CORPUS_RATE_HZ)
    parts: list[MelFrames] = []
    samples = 0
    for block in _stereo(reader):
        if not np.isfinite(block).all():
            message = "The audio holds samples that are infinite or no numbers."
            raise UnsupportedAudioError(message, code="non_finite")
        levels.feed(block)
        spectrum.feed(block)
        parts.extend(meter.feed(block))
        samples += block.shape[1]
    parts.extend(meter.finish())
    for part in parts:  # frames are made once, for statistics and content too
        statistics.feed_frames(part)
        content.feed(part)
    loudness = levels.finish()
    lufs = loudness.integrated_lufs
    long_term = spectrum.spectrum(None if lufs is None else lufs + RELATIVE_GATE_LU)
    return _Reading(
        samples / CORPUS_RATE_HZ,
        loudness,
        long_term,
        statistics.result(),
        content.result(long_term, statistics.result()),
        MelFrames(
            np.concatenate([part.mid for part in parts], axis=1),
            np.concatenate([part.side for part in parts], axis=1),
            np.concatenate([part.peak for part in parts]),
        ),
    )


def _stereo(reader: AudioReader) -> Iterator[Samples]:
    """Yield the track in blocks of two channels at `CORPUS_RATE_HZ`."""
    if reader.sample_rate == CORPUS_RATE_HZ:
        for block in blocks(reader):
            yield _doubled(block)
        return
    resampler = StreamResampler(reader.sample_rate, CORPUS_RATE_HZ, 2)
    for block in blocks(reader):
        yield resampler.process(_doubled(block)).astype(np.float32)
    yield resampler.process(np.empty((2, 0)), last=True).astype(np.float32)


def _doubled(block: Samples) -> Samples:
    return block if block.shape[0] == 2 else np.ascontiguousarray(np.repeat(block, 2, axis=0))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()
