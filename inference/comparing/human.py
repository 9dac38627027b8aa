"""The human's side of a comparison: a master whose settings are recovered, or settings by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from ...data.audio import Samples
from ...data.files.names import display_name
from ...data.findings import Finding
from ...models.errors import RecipeError
from ..extra import needs_extra, part_of_extra
from ..predictor import Interval
from ..producing import resolve_input
from ..recipe import Delivery, Recipe, current_versions
from ..step import Step
from .swapping import resettled
from .versions import AnalyzedMix

GROUP = "glassmaster.comparing"
"""Entry point ``recover``, of what only the installation for training has."""

BY_HAND = "hand"
"""What chose the settings, as a recipe calls it."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedMaster:
    """A master as a file holds it, laid over its mix.

    Attributes:
        start: Sample of the mix at which it begins.
        samples: At the mix's rate and polarity, shape ``(channel, time)``.

    """

    start: int
    samples: Samples


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """What recovered settings leave of a master.

    Attributes:
        null_db: Energy of the difference over that of the master.
        explained_share: Part of the audible difference from the mix that is explained, 1 for all.
        sentences: What the chain cannot express, in plain words.
        is_mix: Whether the master is the mix itself, but for its level.

    """

    null_db: float
    explained_share: float
    sentences: tuple[str, ...]
    is_mix: bool


@dataclass(frozen=True, slots=True, eq=False)
class Human:
    """What a human did.

    Attributes:
        path: The master, or the settings.
        recipe: Settings, resolved on the mix.
        target_lufs: Loudness that the drive is still to be solved for, as two loudspeakers give it;
            None where the recipe's drive is known.
        intervals: 90 % intervals of recovered quantities and knobs; empty for settings by hand,
            which are known exactly.
        heard: The master, where there is one.
        unexplained: What the settings do not explain of it.
        findings: What a person should know of it.

    """

    path: Path
    recipe: Recipe
    target_lufs: float | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    heard: AlignedMaster | None = None
    unexplained: Unexplained | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def is_recovered(self) -> bool:
        """Whether the settings were recovered from a master."""
        return self.heard is not None


Recoverer: TypeAlias = Callable[[Path, Path, Step], Human]
"""Recovers the settings of a master, given mix and master."""


def recovered(mix: Path, master: Path, step: Step) -> Human:
    """Recover what turned a mix into its master.

    Raises:
        UsageError: The extra for training is missing.
        CatalogueError: They are not the same performance.

    """
    what = "comparing with a master (settings by hand need nothing more)"
    recover: Recoverer | None = part_of_extra(GROUP, "recover", what)
    if recover is None:
        raise needs_extra(what, ModuleNotFoundError("its entry point is not registered"))
    return recover(mix, master, step)


def by_hand(
    path: Path, mix: AnalyzedMix, delivery: Delivery, otherwise_lufs: float | None
) -> Human:
    """Read what a human set.

    Args:
        path: A recipe, or another form that `read_given_settings` reads.
        mix: Analyzed.
        delivery: Form and limits of the master, where the file says none.
        otherwise_lufs: Loudness of the master where the file says none.

    Raises:
        RecipeError: The file is damaged.

    """
    from ..presets.reading import read_given_settings

    given = read_given_settings(path)
    if given.recipe is not None and given.recipe.holds_for(mix.analysis.digest):
        return Human(path, given.recipe, findings=given.findings)
    if "limiter" in given.stages and given.settings["limiter"].bypass:
        raise RecipeError(
            f"{display_name(path)}: the limiter guards the ceiling and cannot be bypassed: set its "
            "bypass to false, or leave it out",
            code="limiter_bypassed",
            path=path,
        )
    fitted = given.fitted_to(mix.analysis)
    limiter = fitted.settings["limiter"]
    delivery = given.delivery or delivery
    made = Recipe(
        settings=fitted.settings.with_block("limiter", limiter.values),  # it guards the ceiling
        delivery=replace(delivery, sample_rate=mix.analysis.sample_rate),
        resolved=None,
        predictor=BY_HAND,
        versions=current_versions(),
    )
    made = replace(made, resolved=resolve_input(made, mix.analysis))
    target_lufs = otherwise_lufs if delivery.target_lufs is None else delivery.target_lufs
    return Human(path, resettled(made), target_lufs, findings=(*given.findings, *fitted.findings))
