"""The JSON documents: what ``--json`` prints, as plain data.

Their shape is that of the JSON Schemas in ``configs/schemas``. A figure that is undefined is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ...data.analysis import Analysis
from ...data.files.info import FileInfo
from ...data.findings import Finding
from ...data.metering.spectrum import LEVEL_EDGES_HZ
from ...data.metering.stereo import third_octave_width
from ...models.errors import GlassmasterError, TargetError
from ...models.spectrum import THIRD_CENTERS_HZ
from ..compliance import ComplianceReport
from ..mastering import MasteringResult
from .facts import playback

Json: TypeAlias = dict[str, object]

SCHEMA = 1
DOES_NOT_COMPLY = 2

_NOTHING_DB = -199.0


def document(
    command: str, files: Sequence[Mapping[str, object]], error: GlassmasterError | None = None
) -> Json:
    """Return the one document of a command.

    Args:
        command: Its name; empty where it was not understood.
        files: One entry a file.
        error: What belongs to no file.

    """
    return {
        "schema": SCHEMA,
        "command": command,
        "version": version("glassmaster"),
        "files": list(files),
        "error": None if error is None else _error(error),
    }


def error_entry(path: Path, error: GlassmasterError) -> Json:
    """Return the entry of a file that could not be worked on."""
    entry = _entry(path, (), error.exit_code)
    entry["status"], entry["error"] = "error", _error(error)
    if isinstance(error, TargetError):
        entry["nearest_lufs"] = error.nearest_lufs
    return entry


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
    return {
        **_entry(path, findings),
        **_form(analysis),
        "container": info.container,
        "codec": info.codec,
        "bit_depth": info.bit_depth,
        "lossy": info.lossy,
        **_meters(analysis),
        "dc_offset": list(analysis.dc_offset),
        "clipped_runs": analysis.clipped_runs,
        "digest": analysis.digest,
        "band_levels": _band_levels(analysis),
        "third_octaves": {
            "frequency_hz": [round(float(hz), 3) for hz in THIRD_CENTERS_HZ],
            "mid_db": _levels(analysis.mid_third_octaves_db),
            "side_db": _levels(analysis.side_third_octaves_db),
            "side_share": [float(share) for share in third_octave_width(analysis.spectrum)],
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
        **_entry(path, findings, 0 if complies else DOES_NOT_COMPLY),
        **_form(analysis),
        "bit_depth": info.bit_depth,
        **_meters(analysis),
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
    limiting, prediction = result.limiting, result.prediction
    complies = result.compliance.complies
    return {
        **_entry(result.source, result.findings, 0 if complies else DOES_NOT_COMPLY),
        **_form(result.before),
        "output": _plain(result.output),
        "profile": delivery.profile,
        "delivery": {
            "container": delivery.container,
            "bit_depth": delivery.bit_depth,
            "sample_rate": delivery.sample_rate,
            "target_lufs": delivery.target_lufs,
        },
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
        "reasons": []
        if prediction is None
        else [{"block": reason.block, "text": reason.text} for reason in prediction.reasons],
        "recipe": None if recipe is None else _plain(recipe),
        "report": None if page is None else _plain(page),
    }


def _entry(path: Path, findings: Iterable[Finding], exit_code: int = 0) -> Json:
    return {
        "path": _plain(path),
        "status": "ok",
        "exit_code": exit_code,
        "warnings": [asdict(finding) for finding in findings],
        "error": None,
    }


def _error(error: GlassmasterError) -> Json:
    path = None if error.path is None else _plain(error.path)
    return {"code": error.code, "message": error.message, "path": path}


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


def _levels(level_db: np.typing.NDArray[np.float64]) -> list[float | None]:
    return [float(value) if value > _NOTHING_DB else None for value in level_db]


def _spread(pair: tuple[float, float]) -> Json:
    return {"p50_db": pair[0], "p95_db": pair[1]}


def _compliance(report: ComplianceReport) -> Json:
    return {**asdict(report), "violations": list(report.violations)}


def _plain(path: str | Path) -> str:
    """Return a path as text that can be encoded; bytes that are no text become escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
