"""A recovery in the JSON document."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....inference.effects import STEP_S
from ....inference.intervals import interval_entry
from ....inference.report.document import Json, file_entry, plain
from ....models.moves import QUANTITIES, RESPONSE_HZ
from ....models.processors.multiband_compressor import BANDS
from ..explanation import Explanation, cannot_express


def recovery_entry(told: Explanation, recipe: Path, page: Path | None) -> Json:
    """Return the entry of a mix whose master was explained.

    Args:
        told: See `Explanation`.
        recipe: Where the recipe was written.
        page: Where the report was written, if it was.

    """
    recovered, effects, alignment = told.recovered, told.effects, told.alignment
    return {
        **file_entry(told.mix, told.findings),
        "master": plain(told.master),
        "sample_rate": told.before.sample_rate,
        "channels": told.before.channels,
        "duration_s": told.before.duration_s,
        "alignment": {
            "offset_samples": alignment.offset_samples,
            "fraction": alignment.fraction,
            "missed_samples": recovered.delay,
            "drift_ppm": alignment.drift_ppm,
            "polarity": alignment.polarity,
            "gain_db": alignment.gain_db,
            "master_rate": alignment.master_rate,
            "segments": len(alignment.segments),
            "mix_share": alignment.mix_share,
            "master_share": alignment.master_share,
        },
        "null_db": recovered.null_db,
        "unchanged_null_db": recovered.unchanged_db,
        "mel_db": told.mel_db,
        "unchanged_mel_db": told.unchanged_mel_db,
        "by_levels": recovered.by_levels,
        "mix_lufs": recovered.measured.mix_lufs,
        "master_lufs": recovered.measured.master_lufs,
        "loudness_gain_db": recovered.gain_db,
        "settings": recovered.settings.document(),
        "effects": {
            "frequency_hz": [round(float(hz), 3) for hz in RESPONSE_HZ],
            "response_db": effects.quantities[: len(RESPONSE_HZ)].tolist(),
            "total_db": effects.total_db.tolist(),
            "rest_db": told.rest_db.tolist(),
            "quantities": dict(zip(QUANTITIES, effects.quantities.tolist(), strict=True)),
            "reductions": {
                "step_s": STEP_S,
                "bands_db": {
                    band: np.round(row, 3).tolist()
                    for band, row in zip(BANDS, effects.reductions_db, strict=True)
                },
                "limiter_db": np.round(effects.limiting_db, 3).tolist(),
            },
        },
        "intervals": {name: interval_entry(each) for name, each in told.intervals.items()},
        "cannot_express": list(cannot_express(told)),
        "recipe": plain(recipe),
        "report": None if page is None else plain(page),
    }
