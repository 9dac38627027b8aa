"""What a master is asked to be, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..data.analysis import Analysis
from ..data.findings import Finding
from .company import Listened
from .compliance import ComplianceReport
from .delivering import Delivered
from .loudness_solve import Limiting
from .predictor import Prediction
from .recipe import Delivery, Recipe
from .reference import ReferenceMatch
from .rendering import Reductions


@dataclass(frozen=True, slots=True)
class Request:
    """What a master is asked to be, besides what the settings say.

    Attributes:
        output: Final name.
        delivery: Form and limits; its rate is the delivery's.
        ceiling_dbtp: Highest true peak; None for the profile's.
        force: Whether an existing file may be replaced.
        nearest: Whether a target out of reach may be replaced by the nearest safe loudness.
        temp_dir: Where intermediate audio goes; None for the output's folder.

    """

    output: Path
    delivery: Delivery
    ceiling_dbtp: float | None = None
    force: bool = False
    nearest: bool = False
    temp_dir: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MasteringResult:
    """A finished master and how it came about.

    Attributes:
        source: The mix.
        output: The master.
        before: Analysis of the mix.
        delivered: The written file, measured.
        recipe: Renders the same bytes again.
        basis: Where the settings come from, in a sentence.
        prediction: Why the settings are what they are; None for settings from a recipe.
        limiting: What the drive was predicted to do; None where the mix has no loudness.
        shortfall_lufs: The loudness asked for, where the nearest safe one was delivered instead.
        reductions: Gain reduction of de-esser and compressor.
        compliance: The written file against the profile and what was asked for besides.
        findings: What is odd about the mix, and what could not be carried over.
        match: Finished music that the mix is like; None where nobody looked.
        listened: References by name.
        finished: Whether the mix was called a finished song, so that nothing of it was mended.

    """

    source: Path
    output: Path
    before: Analysis
    delivered: Delivered
    recipe: Recipe
    basis: str
    prediction: Prediction | None
    limiting: Limiting | None
    shortfall_lufs: float | None
    reductions: Reductions
    compliance: ComplianceReport
    findings: tuple[Finding, ...]
    match: ReferenceMatch | None = None
    listened: tuple[Listened, ...] = ()
    finished: bool = False
