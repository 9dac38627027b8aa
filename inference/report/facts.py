"""What the reports say, as text and as a page: figures, labels and short sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...data.metering.report import LoudnessReport
from ...models.processors.equalizer import ResolvedEqualizer
from ...models.processors.multiband_compressor import CORNERS
from ...models.rates import NYQUIST_MARGIN
from ...models.spectrum import NOMINAL_HZ, THIRD_CENTERS_HZ
from ..compliance import check_compliance
from ..profiles import DeliveryProfile, load_profile, profile_names
from ..results import MasteringResult

Array: TypeAlias = npt.NDArray[np.float64]

LABELS = {
    "equalizer": "Equalizer",
    "deesser": "De-esser",
    "multiband_compressor": "Compressor",
    "saturator": "Saturator",
    "imager": "Stereo imager",
    "limiter": "Limiter",
}
"""What an engineer calls each block, in signal order."""

UNDEFINED = "n/a"

MOST_POINTS = 9
STRAIGHT_WITHIN_DB = 0.1
"""How far the response may be from straight lines between the points that tell it."""

_SHOWN = (THIRD_CENTERS_HZ > 30.0) & (THIRD_CENTERS_HZ < 17_000.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of the mix and of the master.

    Attributes:
        label: What it is.
        unit: Its unit.
        before: Of the mix; None where undefined.
        after: Of the master; None where undefined.
        digits: Decimals to show; a limit that is kept to hundredths is shown to hundredths.

    """

    label: str
    unit: str
    before: float | None
    after: float | None
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Playback:
    """What a streaming service would do with a master.

    Attributes:
        profile: The service.
        gain_db: By how much it changes the level; None where unknown.
        violations: What its published limits object to.

    """

    profile: DeliveryProfile
    gain_db: float | None
    violations: tuple[str, ...]


