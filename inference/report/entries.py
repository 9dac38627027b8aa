"""What the JSON document holds of a file that was worked on.

A figure that is undefined is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...data.files.info import FileInfo
from ...data.findings import Finding
from ...data.metering.spectrum import LEVEL_EDGES_HZ
from ...data.metering.stereo import third_octave_correlation, third_octave_width
from ...models.spectrum import CENTERS_HZ, THIRD_CENTERS_HZ, levels_db
from ..compliance import ComplianceReport
from ..intervals import interval_entry
from ..results import MasteringResult
from .company import listened_entry, match_entry
from .document import Json, file_entry, plain
from .facts import playback
from .reasons import told_reasons

DOES_NOT_COMPLY = 2

_NOTHING_DB = -199.0


def analysis_entry(
    path: Path, info: FileInfo, analysis: Analysis, findings: Iterable[Finding]
) -> Json:
    """Return the entry of an analyzed file: every meter.

    Args:
        path: As it was given.
        info: What the file is.
        analysis: What was measured.
        findings: What is odd about it.

    """
    spectrum = analysis.spectrum
    return {
        **file_entry(path, findings),
        **_measured(info, analysis),
        "container": info.container,
        "codec": info.codec,
        "lossy": info.lossy,
        "dc_offset": list(analysis.dc_offset),
        "clipped_runs": analysis.clipped_runs,
        "digest": analysis.digest,
        "band_levels": _band_levels(analysis),
        "third_octaves": {
            "frequency_hz": [round(float(hz), 3) for hz in THIRD_CENTERS_HZ],
            "mid_db": _levels(analysis.mid_third_octaves_db),
            "side_db": _levels(analysis.side_third_octaves_db),
            "side_share": third_octave_width(spectrum).tolist(),
            "correlation": [
                None if math.isnan(value) else value
                for value in third_octave_correlation(spectrum).tolist()
            ],
        },
        "twelfth_octaves": {
            "frequency_hz": [round(float(hz), 3) for hz in CENTERS_HZ],
            "mid_db": _levels(levels_db(spectrum.mid)),
            "side_db": _levels(levels_db(spectrum.side)),
        },
    }


def check_entry(
    path: Path,
    info: FileInfo,
    analysis: Analysis,
    findings: Iterable[Finding],
    asked: str,
    reports: Sequence[ComplianceReport],
) -> Json:
    """Return the entry of a checked file.

    Args:
        path: As it was given.
        info: What the file is.
        analysis: What was measured.
        findings: What is odd about it.
        asked: The profile asked for, or ``all``.
        reports: One a profile; with several, violations are named with their profile.

    """
    complies = all(report.complies for report in reports)
    violations = [
        text if len(reports) == 1 else f"{report.profile}: {text}"
        for report in reports
        for text in report.violations
    ]
    return {
        **file_entry(path, findings, 0 if complies else DOES_NOT_COMPLY),
        **_measured(info, analysis),
        "profile": asked,
        "complies": complies,
        "violations": violations,
        "profiles": [_compliance(report) for report in reports],
    }


def master_entry(result: MasteringResult, recipe: Path | None, page: Path | None) -> Json:
    """Return the entry of a mastered or rendered mix.

    Args:
        result: What came of it.
        recipe: Where the recipe was saved, if it was.
        page: Where the report was written, if it was.

    """
    delivered, delivery = result.delivered, result.recipe.delivery
    limiting = result.limiting
    complies = result.compliance.complies
    return {
        **file_entry(result.source, result.findings, 0 if complies else DOES_NOT_COMPLY),
        **_form(result.before),
        "output": plain(result.output),
        "profile": delivery.profile,
        "delivery": {
            "container": delivery.container,
            "bit_depth": delivery.bit_depth,
            "sample_rate": delivery.sample_rate,
            "target_lufs": delivery.target_lufs,
        },
        "shortfall_lufs": result.shortfall_lufs,
        "before": _meters(result.before),
        "after": asdict(delivered.loudness),
        "settings": result.recipe.settings.document(),
        "loudness_gain_db": delivered.drive_db,
        "limiting": None
        if limiting is None
        else {
            "wanted_lufs": limiting.output_lufs,
            "loss_lu": limiting.loss_lu,
            "reduction_db": limiting.reduction_db,
        },
        "reductions": {
            "deesser": _spread(result.reductions.deesser_db),
            "bands": {name: _spread(pair) for name, pair in result.reductions.bands_db.items()},
        },
        "corrections": delivered.corrections,
        "compliance": _compliance(result.compliance),
        "playback": [
            {"profile": preview.profile.name, "playback_gain_db": preview.gain_db}
            for preview in playback(delivered.loudness)
        ],
        "predictor": result.recipe.predictor,
        "model": result.recipe.model,
        "intervals": {name: interval_entry(each) for name, each in result.recipe.intervals.items()},
        "basis": result.basis,
        "reasons": [asdict(reason) for reason in told_reasons(result)],
        "kept": [
            {"block": block, "file": origin.file, "form": origin.form, "sha256": origin.file_sha256}
            for block, origin in result.recipe.kept.items()
        ],
        "finished": result.finished,
        "match": None if result.match is None else match_entry(result.match),
        "references": listened_entry(result.listened),
        "recipe": None if recipe is None else plain(recipe),
        "report": None if page is None else plain(page),
    }


def _measured(info: FileInfo, analysis: Analysis) -> Json:
    return {**_form(analysis), "bit_depth": info.bit_depth, **_meters(analysis)}


def _form(analysis: Analysis) -> Json:
    return {
        "sample_rate": analysis.sample_rate,
        "channels": analysis.channels,
        "duration_s": analysis.duration_s,
    }


def _meters(analysis: Analysis) -> Json:
    return {
        **asdict(analysis.loudness),
        "sample_peak_dbfs": analysis.sample_peak_dbfs,
        "crest_db": analysis.crest_db,
        "correlation": analysis.correlation,
    }


def _band_levels(analysis: Analysis) -> list[Json]:
    edges_hz = pairwise(LEVEL_EDGES_HZ)
    return [
        {
            "low_hz": low_hz,
            "high_hz": high_hz,
            "p10_dbfs": None if spread is None else spread.p10_dbfs,
            "p50_dbfs": None if spread is None else spread.p50_dbfs,
            "p95_dbfs": None if spread is None else spread.p95_dbfs,
        }
        for (low_hz, high_hz), spread in zip(edges_hz, analysis.band_levels, strict=True)
    ]


def _levels(level_db: npt.NDArray[np.float64]) -> list[float | None]:
    return [value if value > _NOTHING_DB else None for value in level_db.tolist()]


def _spread(pair: tuple[float, float]) -> Json:
    return {"p50_db": pair[0], "p95_db": pair[1]}


def _compliance(report: ComplianceReport) -> Json:
    return {**asdict(report), "violations": list(report.violations)}
