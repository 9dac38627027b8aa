"""What is known of where a master lies in its mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a mix that is in the master without a cut.

    Sample ``start + n`` of the mix is sample ``start + n + offset_samples + fraction + n · drift``
    of the master, counted at the rate of the mix from the master's first sample.

    Attributes:
        start: First sample in the mix.
        end: Sample after the last.
        offset_samples: Positive where the master has more before this part than the mix.
        fraction: Of a sample, in [-0.5, 0.5].

    """

    start: int
    end: int
    offset_samples: int
    fraction: float

    @property
    def frames(self) -> int:
        """Length in samples of the mix."""
        return self.end - self.start

    @property
    def offset(self) -> float:
        """Offset with its fraction."""
        return self.offset_samples + self.fraction


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a master lies in its mix, and how alike they are.

    Attributes:
        mix_rate: In Hz; offsets and segments count its samples.
        master_rate: In Hz.
        segments: In the order of the mix, at least one.
        drift_ppm: How much slower the master runs, in millionths; 0 where both ran by one clock.
        polarity: -1 where the master is flipped, else 1.
        gain_db: How much louder the master is, median over frames.
        tone_db: How much the master's tone differs: standard deviation of its gain over bands.
        mix_share: Share of the mix that is in the master.
        master_share: Share of the master that is in the mix.
        fade_in_end_s: Where a fade-in that only the master has ends, in s of the mix, or None.
        fade_out_start_s: Where a fade-out that only the master has begins, in s of the mix, or
            None.
        strength: How much of the phase is that of a delay, 1 for all of it.
        residual_db: See `likeness.Likeness`.
        worst_db: See `likeness.Likeness`.
        unlike_share: See `likeness.Likeness`.
        findings: What a person should know, one sentence each.

    """

    mix_rate: int
    master_rate: int
    segments: tuple[Segment, ...]
    drift_ppm: float
    polarity: int
    gain_db: float
    tone_db: float
    mix_share: float
    master_share: float
    fade_in_end_s: float | None
    fade_out_start_s: float | None
    strength: float
    residual_db: float
    worst_db: float
    unlike_share: float
    findings: tuple[str, ...]

    @property
    def longest(self) -> Segment:
        """The longest segment, the first of equals."""
        return max(self.segments, key=lambda segment: segment.frames)

    @property
    def offset_samples(self) -> int:
        """Whole samples of the longest segment's offset."""
        return self.longest.offset_samples

    @property
    def fraction(self) -> float:
        """The rest of the longest segment's offset, in [-0.5, 0.5]."""
        return self.longest.fraction


def part_of(segment: Segment, alignment: Alignment, start: int, frames: int) -> Segment:
    """Return a part of a segment; its offset has drifted as far as the part lies in.

    Args:
        segment: The whole.
        alignment: That it is one of.
        start: First sample of the mix.
        frames: Length of the part.

    """
    offset = segment.offset + (start - segment.start) * 1e-6 * alignment.drift_ppm
    whole = round(offset)
    return Segment(start, start + frames, whole, offset - whole)


def as_document(alignment: Alignment) -> dict[str, Any]:
    """Return plain data; `from_document` is its inverse."""
    return asdict(alignment)


def from_document(document: Mapping[str, Any]) -> Alignment:
    """Return an alignment from plain data."""
    segments = tuple(Segment(**each) for each in document["segments"])
    findings = tuple(document["findings"])
    return Alignment(**{**document, "segments": segments, "findings": findings})
