"""The baseline predictor: settings from published statistics and closed forms."""

from __future__ import annotations

from ...data.analysis import Analysis
from ...models.settings import default_settings
from ..predictor import Company, Prediction, Reason
from .bass import choose_imager
from .dynamics import choose_compressor
from .equalizer import choose_equalizer, remove_offset
from .prior import Prior, default_prior
from .tone import ToneModel


class BaselinePredictor:
    """Chooses gentle settings without a trained network.

    It moves the balance toward finished masters as far as a Gaussian model of songs and mixes
    warrants, compresses bands whose loud passages stand out, and narrows bass that is too wide.
    De-esser and saturator stay bypassed, because nothing it measures says when they are needed.

    Args:
        prior: What finished masters look like; the shipped one by default.

    """

    name = "baseline"
    model = None
    listens = False
    reads_settings = False
    describe = (
        "Settings from published mean spectra of finished masters and measured differences of "
        "mixes from them, by closed forms; nothing is trained."
    )

    def __init__(self, prior: Prior | None = None) -> None:
        self._prior = default_prior() if prior is None else prior
        self._model = ToneModel(self._prior)

    def predict(self, analysis: Analysis, company: Company | None = None) -> Prediction:
        """Choose settings for the mix that was analyzed; equal analyses give equal settings.

        Finished songs are not listened to: what is normal is known without any. A song that is
        finished itself is left as it is.

        Intervals are given for the response only: of reduction and width this predictor knows
        what is normal, and not what an engineer would make of this mix.
        """
        if company is not None and company.settings_alone:
            return leave_as_it_is(analysis, "The song is finished, so it is left as it is.")
        if (text := unjudged(analysis)) is not None:
            return leave_alone(analysis, text)
        settings = default_settings().with_block("limiter", {})
        plr_db = analysis.loudness.plr_db
        balance = choose_equalizer(analysis, plr_db, self._model, self._prior)
        compressor, why_compressor = choose_compressor(analysis, plr_db, self._prior)
        imager, why_imager = choose_imager(analysis, self._prior)
        chosen = (
            ("equalizer", balance.values),
            ("multiband_compressor", compressor),
            ("imager", imager),
        )
        for name, values in chosen:
            if values is not None:
                settings = settings.with_block(name, values)
        reasons = (
            *balance.reasons,
            Reason("deesser", "The baseline does not decide on de-essing, so it is bypassed."),
            why_compressor,
            Reason("saturator", "The baseline does not decide on saturation, so it is bypassed."),
            why_imager,
            _limiter_reason(plr_db),
        )
        return Prediction(settings, balance.intervals, reasons)


def unjudged(analysis: Analysis) -> str | None:
    """Say why nothing can be told from what was measured, or return None."""
    loudness_lufs = analysis.loudness.dual_mono_lufs
    if loudness_lufs is None:
        return "The loudness is undefined, so only the ceiling is kept."
    if any(finding.code == "very_quiet" for finding in analysis.findings):
        return (
            f"At {loudness_lufs:.1f} LUFS nobody can tell the mix from its noise, so it is left "
            "alone."
        )
    return None


def leave_alone(analysis: Analysis, text: str) -> Prediction:
    """Engage nothing but the limiter, and what removes an offset.

    Args:
        analysis: Of the mix.
        text: Why, for every block.

    """
    left = leave_as_it_is(analysis, text)
    offset, why_offset = remove_offset(analysis)
    if offset is None:
        return left
    first, *others = left.reasons
    settings = left.settings.with_block("equalizer", offset)
    return Prediction(settings, {}, (first, *why_offset, *others))


def leave_as_it_is(analysis: Analysis, text: str) -> Prediction:
    """Engage nothing but the limiter.

    Args:
        analysis: Of the mix.
        text: Why, for every other block.

    """
    settings = default_settings().with_block("limiter", {})
    reasons = [Reason(name, text) for name in settings.blocks if name != "limiter"]
    limiter = _limiter_reason(analysis.loudness.plr_db)
    return Prediction(settings, {}, (*reasons, limiter))


def _limiter_reason(plr_db: float | None) -> Reason:
    measured = "" if plr_db is None else f"; peaks stand {plr_db:.1f} dB above the loudness"
    text = f"The limiter keeps the ceiling with its usual release{measured}."
    return Reason("limiter", text)
