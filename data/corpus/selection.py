"""Which tracks are kept, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .listing import ListedTrack
from .matches import Match
from .measuring import Measurement
from .origins import artist_keys

SHORTEST_S = 40.0
"""Shorter files are jingles and effects."""

QUIETEST_LUFS = -40.0
"""Quieter files are as good as silent."""

LEAST_SOUNDING_SHARE = 0.5
"""Files that pause for longer than this leaves are not songs."""

LOOP_ERROR = 0.1
"""A track whose fingerprint differs from itself by less, a period later, is one passage over and
over."""

NOISE_LIVELINESS_DB = 2.5
"""Tonality and movement together are less than this for rain, wind and crowds (1.3 to 2.2 measured)
and more for what is played, drums without a tone (5) and drones (2.7) included."""

LEAST_DUPLICATE_OVERLAP = 0.5
"""Tracks that share a recording for less of the shorter one are relatives, not duplicates."""

HIGHEST_PEAK_DBTP = 1.0
"""Targets do not decode to higher true peaks."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track of a source, measured or not.

    Attributes:
        track: What the source says of it.
        measurement: None where it was not measured.
        source: The ``.deb`` it came in, or the folder; empty where it was not fetched.
        reason: Why it was not measured; empty where it was.

    """

    track: ListedTrack
    measurement: Measurement | None
    source: str
    reason: str = ""

    @property
    def artist(self) -> str:
        """Line of credits, from the listing or from the file."""
        own = self.measurement.artist if self.measurement is not None else ""
        return self.track.artist or own


def listed_reason(track: ListedTrack) -> str:
    """Return why a track is not even read, or nothing."""
    if track.split == "stems":
        return "listed as stems: parts of songs"
    if track.split == "exclude":
        return "excluded by listing or folder: not music, narrow-band or too quiet"
    return ""


def unfit_reason(measurement: Measurement) -> str:
    """Return why a track is no song, by what was measured of it, or nothing."""
    character = measurement.character
    if measurement.duration_s < SHORTEST_S:
        return f"shorter than {SHORTEST_S:.0f} s"
    if measurement.integrated_lufs is None or measurement.integrated_lufs < QUIETEST_LUFS:
        return "silent or nearly so"
    if character.sounding_share < LEAST_SOUNDING_SHARE:
        return f"sounds for only {100 * character.sounding_share:.0f} % of its length"
    if character.tonality_db + character.movement_db < NOISE_LIVELINESS_DB:
        return "no music: its spectrum is flat and still, as that of noise"
    if character.period_error < LOOP_ERROR:
        return f"a loop of {character.period_s:.1f} s"
    return ""


def target_reason(track: ListedTrack, measurement: Measurement) -> str:
    """Return why a track that is kept may not serve as a target, or nothing."""
    peak = measurement.true_peak_dbtp
    good, mastered = track.good_quality, track.looks_mastered
    if not (_is_good(measurement) if good is None else good):
        return "not of good quality"
    if not (looks_mastered(measurement) if mastered is None else mastered):
        return "does not look mastered"
    if peak is None or peak > HIGHEST_PEAK_DBTP:
        return f"true peak above +{HIGHEST_PEAK_DBTP:.0f} dBTP"
    return ""


def _is_good(measurement: Measurement) -> bool:
    return (
        measurement.channels == 2
        and measurement.sample_rate >= 44_100
        and measurement.bandwidth_hz >= 15_000.0
        and measurement.kbps >= 96.0
    )


def looks_mastered(measurement: Measurement) -> bool:
    """Tell whether a track is louder than -17 LUFS, of a PLR under 17 dB, peaking over -3 dBTP."""
    figures = measurement.integrated_lufs, measurement.true_peak_dbtp, measurement.plr_db
    lufs, peak_dbtp, plr_db = figures
    if lufs is None or peak_dbtp is None or plr_db is None:
        return False
    return is_loud_enough(lufs, peak_dbtp, plr_db)


def is_loud_enough(lufs: float, peak_dbtp: float, plr_db: float) -> bool:
    """Tell whether loudness, true peak and their ratio are those of a finished master."""
    return lufs > -17.0 and plr_db < 17.0 and peak_dbtp > -3.0


def duplicate_reasons(
    tracks: Mapping[str, Candidate], matches: Sequence[Match]
) -> Mapping[str, str]:
    """Return which tracks are dropped because another that is kept has the same recording.

    Of two, the one of the validation set is kept, then a target, then the one of larger bandwidth,
    then the first by name.

    Args:
        tracks: Measured tracks that are fit to be kept, by identity.
        matches: See `find_matches`.

    Returns:
        Reason by identity.

    """
    pairs = {(match.first, match.second) for match in matches if _is_duplicate(match)}
    for identity, candidate in tracks.items():
        pairs.update((identity, other) for other in candidate.track.duplicates if other in tracks)
    reasons: dict[str, str] = {}
    ranked = sorted(tracks, key=lambda identity: _rank(identity, tracks[identity]))
    place = {identity: number for number, identity in enumerate(ranked)}
    ordered = sorted(tuple(sorted(pair, key=place.__getitem__)) for pair in pairs)
    for kept, dropped in sorted(ordered, key=lambda pair: (place[pair[0]], place[pair[1]])):
        if kept not in reasons and dropped not in reasons:
            reasons[dropped] = f"duplicate of {kept}"
    return reasons


def bridge_reasons(tracks: Mapping[str, Candidate], matches: Sequence[Match]) -> Mapping[str, str]:
    """Return which tracks are dropped because they tie music to learn from to validation.

    One track by an artist of the other side would join two packages into one component, and all of
    it would be lost. The track to learn from is dropped; where it is not there itself, but only its
    package, the one for validation.

    Args:
        tracks: Tracks that are kept so far, by identity.
        matches: See `find_matches`.

    Returns:
        Reason by identity.

    """
    sides = {identity: each.track.split == "validation" for identity, each in tracks.items()}
    packages = {each.track.package for identity, each in tracks.items() if not sides[identity]}
    heard: set[str] = set()
    for identity, candidate in tracks.items():
        if sides[identity]:
            heard.update(artist_keys(candidate.artist))
    reasons: dict[str, str] = {}
    for identity, candidate in tracks.items():
        names = artist_keys(candidate.artist)
        if not sides[identity] and names & heard:
            reasons[identity] = f"by {min(names & heard)}, who is in the validation set"
        elif sides[identity]:
            others = [each for each in candidate.track.duplicates if each not in tracks]
            tied = [each for each in others if _package(each) in packages]
            if tied:
                reasons[identity] = f"the same recording is in {_package(tied[0])}"
    for match in matches:
        both = [each for each in (match.first, match.second) if each not in reasons]
        if {sides.get(each) for each in both} == {False, True}:
            learned, other = sorted(both, key=sides.__getitem__)
            reasons[learned] = f"shares a recording with {other} of the validation set"
    return reasons


def _is_duplicate(match: Match) -> bool:
    return match.overlap >= LEAST_DUPLICATE_OVERLAP


def _rank(identity: str, candidate: Candidate) -> tuple[bool, bool, float, str]:
    measurement = candidate.measurement
    is_target = measurement is not None and not target_reason(candidate.track, measurement)
    bandwidth = 0.0 if measurement is None else measurement.bandwidth_hz
    return (candidate.track.split != "validation", not is_target, -bandwidth, identity)


def _package(identity: str) -> str:
    return identity.split("/")[0].split("@")[0]
