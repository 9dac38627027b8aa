"""What was found of a master's place in its mix, in sentences."""

from __future__ import annotations

from .alignment import Alignment

_NOTHING_CUT = 0.97


def describe(alignment: Alignment) -> tuple[str, ...]:
    """Return what a person should know of an alignment, one sentence each."""
    told = [_offset(alignment)]
    if alignment.mix_rate != alignment.master_rate:
        told.append(
            f"The mix is at {alignment.mix_rate} Hz and the master at {alignment.master_rate} Hz."
        )
    if alignment.drift_ppm != 0.0:
        how = "slower" if alignment.drift_ppm > 0.0 else "faster"
        told.append(f"The master runs {abs(alignment.drift_ppm):.2f} ppm {how}.")
    if alignment.polarity < 0:
        told.append("The polarity of the master is flipped.")
    how = "louder" if alignment.gain_db >= 0.0 else "quieter"
    told.append(f"The master is {abs(alignment.gain_db):.1f} dB {how}.")
    if len(alignment.segments) > 1:
        told.append(f"The master is an edit: {len(alignment.segments)} parts of the mix are in it.")
    if alignment.mix_share < _NOTHING_CUT:
        told.append(f"Only {alignment.mix_share:.0%} of the mix is in the master.")
    if alignment.master_share < _NOTHING_CUT:
        told.append(f"Only {alignment.master_share:.0%} of the master is in the mix.")
    if alignment.fade_in_end_s is not None:
        told.append(f"The master fades in until {alignment.fade_in_end_s:.1f} s of the mix.")
    if alignment.fade_out_start_s is not None:
        told.append(f"The master fades out from {alignment.fade_out_start_s:.1f} s of the mix on.")
    return tuple(told)


def _offset(alignment: Alignment) -> str:
    longest = alignment.longest
    samples = longest.offset if _is_resampled(alignment) else longest.offset_samples
    if samples == 0:
        return "Both begin at the same sample."
    how = "later" if samples > 0 else "earlier"
    digits = 2 if _is_resampled(alignment) else 0
    seconds = abs(samples) / alignment.mix_rate
    return f"The master begins {abs(samples):.{digits}f} samples ({seconds:.4f} s) {how}."


def _is_resampled(alignment: Alignment) -> bool:
    return alignment.mix_rate != alignment.master_rate or alignment.drift_ppm != 0.0
