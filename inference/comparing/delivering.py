"""What a comparison leaves to be listened to and rendered again: audio and recipes by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...data.audio import Samples
from ...data.files.partial import output_error
from ...models.settings import BLOCKS
from ..recipe import Recipe, save_recipe
from .comparison import Comparison
from .matching import matched_levels, write_matched

AUDIO, RECIPES = "audio", "recipes"
"""Folders."""

_NAME = re.compile(
    "mix|model|human|human-recovered"
    f"|(?:model|human)-with(?:-human|-model|out)-(?:{'|'.join(BLOCKS)})"
)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A version that is listened to.

    Attributes:
        name: Of its files, without ending.
        label: What a person calls it.
        audio: Shape ``(channel, time)``.
        recipe: Renders it again; None where no recipe does.

    """

    name: str
    label: str
    audio: Samples
    recipe: Recipe | None


@dataclass(frozen=True, slots=True)
class Written:
    """A version as it was written.

    Attributes:
        name: Of its files, without ending.
        label: What a person calls it.
        audio: The file.
        recipe: The file; None where no recipe renders the version.
        gain_db: What made it as loud as the others, 0 or below.
        integrated_lufs: Its loudness after that; None where undefined.

    """

    name: str
    label: str
    audio: Path
    recipe: Path | None
    gain_db: float
    integrated_lufs: float | None


def tracks(comparison: Comparison) -> Iterator[Track]:
    """Yield every version of a comparison."""
    yield Track("mix", "the mix, unchanged", comparison.mix_audio, None)
    yield Track(
        "model", "the model's master", comparison.met.model.audio, comparison.met.model.recipe
    )
    settings = comparison.met.settings
    if comparison.met.master is None:
        yield Track("human", "the human's settings", settings.audio, settings.recipe)
    else:
        yield Track("human", "the human's master", comparison.met.master.audio, None)
        yield Track("human-recovered", "what was recovered of it", settings.audio, settings.recipe)
    for stage, each in comparison.hybrids.items():
        word = stage.replace("_", " ")
        yield Track(
            f"model-with-human-{stage}",
            f"the model's, with the human's {word}",
            each.in_model.audio,
            each.in_model.recipe,
        )
        yield Track(
            f"human-with-model-{stage}",
            f"the human's, with the model's {word}",
            each.in_human.audio,
            each.in_human.recipe,
        )
    for move in comparison.counterfactuals:
        recipe = None if move.stage == "limiter" else move.without.recipe
        label = f"the model's, without its {move.stage.replace('_', ' ')}"
        yield Track(f"model-without-{move.stage}", label, move.without.audio, recipe)


def earlier_tracks(directory: Path) -> list[Path]:
    """Return the files that an earlier comparison has left in a folder."""
    found = [*(directory / AUDIO).glob("*.wav"), *(directory / RECIPES).glob("*.yaml")]
    return sorted(path for path in found if _NAME.fullmatch(path.stem))


def write_tracks(comparison: Comparison, directory: Path, *, force: bool) -> tuple[Written, ...]:
    """Write every version, all equally loud, and the recipes that render them.

    With ``force`` what an earlier comparison left is replaced as a whole: its other versions are
    of another loudness, or of another song.

    Raises:
        OutputError: A file exists and ``force`` is not given, or it cannot be written.

    """
    for name in (AUDIO, RECIPES):
        try:
            (directory / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(directory / name, error) from error
    versions = list(tracks(comparison))
    rate = comparison.mix.analysis.sample_rate
    levels = matched_levels({each.name: each.audio for each in versions}, rate)
    written = []
    for each in versions:
        audio = directory / AUDIO / f"{each.name}.wav"
        recipe = None if each.recipe is None else directory / RECIPES / f"{each.name}.yaml"
        level = levels[each.name]
        write_matched(audio, each.audio, rate, level.gain_db, force=force)
        if each.recipe is not None and recipe is not None:
            save_recipe(each.recipe, recipe, force=force)
        written.append(
            Written(each.name, each.label, audio, recipe, level.gain_db, level.integrated_lufs)
        )
    kept = {path for each in written for path in (each.audio, each.recipe)}
    if force:
        for path in earlier_tracks(directory):
            if path not in kept:
                path.unlink(missing_ok=True)
    return tuple(written)
