"""One mix of ``glassmaster master``, in whatever process."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from os.path import isdir, lexists
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.files.names import display_name, output_name
from ...models.errors import UsageError
from .answer import Entry
from .corpus import add_corpus_arguments
from .progress import Progress
from .targets import CONTAINER_OF_SUFFIX, check_name, check_targets

if TYPE_CHECKING:
    from ...data.findings import Finding
    from ..guidance import Guidance
    from ..predictor import Predictor
    from ..recipe import Delivery

CONTAINERS = ("wav", "flac", "aiff")

_NOT_SENT = {"answer", "run"}


def add_guidance_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what settings are chosen by besides the mix."""
    add_corpus_arguments(parser)
    parser.add_argument(
        "--reference",
        action="append",
        default=[],
        metavar="FILE[:WEIGHT]",
        help="a finished track to go by, and its share, 0 to 1; may be repeated",
    )
    parser.add_argument(
        "--reference-parts",
        metavar="PART=WEIGHT,…",
        help="what of references counts, 0 to 1: tone, dynamics and width (1 each unless given) "
        "and loudness (0)",
    )


@dataclass(frozen=True, slots=True)
class _Targets:
    """Files of one mix."""

    output: Path
    recipe: Path | None
    page: Path | None

    def by_option(self) -> dict[str, Path | None]:
        return {"-o": self.output, "--recipe": self.recipe, "--report": self.page}


class Mastering:
    """Masters mixes as the command's arguments ask for.

    It can be sent to other processes, where corpora are read again, once each.

    Args:
        arguments: Of the command.
        predictor: Chooses settings.
        notes: What a person should know of the choice of the predictor.

    Raises:
        UsageError: The arguments make no sense.
        CatalogueError: A corpus cannot be read.
        RecipeError: A file of settings cannot be read.

    """

    def __init__(
        self, arguments: argparse.Namespace, predictor: Predictor, notes: tuple[Finding, ...]
    ) -> None:
        from ..blending import named_blend
        from ..guidance import check_finished

        self._arguments = sendable(arguments)
        self._predictor, self._notes = predictor, notes
        guidance = guidance_of(arguments)
        check_finished(guidance, predictor)
        self._guidance: Guidance | None = guidance
        self._blend = named_blend(arguments.amount, arguments.lock)
        self._read = [*arguments.mixes, *(each.path for each in self._blend.locks.values())]
        self._made: list[Path] = []
        asked_for = {
            path for mix in arguments.mixes for path in self._targets(mix).by_option().values()
        }
        self._before = {path for path in asked_for if path is not None and lexists(path)}

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_guidance": None}  # an index of many tracks lies in a file

    def place(self, mix: Path) -> Path:
        """Return a file that only mixes of the same outputs have in common."""
        targets = self._targets(mix)
        return (targets.page or targets.output).absolute()

    def __call__(self, mix: Path) -> tuple[Entry, str]:
        """Master a mix; errors as of `glassmaster.inference.mastering.master`."""
        return self._master(mix, is_again=False)

    def repeat(self, mix: Path) -> tuple[Entry, str]:
        """Master a mix again, and replace what a worker that died has made of it."""
        return self._master(mix, is_again=True)

    def _master(self, mix: Path, *, is_again: bool) -> tuple[Entry, str]:
        from ...data.files.reader import open_audio
        from ..mastering import master
        from ..recipe import save_recipe
        from ..report.entries import master_entry
        from ..report.page import write_page
        from ..report.text import master_text
        from ..results import Request

        arguments = self._arguments
        with open_audio(mix) as reader:
            delivery = delivery_of(arguments, reader.sample_rate)
        targets = self._targets(mix)
        asked_for = targets.by_option()
        is_ours = is_again and self._before.isdisjoint(asked_for.values())
        force = arguments.force or is_ours
        wanted = check_targets(asked_for, self._read, self._made, force=force)
        request = Request(
            output=targets.output,
            delivery=delivery,
            ceiling_dbtp=arguments.true_peak,
            force=force,
            nearest=arguments.nearest,
            temp_dir=arguments.temp_dir,
        )
        if self._guidance is None:
            self._guidance = guidance_of(arguments)
        with Progress(mix) as progress:
            result = master(
                mix,
                request,
                self._predictor,
                blend=self._blend,
                notes=self._notes,
                guidance=self._guidance,
                step=progress,
            )
        self._made.extend(wanted)
        if targets.recipe is not None:
            save_recipe(result.recipe, targets.recipe, force=force)
        if arguments.report is not None:
            write_page(result, arguments.report, force=force)
        written = (targets.recipe, targets.page)
        return master_entry(result, *written), master_text(result, *written)

    def _targets(self, mix: Path) -> _Targets:
        from ..report.page import page_path

        arguments = self._arguments
        output: Path | None = arguments.output
        if output is None or isdir(output):
            container = _container(output, arguments.format)
            folder = mix.parent if output is None else output
            output = folder / output_name(mix, f"-master.{container}")
        page = None if arguments.report is None else page_path(output, arguments.report)
        return _Targets(output, arguments.recipe, page)


def sendable(arguments: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments of a command without what cannot go to another process."""
    own = {name: value for name, value in vars(arguments).items() if name not in _NOT_SENT}
    return argparse.Namespace(**own)


def guidance_of(arguments: argparse.Namespace) -> Guidance:
    """Return what settings are to be chosen by besides the mix; errors as of `Mastering`."""
    from ..corpora import named_corpora
    from ..guidance import Guidance, named_parts, named_references
    from ..reference import check_excluded

    corpora = named_corpora(arguments.corpus)
    check_excluded(corpora, arguments.exclude)
    return Guidance(
        corpora,
        tuple(arguments.exclude),
        named_references(arguments.reference),
        named_parts(arguments.reference_parts),
        heeded=bool(arguments.corpus),
        finished=arguments.finished,
    )


def delivery_of(arguments: argparse.Namespace, mix_rate: int) -> Delivery:
    """Return the form and the limits that arguments ask of the master of a mix.

    Args:
        arguments: Of the command.
        mix_rate: Sample rate of the mix in Hz.

    Raises:
        UsageError: They do not go together.

    """
    from ..profiles import load_profile
    from ..recipe import Delivery

    profile = load_profile(arguments.profile)
    container = _container(arguments.output, arguments.format)
    sample_rate = arguments.sample_rate
    if sample_rate is None:
        sample_rate = profile.sample_rate or mix_rate
    return Delivery(
        profile=profile.name,
        container=container,
        bit_depth=arguments.bit_depth or profile.bit_depth,
        sample_rate=sample_rate,
        target_lufs=arguments.lufs,
    )


def _container(output: Path | None, asked: str | None) -> str:
    """Return the container that is asked for, by name or by the output's name."""
    if output is None or isdir(output):
        return asked or CONTAINERS[0]
    named = CONTAINER_OF_SUFFIX.get(output.suffix.lower())
    if named is None and asked is None:
        message = f"{display_name(output)}: name it .wav, .flac or .aiff, or give --format"
        raise UsageError(message, code="usage")
    container = asked or named or CONTAINERS[0]
    check_name(output, container)
    return container
