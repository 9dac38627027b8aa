"""Gains that make versions equally loud: none is turned up, and none above full scale."""

from __future__ import annotations

from collections.abc import Mapping

from ..data.metering.report import LoudnessReport


def matching_gains_db(reports: Mapping[str, LoudnessReport]) -> dict[str, float]:
    """Return what each version is turned by so that all are as loud as the quietest.

    All are turned down further where one would have a true peak above 0 dBTP: a converter that is
    overdriven by one version would be heard instead of it. A version without a loudness is turned
    by that alone.

    Args:
        reports: Of the versions as they are, by name.

    """
    levels_lufs = {
        name: report.dual_mono_lufs
        for name, report in reports.items()
        if report.dual_mono_lufs is not None
    }
    lowest_lufs = min(levels_lufs.values(), default=0.0)
    gains_db = {name: lowest_lufs - levels_lufs.get(name, lowest_lufs) for name in reports}
    over_db = max(
        (
            report.true_peak_dbtp + gains_db[name]
            for name, report in reports.items()
            if report.true_peak_dbtp is not None
        ),
        default=0.0,
    )
    return {name: gain_db - max(over_db, 0.0) for name, gain_db in gains_db.items()}
