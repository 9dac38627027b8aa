"""A prediction beside what a person decides: blocks kept from files, and how much of the others.

A block that is kept is the person's to the last digit, whatever amount is asked for. The others
stay as they were predicted from the mix: their thresholds follow by themselves, because anchors are
measured behind the equalizer that runs. Only what a given compressor's trims do to the balance
already is taken back from the predicted equalizer, see `trims`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..data.analysis import Analysis
from ..data.files.names import display_name
from ..data.findings import Finding
from ..models.errors import UsageError
from ..models.settings import BLOCKS, BlockSettings, ChainSettings
from .intervals import apart_from
from .origins import Origin, block_sha256
from .predictor import Prediction, Reason
from .presets.given import GivenSettings
from .presets.reading import read_given_settings
from .trims import equalizer_beside
from .values import LONGEST_NAME

SCALED: tuple[str, ...] = tuple(
    name for name, specs in BLOCKS.items() if any(spec.scaled for spec in specs)
)
"""Blocks that an amount makes a difference to."""


@dataclass(frozen=True, slots=True)
class Blend:
    """What a person decides beside a predictor.

    Attributes:
        amounts: How much of each block of `SCALED`, 0 to 1; 1 for those that are not named.
        locks: Files that blocks are kept from, by block.

    """

    amounts: Mapping[str, float] = field(default_factory=dict)
    locks: Mapping[str, GivenSettings] = field(default_factory=dict)


ALL_OF_IT = Blend()


@dataclass(frozen=True, slots=True)
class Blended:
    """What became of a prediction.

    Attributes:
        settings: What is rendered, but for the ceiling.
        prediction: As it is told: of blocks that were kept it says so, and nothing else.
        findings: What a person should know.

    """

    settings: ChainSettings
    prediction: Prediction
    findings: tuple[Finding, ...]


def named_blend(amount: str | None, locks: Sequence[str]) -> Blend:
    """Return what is asked for by ``0.5``, or ``equalizer=0.5,imager=0``, and ``STAGE=FILE``.

    Raises:
        UsageError: A stage is unknown, named twice, not in its file, or both kept and scaled; an
            amount is no number from 0 to 1.
        RecipeError: A file cannot be read.
        ParameterError: A value in it is out of range.

    """
    files: dict[str, GivenSettings] = {}
    kept: dict[str, GivenSettings] = {}
    for word in locks:
        stage, _, path = word.partition("=")
        if stage not in BLOCKS or not path:
            raise UsageError(
                f"{display_name(word)!r} keeps no stage of a file; write STAGE=FILE, with a stage "
                f"of {', '.join(BLOCKS)}",
                code="usage",
            )
        if stage in kept:
            raise UsageError(f"--lock names {stage} twice; keep one", code="usage")
        if path not in files:
            files[path] = read_given_settings(Path(path))
        kept[stage] = _speaking_of(stage, files[path])
    amounts, named = _amounts(amount)
    if both := [stage for stage in named if stage in kept]:
        raise UsageError(
            f"{', '.join(both)} is kept whole by --lock and scaled by --amount; leave one out",
            code="usage",
        )
    return Blend(amounts, kept)


def blended(prediction: Prediction, blend: Blend, analysis: Analysis) -> Blended:
    """Bring a prediction and what a person decides together.

    Raises:
        ParameterError: A level in a file is beyond the chain's range on this mix.

    """
    blocks = dict(prediction.settings.blocks)
    reasons = list(prediction.reasons)
    findings = _amount_findings(blend)
    for stage, given in blend.locks.items():
        blocks[stage] = given.fitted_to(analysis, (stage,)).settings[stage]
        reasons = [each for each in reasons if each.block != stage]
        how = ", bypassed" if blocks[stage].bypass else ""
        reasons.append(Reason(stage, f"Kept from {shown_name(given)}{how}."))
    for given in {each.path: each for each in blend.locks.values()}.values():
        stages = [stage for stage, each in blend.locks.items() if each.path == given.path]
        told = (*given.findings, *given.fitted_to(analysis, stages).findings)
        findings += [
            Finding(each.code, f"{shown_name(given)}: {each.message}")
            for each in told
            if _is_about(each, stages)
        ]
    compressor = blend.locks.get("multiband_compressor")
    if compressor is not None and "equalizer" not in blend.locks:
        beside = _beside(blocks, analysis.sample_rate)
        if beside is not None:
            blocks["equalizer"] = BlockSettings(False, beside)
            text = (
                f"What the trims of {shown_name(compressor)} do to the balance already was taken "
                "back from it."
            )
            reasons.append(Reason("equalizer", text))
    order = list(BLOCKS)
    whole = ChainSettings({name: blocks[name] for name in order})
    told_prediction = replace(
        prediction,
        settings=whole,
        intervals=apart_from(blend.locks, prediction.intervals),
        reasons=tuple(sorted(reasons, key=lambda each: order.index(each.block))),
    )
    amounts = {name: each for name, each in blend.amounts.items() if name not in blend.locks}
    return Blended(whole.scaled(amounts), told_prediction, tuple(findings))


def origins_of(blend: Blend, settings: ChainSettings) -> dict[str, Origin]:
    """Return where the blocks come from that were kept, as they are rendered."""
    return {
        stage: Origin(shown_name(given), given.form, given.sha256, block_sha256(settings, stage))
        for stage, given in blend.locks.items()
    }


def shown_name(given: GivenSettings) -> str:
    """Return the name of a file of settings as reports show it, without its folder."""
    return display_name(given.path.name)[-LONGEST_NAME:]


def _speaking_of(stage: str, given: GivenSettings) -> GivenSettings:
    name = display_name(given.path)
    if stage not in given.stages:
        raise UsageError(
            f"{name}: says nothing of the {stage}, but of {', '.join(given.stages)}", code="usage"
        )
    if stage == "limiter" and given.settings[stage].bypass:
        message = f"{name}: the limiter guards the ceiling and cannot be bypassed"
        raise UsageError(message, code="limiter_bypassed")
    return given


def _amounts(text: str | None) -> tuple[dict[str, float], list[str]]:
    """Return the amount of every block, and the blocks that were named."""
    general = 1.0
    own: dict[str, float] = {}
    words = [] if text is None else text.split(",")
    for word in words:
        name, is_named, value = word.rpartition("=")
        try:
            amount = float(value)
        except ValueError:
            amount = np.nan
        if (is_named and name not in SCALED) or not 0.0 <= amount <= 1.0 or name in own:
            raise UsageError(
                f"--amount: {display_name(word)!r} is no amount; it lies in 0..1, for all or as in "
                f"equalizer=0.5, for each once of {', '.join(SCALED)}",
                code="usage",
            )
        if is_named:
            own[name] = amount
        else:
            general = amount
    return {**dict.fromkeys(SCALED, general), **own}, list(own)


def _amount_findings(blend: Blend) -> list[Finding]:
    free = {name: blend.amounts.get(name, 1.0) for name in SCALED if name not in blend.locks}
    if all(amount == 1.0 for amount in free.values()):
        return []
    amounts = set(free.values())
    if len(amounts) == 1:
        message = f"{amounts.pop():.0%} of each move was applied."
    else:
        named = ", ".join(f"{amount:.0%} of {name}" for name, amount in free.items())
        message = f"Of each move was applied: {named}."
    if blend.locks:
        message += f" What is kept from a file is whole: {', '.join(blend.locks)}."
    return [Finding("amount", message)]


def _is_about(finding: Finding, stages: Collection[str]) -> bool:
    """Return whether a finding of a file concerns one of these blocks, or none in particular."""
    about = {
        "equalizer": "equalizer",
        "filters": "equalizer",
        "compressor": "multiband_compressor",
        "order": "multiband_compressor",
    }
    block = about.get(finding.code.partition("_")[0])
    return block is None or block in stages


def _beside(blocks: Mapping[str, BlockSettings], sample_rate: int) -> Mapping[str, float] | None:
    """Return the equalizer without what a compressor's trims do; None where nothing changes."""
    equalizer, compressor = blocks["equalizer"], blocks["multiband_compressor"]
    if equalizer.bypass or compressor.bypass:
        return None
    return equalizer_beside(equalizer.values, compressor.values, sample_rate)
