"""Versions of a master, rendered to be compared: measured, and kept as they are to be heard."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from ...data.analysis import Analysis
from ...data.audio import BLOCK_FRAMES, Samples
from ...data.files.formats import DeliveryFormat
from ...data.files.partial import output_error
from ...data.files.reader import open_audio
from ...data.metering.report import LoudnessAndPeak, LoudnessReport
from ...models.processors.limiter import ResolvedLimiter
from ...models.rates import limiter_cell_samples
from ..loudness_solve import LimiterPreview, Limiting, drive_for_loudness
from ..profiles import DEFAULT, load_profile
from ..recipe import Recipe
from ..rendering import Spooled, render_to_spool, write_master
from ..spool import Spool
from ..step import Step
from .patches import Patches, PatchMeter
from .swapping import chain_of, resettled, resolved_of

MOST_BUDGETS = 4.0
"""A limiter is driven no further for a loudness than so many times what is safe."""

_UNLIMITED = {"ceiling_dbtp": 200.0}  # what a limiter aims at that is taken out


@dataclass(frozen=True, slots=True, eq=False)
class AnalyzedMix:
    """A mix that masters are compared of.

    Attributes:
        path: The file.
        analysis: What was measured of it.

    """

    path: Path
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a mix.

    Attributes:
        start: First sample.
        frames: Length in samples.

    """

    start: int
    frames: int

    @property
    def end(self) -> int:
        """The sample after the last."""
        return self.start + self.frames

    def within(self, other: Part) -> Part:
        """Return this part as counted from the start of another that holds it."""
        return Part(self.start - other.start, self.frames)


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One way of mastering a mix.

    Attributes:
        recipe: Renders it again; None for a master that somebody else made.
        loudness: Of the part that is compared.
        whole_lufs: Of the whole song, as two loudspeakers give it; None where undefined.
        patches: Of the part that is compared.
        audio: What is kept of it, shape ``(channel, time)``; full scale is ±1, and may be exceeded.

    """

    recipe: Recipe | None
    loudness: LoudnessReport
    whole_lufs: float | None
    patches: Patches
    audio: Samples

    @property
    def own_recipe(self) -> Recipe:
        """Its recipe, of a version that was rendered by one.

        Raises:
            ValueError: Somebody else made it.

        """
        if self.recipe is None:
            raise ValueError("a master that somebody else made has no recipe")
        return self.recipe

    @property
    def integrated_lufs(self) -> float | None:
        """Loudness of the compared part as two loudspeakers give it."""
        return self.loudness.dual_mono_lufs


class Kept:
    """A version's audio as it is made: the compared part is measured, a part of it kept.

    What is kept lies in a file without a name, so that memory does not grow with length.

    Args:
        sample_rate: In Hz.
        channels: 1 or 2.
        compared: Part that is measured.
        kept: Part that is kept, within the compared one.
        directory: Where the file is made.

    Raises:
        OutputError: The file cannot be made or written.

    """

    def __init__(
        self, sample_rate: int, channels: int, compared: Part, kept: Part, directory: Path
    ) -> None:
        self._channels, self._compared, self._kept = channels, compared, kept
        self._directory = directory
        self._meter = LoudnessAndPeak(sample_rate, channels)
        self._patches = PatchMeter(sample_rate)
        self._position = 0
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # its mapping lives on
            self._file.close()

    def write(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> None:
        """Append a block, shape ``(channel, time)``."""
        block = np.asarray(samples, np.float32)
        compared = self._cut(block, self._compared)
        if compared.shape[1]:
            self._meter.feed(compared)
            self._patches.feed(compared)
        kept = np.ascontiguousarray(self._cut(block, self._kept).T)
        try:
            view = memoryview(kept.reshape(-1).view(np.uint8).data)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise self._unwritable(error) from error
        self._position += block.shape[1]

    def finish(self, recipe: Recipe | None, whole_lufs: float | None) -> Version:
        """Return the version; what it is, and how loud as a whole, is known elsewhere."""
        shape = (self._kept.frames, self._channels)
        audio: npt.NDArray[np.float32] = np.memmap(self._file, np.float32, "r", shape=shape)
        return Version(
            recipe, self._meter.finish(), whole_lufs, self._patches.finish(), np.asarray(audio).T
        )

    def _cut(self, block: Samples, part: Part) -> Samples:
        first = max(part.start - self._position, 0)
        end = max(min(part.end - self._position, block.shape[1]), first)
        return block[:, first:end]

    def _unwritable(self, error: OSError) -> Exception:
        problem = "intermediate audio (see --temp-dir) cannot be written"
        return output_error(self._directory, error, problem)


class Versions:
    """Renders versions of one mix, at its own rate.

    Args:
        mix: Analyzed.
        compared: Part that is compared.
        directory: For intermediate audio.
        step: Told the progress.

    """

    def __init__(self, mix: AnalyzedMix, compared: Part, directory: Path, step: Step) -> None:
        self._mix, self.compared, self._directory = mix, compared, directory
        self._step = step

    def render(
        self,
        recipe: Recipe,
        kept: Part,
        *,
        target_lufs: float | None = None,
        is_limited: bool = True,
    ) -> Version:
        """Render a recipe as it is resolved.

        Args:
            recipe: Resolved on this mix.
            kept: Part whose audio is kept, within the compared one.
            target_lufs: Loudness of the whole song, as two loudspeakers give it, that the drive is
                solved for; None keeps the recipe's drive.
            is_limited: False takes the limiter out.

        """
        known, analysis = resolved_of(recipe), self._mix.analysis
        rate, channels = analysis.sample_rate, analysis.channels
        chain = chain_of(recipe)
        limiter = chain.limiter
        if limiter is None or not is_limited:
            limiter = ResolvedLimiter({**recipe.settings["limiter"].values, **_UNLIMITED})
        with Spool(self._directory, limiter_cell_samples(rate), analysis.frames) as spool:
            with open_audio(self._mix.path) as reader:
                spooled = render_to_spool(
                    reader, chain, spool, rate, frames=analysis.frames, progress=self._told
                )
            limiting = _limiting(spooled, limiter, rate, known.loudness_gain_db, target_lufs)
            drive_db = known.loudness_gain_db if limiting is None else limiting.drive_db
            with Kept(rate, channels, self.compared, kept, self._directory) as keeper:
                write_master(
                    spooled,
                    keeper,
                    DeliveryFormat("wav", "32f", rate, channels),
                    limiter,
                    drive_db=drive_db,
                    dither_seed=known.dither_seed,
                    progress=self._told,
                )
                whole_lufs = None if limiting is None else limiting.output_lufs
                return keeper.finish(resettled(recipe, drive_db=drive_db), whole_lufs)

    def of_audio(self, samples: Samples, kept: Part) -> Version:
        """Measure a master that somebody else made, which is as long as the compared part."""
        counted = Part(0, self.compared.frames)
        rate = self._mix.analysis.sample_rate
        inner = kept.within(self.compared)
        with Kept(rate, samples.shape[0], counted, inner, self._directory) as keeper:
            for start in range(0, samples.shape[1], BLOCK_FRAMES):
                keeper.write(samples[:, start : start + BLOCK_FRAMES])
            version = keeper.finish(None, None)
        return replace(version, whole_lufs=version.integrated_lufs)

    def _told(self, done: float) -> None:
        self._step("rendering", done)


def _limiting(
    spooled: Spooled,
    limiter: ResolvedLimiter,
    sample_rate: int,
    drive_db: float,
    target_lufs: float | None,
) -> Limiting | None:
    if spooled.loudness_lufs is None:
        return None
    preview = LimiterPreview(spooled.spool, spooled.loudness_lufs, sample_rate, limiter)
    if target_lufs is None:
        return preview.at(drive_db)
    return drive_for_loudness(preview, target_lufs, load_profile(DEFAULT), MOST_BUDGETS)