def figure(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number; `UNDEFINED` for None, and never a minus before zero."""
    if value is None:
        return UNDEFINED
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}" if signed and rounded else f"{rounded:.{digits}f}"


def frequency(hz: float) -> str:
    """Write a frequency, as in ``80 Hz`` or ``4.5 kHz``."""
    return f"{hz:.3g} Hz" if hz < 999.5 else f"{hz / 1000.0:.3g} kHz"


def duration(seconds: float) -> str:
    """Write a length, as in ``3:52`` or ``0.25 s``."""
    if seconds < 10.0:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def loudness_text(loudness: LoudnessReport) -> str:
    """Write the integrated loudness; for mono also as two loudspeakers give it."""
    if loudness.integrated_lufs is None:
        return "loudness undefined"
    text = f"{figure(loudness.integrated_lufs)} LUFS"
    if loudness.dual_mono_lufs == loudness.integrated_lufs:
        return text
    return f"{text} ({figure(loudness.dual_mono_lufs)} as dual mono)"


def true_peak_text(loudness: LoudnessReport) -> str:
    """Write the true peak with its unit."""
    if loudness.true_peak_dbtp is None:
        return "no peak"
    return f"{figure(loudness.true_peak_dbtp, 2)} dBTP"


def comparisons(result: MasteringResult) -> tuple[Comparison, ...]:
    """Return the figures that tell a master from its mix."""
    before, after = result.before.loudness, result.delivered.loudness
    rows = [
        Comparison("integrated", "LUFS", before.integrated_lufs, after.integrated_lufs),
        Comparison("loudness range", "LU", before.range_lu, after.range_lu),
        Comparison("true peak", "dBTP", before.true_peak_dbtp, after.true_peak_dbtp, 2),
        Comparison("PLR", "dB", before.plr_db, after.plr_db),
        Comparison(
            "short-term maximum", "LUFS", before.short_term_max_lufs, after.short_term_max_lufs
        ),
    ]
    if result.before.channels == 1:
        dual = Comparison("as dual mono", "LUFS", before.dual_mono_lufs, after.dual_mono_lufs)
        rows.insert(1, dual)
    return tuple(rows)


def verdict(result: MasteringResult) -> str:
    """Say whether the master meets its profile."""
    title = load_profile(result.compliance.profile).title
    return f"{'meets' if result.compliance.complies else 'does not meet'} “{title}”"


def playback(loudness: LoudnessReport) -> tuple[Playback, ...]:
    """Preview what the services would do with a master of this loudness."""
    profiles = (load_profile(name) for name in profile_names())
    previews = []
    for profile in profiles:
        if profile.purpose == "playback":
            report = check_compliance(loudness, profile)
            previews.append(Playback(profile, report.playback_gain_db, report.violations))
    return tuple(previews)


def equalizer_response_db(result: MasteringResult, frequency_hz: Array) -> Array | None:
    """Return the equalizer's response in dB; None where it is bypassed."""
    block = result.recipe.settings["equalizer"]
    if block.bypass:
        return None
    rate = result.before.sample_rate
    response_db: Array = ResolvedEqualizer(block.values).response_db(frequency_hz, rate)
    return response_db


def response_points(result: MasteringResult) -> tuple[tuple[float, float], ...]:
    """Return the points that tell the equalizer's response: at most 9 pairs of Hz and dB.

    Points are added where a straight line between their neighbors is furthest off. Frequencies are
    nominal third octaves, 31.5 Hz … 16 kHz; empty where the equalizer is bypassed.
    """
    heard = _SHOWN & (NYQUIST_MARGIN * result.before.sample_rate >= THIRD_CENTERS_HZ)
    response_db = equalizer_response_db(result, THIRD_CENTERS_HZ[heard])
    if response_db is None:
        return ()
    index = np.arange(len(response_db))
    chosen = [0, len(index) - 1]
    while len(chosen) < MOST_POINTS:
        error_db = np.abs(response_db - np.interp(index, chosen, response_db[chosen]))
        worst = int(np.argmax(error_db))
        if error_db[worst] < STRAIGHT_WITHIN_DB:
            break
        chosen = sorted((*chosen, worst))
    nominal_hz = np.array(NOMINAL_HZ, float)[heard]
    return tuple((float(nominal_hz[i]), float(response_db[i])) for i in chosen)


def band_labels(values: Mapping[str, float]) -> tuple[str, str, str, str]:
    """Name the compressor's bands by their corners."""
    low, middle, high = (frequency(values[key]) for key in CORNERS)
    return f"below {low}", f"{low} to {middle}", f"{middle} to {high}", f"above {high}"


def gain_text(result: MasteringResult) -> str:
    """Say which gains brought the mix to its loudness."""
    resolved = result.recipe.resolved
    if resolved is None:
        return "no gain"
    return (
        f"{figure(resolved.normalization_db, signed=True)} dB into the chain, "
        f"{figure(resolved.loudness_gain_db, signed=True)} dB before the limiter"
    )


def limiter_text(result: MasteringResult) -> str:
    """Say what the limiter was set to and how hard it is predicted to work."""
    values = result.recipe.settings["limiter"].values
    ceiling = figure(values["ceiling_dbtp"], 2)
    text = f"ceiling {ceiling} dBTP, release {values['release_ms']:.0f} ms"
    limiting = result.limiting
    if limiting is None:
        return text
    basis = "predicted before correction" if result.delivered.corrections else "predicted"
    return (
        f"{text}; {basis} to cost {figure(limiting.loss_lu)} LU and to take at most "
        f"{figure(limiting.reduction_db)} dB for 95 % of the time"
    )


def shortfall_text(result: MasteringResult) -> str | None:
    """Say so where the loudness asked for was replaced by the nearest safe one."""
    if result.shortfall_lufs is None:
        return None
    return (
        f"{figure(result.shortfall_lufs)} LUFS was asked for; "
        f"{figure(result.delivered.loudness.dual_mono_lufs)} LUFS is the nearest safe loudness"
    )


def provenance(result: MasteringResult) -> list[tuple[str, str]]:
    """Return label and text of all that decides the bytes of a master, and who decided it."""
    recipe = result.recipe
    profile = load_profile(recipe.delivery.profile)
    told = [
        ("Profile", f"{profile.title} ({profile.name}), {profile.date}"),
        ("Its source", f"{profile.source} Confidence: {profile.confidence}."),
        ("Settings by", recipe.predictor),
        *(
            (
                f"{LABELS[block]} kept from",
                f"{origin.file} ({origin.form}), SHA-256 {origin.file_sha256}",
            )
            for block, origin in recipe.kept.items()
        ),
        *(
            ("CPU" if name == "cpu" else f"Version of {name}", text)
            for name, text in recipe.versions.items()
        ),
    ]
    if recipe.model is not None:
        told.append(("SHA-256 of the model", recipe.model))
    if recipe.resolved is not None:
        told += [
            ("SHA-256 of the mix", recipe.resolved.input_hash),
            ("SHA-256 of the settings", recipe.resolved.settings_hash),
            ("Seed of the dither", str(recipe.resolved.dither_seed)),
        ]
    return told
