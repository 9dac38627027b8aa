"""Settings as a person gave them, and what they come to on a mix.

A person reads a threshold as a level at the input of a plug-in. The chain's thresholds are relative
to anchors, the long-term level of the mix where the block listens, so that they do the same to a
quiet mix and to a loud one. With the analysis of a mix one becomes the other exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np

from ...data.analysis import Analysis
from ...data.files.names import display_name
from ...data.findings import Finding
from ...models.chain import Anchors, measure_anchors
from ...models.errors import ParameterError
from ...models.processors.multiband_compressor import BANDS
from ...models.settings import ChainSettings, specification
from ...models.spectrum import PowerSpectrum
from ..recipe import Delivery, Recipe

Listening: TypeAlias = Literal["band", "signal", "sum"]
"""What a detector hears: its band, the mean power of both channels, or left and right added."""

TOLD_DIGITS: Final = 1


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold as a level.

    Attributes:
        name: What the person calls it.
        block: The block that has it.
        key: Of the relative threshold in its place, as in ``low_threshold_db``.
        level_dbfs: Mean square at the block's input, full scale ±1.
        listening: What the level is of.
        gain_db: Gain of the person's chain up to there, besides what the equalizer does to balance.
        equalized: Whether their equalizer comes before.
        is_held: Whether a value beyond the range is replaced by the nearest, or else refused.

    """

    name: str
    block: str
    key: str
    level_dbfs: float
    listening: Listening = "band"
    gain_db: float = 0.0
    equalized: bool = True
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class FittedSettings:
    """What given settings come to on one mix.

    Attributes:
        settings: Of every block; blocks that are not spoken of are bypassed.
        findings: What a person should know of it on this mix.

    """

    settings: ChainSettings
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """Settings as a person gave them.

    Attributes:
        path: The file.
        sha256: Of its bytes, in hexadecimal.
        form: What a person calls its form, as in ``Equalizer APO``.
        stages: Blocks that it speaks of, names of `glassmaster.models.settings.BLOCKS` in signal
            order.
        settings: Of every block, but for what `thresholds` say; blocks that the file does not speak
            of are bypassed.
        thresholds: Those that are levels, to be fitted to a mix.
        delivery: Form and limits of the file that is wanted; None where it does not say.
        recipe: Where the file is a whole recipe.
        findings: What was not understood, approximated or left out, on any mix.

    """

    path: Path
    sha256: str
    form: str
    stages: tuple[str, ...]
    settings: ChainSettings
    thresholds: tuple[Threshold, ...]
    delivery: Delivery | None
    recipe: Recipe | None
    findings: tuple[Finding, ...]

    def settings_for(self, analysis: Analysis) -> ChainSettings:
        """Return the settings for a mix; errors as of `fitted_to`."""
        return self.fitted_to(analysis).settings

    def fitted_to(
        self, analysis: Analysis, stages: Collection[str] | None = None
    ) -> FittedSettings:
        """Return the settings for a mix, its thresholds relative to the mix's anchors.

        Args:
            analysis: Of the mix.
            stages: Blocks that matter; None for all of them.

        Raises:
            ParameterError: A threshold lies beyond the chain's range on this mix; the message names
                the file and the range as levels.

        """
        values: dict[str, dict[str, float]] = {}
        findings: list[Finding] = []
        for threshold in self.thresholds:
            if stages is not None and threshold.block not in stages:
                continue
            anchor_dbfs = self._anchor_dbfs(threshold, analysis) + threshold.gain_db
            relative_db, told = self._relative_db(threshold, anchor_dbfs)
            values.setdefault(threshold.block, {})[threshold.key] = relative_db
            findings += told
        settings = self.settings
        for name, own in values.items():
            block = settings[name]
            settings = settings.with_block(name, {**block.values, **own}, bypass=block.bypass)
        return FittedSettings(settings, tuple(dict.fromkeys(findings)))  # four bands say the same

    def _anchor_dbfs(self, threshold: Threshold, analysis: Analysis) -> float:
        """Return the long-term level of the mix, at its own level, where the block listens."""
        settings, spectrum = self.settings, analysis.spectrum
        if not threshold.equalized:
            settings = settings.with_block("equalizer", {}, bypass=True)
        if threshold.listening == "sum":
            nothing = np.zeros_like(spectrum.mid)
            spectrum = PowerSpectrum(4.0 * spectrum.mid, nothing, nothing)
        anchors = measure_anchors(settings, spectrum, sample_rate=analysis.sample_rate)
        if threshold.listening != "band":
            return float(anchors.saturator_dbfs)
        return anchor_of(anchors, threshold.block, threshold.key)

    def _relative_db(
        self, threshold: Threshold, anchor_dbfs: float
    ) -> tuple[float, tuple[Finding, ...]]:
        spec = specification(threshold.block, threshold.key)
        relative_db = threshold.level_dbfs - anchor_dbfs
        held_db = min(max(relative_db, spec.low), spec.high)
        if held_db == relative_db:
            return relative_db, ()
        low_dbfs, high_dbfs = (
            round(anchor_dbfs + end, TOLD_DIGITS) for end in (spec.low, spec.high)
        )
        text = (
            f"{threshold.name} is {threshold.level_dbfs:.1f} dBFS; on this mix "
            f"it must lie in [{low_dbfs}, {high_dbfs}], {spec.low:+.0f} to {spec.high:+.0f} dB "
            "about the level there"
        )
        if not threshold.is_held:
            message = f"{display_name(self.path)}: {text}"
            raise ParameterError(message, code="out_of_range", path=self.path)
        nearest = f"{text}: {anchor_dbfs + held_db:.1f} was taken."
        return held_db, (Finding("threshold_held", nearest),)


def anchor_of(anchors: Anchors, block: str, key: str) -> float:
    """Return the anchor that the threshold ``key`` of a block is relative to, in dBFS."""
    if block == "deesser":
        return float(anchors.deesser_dbfs)
    by_key: Mapping[str, float] = {
        f"{band}_threshold_db": float(level_dbfs)
        for band, level_dbfs in zip(BANDS, anchors.bands_dbfs, strict=True)
    }
    return by_key[key]
