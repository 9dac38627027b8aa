"""A compressor of the whole signal, as most programs have it, onto the chain's four bands.

Each band gets its ratio, times and knee, and a threshold as far above the band's own long-term
level as the original's lies above that of the whole signal. On music whose bands move together that
is the same; where they do not, a broadband compressor turns all of them down by the loudest.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...data.findings import Finding
from ...models.errors import RecipeError
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import specification
from ..values import DAMAGED
from .draft import level_left_out
from .given import Listening, Threshold

BLOCK = "multiband_compressor"

_BOUNDS = {
    "ratio": (1.0, 1e6),
    "attack_ms": (0.0, 60_000.0),
    "release_ms": (0.0, 60_000.0),
    "knee_db": (0.0, 100.0),
}


@dataclass(frozen=True, slots=True)
class Broadband:
    """A compressor of the whole signal.

    Attributes:
        name: What the file calls it, as in the middle of a sentence.
        ratio: 1 or more; 1e6 and more is a limiter.
        attack_ms: Time constant.
        release_ms: Time constant.
        knee_db: Its whole width; 0 for a corner.
        threshold_dbfs: As a level; None where it is relative.
        threshold_db: Above the long-term level; None where it is a level.
        makeup_db: Gain after it.
        listening: What it measures.
        gain_db: Gain before it, see `Threshold`.
        equalized: Whether the equalizer comes before.

    Raises:
        RecipeError: A value is beyond what any compressor does, or the threshold is missing.

    """

    name: str
    ratio: float
    attack_ms: float
    release_ms: float
    knee_db: float
    threshold_dbfs: float | None = None
    threshold_db: float | None = None
    makeup_db: float = 0.0
    listening: Listening = "signal"
    gain_db: float = 0.0
    equalized: bool = True

    @property
    def title(self) -> str:
        """The name at the beginning of a sentence."""
        return f"{self.name[:1].upper()}{self.name[1:]}"

    def __post_init__(self) -> None:
        for key, (low, high) in _BOUNDS.items():
            value = getattr(self, key)
            if not low <= value <= high:
                message = f"{self.name}: {key} is {value:g}; it must lie in [{low:g}, {high:g}]"
                raise RecipeError(message, code=DAMAGED)
        if (self.threshold_db is None) == (self.threshold_dbfs is None):
            message = f"{self.name}: give either threshold_dbfs or threshold_db"
            raise RecipeError(message, code=DAMAGED)


@dataclass(frozen=True, slots=True)
class Banded:
    """What the chain's compressor makes of it.

    Attributes:
        values: Of the multiband compressor, those that are known.
        thresholds: The others.
        findings: What is not the same.

    """

    values: dict[str, float]
    thresholds: tuple[Threshold, ...]
    findings: tuple[Finding, ...]


def band_by_band(given: Broadband) -> Banded:
    """Return the settings of the chain's compressor; what lies beyond its ranges is held there."""
    title = given.title
    wanted = {"knee_db": given.knee_db}
    for band in BANDS:
        wanted[f"{band}_ratio"] = given.ratio
        wanted[f"{band}_attack_ms"] = given.attack_ms
        wanted[f"{band}_release_ms"] = given.release_ms
        if given.threshold_db is not None:
            wanted[f"{band}_threshold_db"] = given.threshold_db
    values = {key: _nearest(key, value) for key, value in wanted.items()}
    held = [
        f"{key} {value:g} became {values[key]:g}"
        for key, value in wanted.items()
        if values[key] != value
    ]
    message = (
        f"{title} works on the whole signal. In the chain each of four bands has its ratio "
        "and times, and a threshold as far above the band's own level: they move one by one, "
        "which the original does not do."
    )
    findings = [Finding("compressor_in_bands", message)]
    if held:
        message = f"{title} lies beyond the chain's ranges: {', '.join(held)}."
        findings.append(Finding("compressor_held", message))
    if given.makeup_db:
        findings.append(level_left_out(f"The make-up gain of {given.name}", given.makeup_db))
    if not given.equalized:
        message = f"{title} comes before the equalizer; in the chain it comes after."
        findings.append(Finding("order", message))
    thresholds: tuple[Threshold, ...] = ()
    if given.threshold_dbfs is not None:
        thresholds = tuple(
            Threshold(
                name=f"the threshold of {given.name}",
                block=BLOCK,
                key=f"{band}_threshold_db",
                level_dbfs=given.threshold_dbfs,
                listening=given.listening,
                gain_db=given.gain_db,
                equalized=given.equalized,
                is_held=True,
            )
            for band in BANDS
        )
    return Banded(values, thresholds, tuple(findings))


def _nearest(key: str, value: float) -> float:
    spec = specification(BLOCK, key)
    return min(max(value, spec.low), spec.high)
