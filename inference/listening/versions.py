"""The same passage of several versions of one piece, sample by sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...data.alignment.aligning import align
from ...data.alignment.alignment import Alignment, Segment, part_of
from ...data.alignment.sketch import HOP_S
from ...data.alignment.track import Track, file_track
from ...data.alignment.warping import warped
from ...data.audio import AudioReader, Samples
from ...data.files.names import display_name
from ...data.findings import Finding
from ...models.errors import CatalogueError, UnsupportedAudioError, UsageError
from ..step import Step

LENGTH_S = 30.0
"""How much is compared where nothing else is asked for."""

SHORTEST_S, LONGEST_S = 1.0, 120.0

# Strength of an alignment. Of three mixes and two masters of each, in all orders, right ones had
# 0.999 or more; one with a master laid under its mix had 0.94 at most, and was off by up to 0.4 ms.
_SURE = 0.97
_NEAR_S = 0.005
_EDGE_S = 0.005  # so that a loop has no click
_SAME = 2.0**-20  # of full scale: rounding to 24 bits differs less, dither of 16 bits more


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked to be compared.

    Attributes:
        start_s: In the file named first; None for where it is loudest.
        length_s: Of what is compared; None for `LENGTH_S`, or less where there is less.
        unaligned: Whether files are compared from their starts, without looking for each other.

    Raises:
        UsageError: It is out of range.

    """

    start_s: float | None = None
    length_s: float | None = None
    unaligned: bool = False

    def __post_init__(self) -> None:
        if self.length_s is not None and not SHORTEST_S <= self.length_s <= LONGEST_S:
            message = (
                f"--duration is {self.length_s}; it lies in {SHORTEST_S:.0f}..{LONGEST_S:.0f} s"
            )
            raise UsageError(message, code="usage")
        if self.start_s is not None and not 0.0 <= self.start_s < float("inf"):
            raise UsageError(f"--start is {self.start_s}; it must be 0 or more", code="usage")


@dataclass(frozen=True, slots=True, eq=False)
class Versions:
    """A passage of several versions.

    Attributes:
        paths: Files, in the order given.
        samples: Of each, shape ``(2, time)``; mono stands on both sides.
        sample_rate: In Hz, the highest of the files.
        start_s: Where the passage begins in the first file.
        findings: What a person should know; no file is named.

    """

    paths: tuple[Path, ...]
    samples: tuple[Samples, ...]
    sample_rate: int
    start_s: float
    findings: tuple[Finding, ...]

    @property
    def length_s(self) -> float:
        """How long the passage is."""
        return int(self.samples[0].shape[1]) / self.sample_rate


def read_versions(paths: Sequence[Path], part: Part, step: Step) -> Versions:
    """Read the passage of all files that is to be compared.

    All are laid over the first of those with the highest sample rate.

    Args:
        paths: At least two files.
        part: What is to be compared.
        step: Told how far it is.

    Raises:
        AudioFileError: A file cannot be read.
        UnsupportedAudioError: ``too_short`` where too little is in all of them, ``same_audio``
            where two do not differ.
        CatalogueError: ``other_song`` or ``other_performance``; see `align`.
        UsageError: The part that is asked for is not in all of them.

    """
    tracks = []
    for number, path in enumerate(paths):
        step("reading", number / len(paths))
        tracks.append(file_track(path))
    reference = max(tracks, key=lambda track: track.sketch.sample_rate)
    laid = []
    for number, track in enumerate(tracks):
        step("aligning", number / len(tracks))
        laid.append(_settled(reference, track, _laid(reference, track, part)))
    rate = reference.sketch.sample_rate
    begin = max(each.longest.start for each in laid)
    end = min(each.longest.end for each in laid)
    ahead_s = laid[0].longest.offset / rate  # how much more the first file has at its start
    start, frames = _passage(reference, (begin, end), ahead_s, part)
    samples = tuple(
        _read(track, alignment, start, frames)
        for track, alignment in zip(tracks, laid, strict=True)
    )
    _check_different(paths, samples)
    findings = _findings(tracks, laid)
    return Versions(tuple(paths), samples, rate, start / rate + ahead_s, findings)


def _laid(reference: Track, track: Track, part: Part) -> Alignment:
    if track is reference or part.unaligned:
        return _from_start(reference, track)
    kinds = {each.sketch.channels for each in (reference, track)}
    try:
        if len(kinds) > 1:  # what one has at its sides is no other performance
            return align(_folded(reference), _folded(track))
        return align(reference, track)
    except CatalogueError as error:
        if error.code == "too_short":
            return _from_start(reference, track)
        message = f"{error.message}; add --unaligned to compare them as they lie"
        raise CatalogueError(message, code=error.code, path=error.path) from error


def _settled(reference: Track, track: Track, found: Alignment) -> Alignment:
    """Return the alignment, without what is not sure of it.

    An equalizer or a crossover moves phases, and that is not always told from a few samples of
    delay or a turn of polarity. What was made of one mix mostly does begin together.
    """
    if found.strength >= _SURE:
        return found
    is_near = abs(found.longest.offset) <= _NEAR_S * found.mix_rate and found.drift_ppm == 0.0
    return _from_start(reference, track) if is_near else replace(found, polarity=1)


class _Folded:
    """Reads the middle of a track."""

    def __init__(self, reader: AudioReader) -> None:
        self._reader = reader
        self.sample_rate, self.channels = reader.sample_rate, 1

    def read(self, frames: int) -> Samples:
        """Return the next frames as one channel."""
        middle: Samples = self._reader.read(frames).mean(axis=0, keepdims=True)
        return middle


