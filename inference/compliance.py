"""Whether a file meets the limits of a delivery profile."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..data.metering.report import LoudnessReport
from .profiles import ROUNDING, DeliveryProfile


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """What a check found.

    Attributes:
        profile: Name of the profile.
        complies: Whether every limit is met.
        violations: One sentence for each limit that is not.
        playback_gain_db: By how much the service changes the level; None where unknown.

    """

    profile: str
    complies: bool
    violations: tuple[str, ...]
    playback_gain_db: float | None


def check_file(
    loudness: LoudnessReport, profile: DeliveryProfile, *, sample_rate: int, bit_depth: int | None
) -> ComplianceReport:
    """Hold a file against a profile: its form, where the profile fixes one, and its levels.

    A profile that fixes the sample rate fixes the word length too.

    Args:
        loudness: Measured on the file.
        profile: What its destination asks for.
        sample_rate: Of the file, in Hz.
        bit_depth: Of the file; None for lossy codecs.

    """
    report = check_compliance(loudness, profile)
    violations = []
    if profile.sample_rate not in (None, sample_rate):
        violations.append(f"sample rate is {sample_rate} Hz; wanted is {profile.sample_rate}")
    if profile.sample_rate is not None and str(bit_depth) != profile.bit_depth.rstrip("f"):
        held = "undefined (lossy)" if bit_depth is None else f"{bit_depth} bit"
        violations.append(f"word length is {held}; wanted is {profile.bit_depth} bit")
    return replace(
        report,
        complies=report.complies and not violations,
        violations=(*violations, *report.violations),
    )


def check_compliance(loudness: LoudnessReport, profile: DeliveryProfile) -> ComplianceReport:
    """Hold measured loudness and peak against a profile.

    Mono counts as dual mono. A file without a loudness (too short, or all below the gate) fails
    only profiles that ask for one. Playback services advise; only production profiles forbid.
    """
    violations = []
    rule = "advised" if profile.purpose == "playback" else "allowed"
    integrated = loudness.dual_mono_lufs
    if profile.target_lufs is not None:
        if integrated is None:
            violations.append(f"has no measurable loudness; {profile.target_lufs:.1f} LUFS wanted")
        elif abs(integrated - profile.target_lufs) > profile.tolerance_lu + ROUNDING:
            violations.append(
                f"integrated loudness is {integrated:.2f} LUFS; wanted is "
                f"{profile.target_lufs:.1f} ± {profile.tolerance_lu:g}"
            )
    ceiling = profile.ceiling_dbtp(integrated)
    if loudness.true_peak_dbtp is not None and loudness.true_peak_dbtp > ceiling + ROUNDING:
        violations.append(
            f"true peak is {loudness.true_peak_dbtp:.2f} dBTP; at most {ceiling:.2f} is {rule}"
        )
    short_term = loudness.short_term_max_lufs
    limit = profile.short_term_max_lufs
    if short_term is not None and integrated is not None and loudness.integrated_lufs is not None:
        short_term += integrated - loudness.integrated_lufs  # dual mono, too
    if limit is not None and short_term is not None and short_term > limit + ROUNDING:
        violations.append(
            f"short-term loudness reaches {short_term:.2f} LUFS; at most {limit:.2f} is {rule}"
        )
    playback = None if integrated is None else profile.playback_gain_db(integrated)
    return ComplianceReport(profile.name, not violations, tuple(violations), playback)