def _folded(track: Track) -> Track:
    @contextmanager
    def opened() -> Iterator[AudioReader]:
        with track.open() as reader:
            yield _Folded(reader)

    return replace(track, open=opened)


def _from_start(reference: Track, track: Track) -> Alignment:
    """Return the alignment of tracks whose first samples belong together."""
    rate, other = reference.sketch.sample_rate, track.sketch
    frames = min(reference.sketch.frames, other.frames * rate // other.sample_rate)
    return Alignment(
        mix_rate=rate,
        master_rate=other.sample_rate,
        segments=(Segment(0, frames, 0, 0.0),),
        drift_ppm=0.0,
        polarity=1,
        gain_db=0.0,
        tone_db=0.0,
        mix_share=frames / reference.sketch.frames,
        master_share=frames * other.sample_rate / rate / other.frames,
        fade_in_end_s=None,
        fade_out_start_s=None,
        strength=0.0,
        residual_db=0.0,
        worst_db=0.0,
        unlike_share=0.0,
        findings=(),
    )


def _passage(
    reference: Track, common: tuple[int, int], ahead_s: float, part: Part
) -> tuple[int, int]:
    """Return first sample and length of what is compared, at the reference's rate."""
    rate = reference.sketch.sample_rate
    begin, end = common
    if end - begin < SHORTEST_S * rate:
        shared_s = max(0, end - begin) / rate
        message = (
            f"only {shared_s:.1f} s are in all files, and a comparison takes "
            f"{SHORTEST_S:.0f} s; give longer files, or ones that belong together"
        )
        raise UnsupportedAudioError(message, code="too_short")
    wanted = round((part.length_s or LENGTH_S) * rate)
    frames = wanted if part.length_s else min(wanted, end - begin)
    start = begin if part.start_s is None else round((part.start_s - ahead_s) * rate)
    if part.length_s is None and part.start_s is not None:
        frames = min(frames, max(end - start, round(SHORTEST_S * rate)))
    if start < begin or start + frames > end:
        low_s, high_s = begin / rate + ahead_s, end / rate + ahead_s
        message = (
            f"what is in all files lies from {low_s:.1f} to {high_s:.1f} s of the first; choose "
            "--start and --duration within"
        )
        raise UsageError(message, code="usage")
    return (_loudest(reference, begin, end, frames) if part.start_s is None else start), frames


def _loudest(reference: Track, begin: int, end: int, frames: int) -> int:
    """Return where the loudest passage of a length begins."""
    hop = HOP_S * reference.sketch.sample_rate
    powers = 10.0 ** (reference.sketch.levels_db / 10.0)
    total = np.append(0.0, np.cumsum(powers))
    span = max(1, int(frames / hop))
    first, last = int(np.ceil(begin / hop)), min(int((end - frames) / hop), len(total) - 1 - span)
    if last < first:
        return begin
    sums = total[first + span : last + span + 1] - total[first : last + 1]
    return int((first + int(np.argmax(sums))) * hop)


def _read(track: Track, alignment: Alignment, start: int, frames: int) -> Samples:
    part = part_of(alignment.longest, alignment, start, frames)
    samples = warped(track.open, alignment, part)
    if not np.isfinite(samples).all():  # resampled from near the largest number
        message = f"{display_name(track.name)}: holds samples without end; export it again"
        raise UnsupportedAudioError(message, code="non_finite", path=track.name)
    edge = round(_EDGE_S * alignment.mix_rate)
    ramp = (np.arange(edge, dtype=np.float32) + 0.5) / np.float32(edge)
    samples[:, :edge] *= ramp
    samples[:, -edge:] *= ramp[::-1]
    return np.ascontiguousarray(samples)


def _check_different(paths: Sequence[Path], samples: Sequence[Samples]) -> None:
    """Refuse versions that differ by a gain alone, in which there is nothing to hear."""
    for later in range(1, len(samples)):
        for earlier in range(later):
            one, other = (samples[place].astype(np.float64) for place in (earlier, later))
            energy = float((one * one).sum())
            gain = float((one * other).sum()) / energy if energy > 0.0 else 1.0
            if gain > 0.0 and np.abs(other - gain * one).max() < _SAME * max(1.0, gain):
                message = (
                    f"{display_name(paths[earlier])} and {display_name(paths[later])}: are the "
                    "same audio where they are compared, but for level and place; there is "
                    "nothing to hear"
                )
                raise UnsupportedAudioError(message, code="same_audio", path=paths[later])


def _findings(tracks: Sequence[Track], laid: Sequence[Alignment]) -> tuple[Finding, ...]:
    found = []
    rates = sorted({track.sketch.sample_rate for track in tracks})
    if len(rates) > 1:
        listed = " and ".join(f"{rate} Hz" for rate in rates)
        message = f"The versions are at {listed}; all are compared at {rates[-1]} Hz."
        found.append(Finding("resampled", message))
    moved_ms = max(abs(1e3 * each.longest.offset / each.mix_rate) for each in laid)
    if moved_ms >= 0.005:
        message = f"Versions were moved by up to {moved_ms:.2f} ms to lie over each other."
        found.append(Finding("moved", message))
    if any(each.drift_ppm != 0.0 for each in laid):
        found.append(Finding("drift", "Versions ran by different clocks, which was undone."))
    turned = sum(each.polarity < 0 for each in laid)
    if turned:
        message = f"The polarity of {turned} was turned, so that switching makes no gap."
        found.append(Finding("polarity", message))
    mono = sum(track.sketch.channels == 1 for track in tracks)
    if mono:
        message = f"{mono} of {len(tracks)} versions are mono, and stand on both sides."
        found.append(Finding("mono", message))
    return tuple(found)
