"""The pairs of a catalogue, recovered: each into files of its own, in whatever process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...data.alignment.alignment import Alignment
from ...data.catalogue.store import Catalogue
from ...data.catalogue.usable import check_unchanged, usable_pairs
from ...data.execution.release import release
from ...data.files.names import display_name, output_name
from ...data.files.partial import check_output
from ...inference.commands.answer import Entry
from ...inference.commands.progress import Progress
from ...inference.documents import write_text
from ...inference.recipe import recipe_text
from ...inference.report.document import plain
from ...models.errors import CatalogueError
from .explanation import explain
from .keeping import Kept, hashes_of, load_kept, save_kept
from .recording import recipe_of
from .report.entry import recovery_entry
from .report.page import recovery_page
from .report.text import brief_lines

_TOLD = (
    *("status", "exit_code", "warnings", "error"),
    *("null_db", "unchanged_null_db", "mel_db", "unchanged_mel_db", "by_levels"),
    *("mix_lufs", "master_lufs", "loudness_gain_db", "settings", "cannot_express"),
)
"""What of a recovery is told where there are hundreds of them."""


@dataclass(frozen=True, slots=True)
class PairToRecover:
    """A pair of a catalogue; as a path it is its mix.

    Attributes:
        mix: File of the mix.
        master: File of the master.
        mix_sha256: What the mix's file must be.
        master_sha256: What the master's file must be.
        alignment: Where the master lies in the mix.

    """

    mix: Path
    master: Path
    mix_sha256: str
    master_sha256: str
    alignment: Alignment

    def __fspath__(self) -> str:
        return os.fspath(self.mix)

    def __str__(self) -> str:
        return f"{display_name(self.master)} beside {display_name(self.mix)}"

    def file_name(self, ending: str) -> str:
        """Return a name that no other pair has: the master's, and a key of both contents."""
        both = f"{self.mix_sha256}{self.master_sha256}"
        key = hashlib.sha256(both.encode()).hexdigest()[:8]
        return output_name(self.master, f" {key}{ending}")


@dataclass(frozen=True, slots=True)
class _Files:
    details: Path
    recipe: Path
    page: Path | None

    @property
    def shown(self) -> list[Path]:
        """What a person reads, without the details."""
        return [self.recipe, *([] if self.page is None else [self.page])]


def pairs_to_recover(catalogue: Catalogue) -> list[PairToRecover]:
    """Return the pairs that are sure or confirmed.

    Raises:
        CatalogueError: ``few_pairs`` where there is none; see also `usable_pairs`.

    """
    pairs = [
        PairToRecover(
            *(pair.mix_path, pair.master_path, pair.mix_sha256, pair.master_sha256),
            alignment=pair.alignment,
        )
        for pair in usable_pairs(catalogue)
        if pair.alignment is not None
    ]
    if not pairs:
        raise CatalogueError(
            f"{display_name(catalogue.path)}: holds no pair that is sure or confirmed; scan more "
            "folders, or confirm pairs with `glassmaster catalogue pair`",
            code="few_pairs",
            path=catalogue.path,
        )
    return pairs


def named(pair: PairToRecover) -> Entry:
    """Return what tells a pair from others of the same mix."""
    return {"master": plain(pair.master)}


class Recovering:
    """Recovers pairs; it can be sent to other processes.

    Args:
        folder: Of recipes and details.
        reports: Of pages; None without them.
        force: Whether files are replaced that this did not write, or that were edited since.

    """

    def __init__(self, folder: Path, reports: Path | None, *, force: bool) -> None:
        self._folder, self._reports, self._force = folder, reports, force

    def __call__(self, pair: PairToRecover) -> tuple[Entry, str]:
        """Recover a pair, unless it was recovered before.

        Raises:
            CatalogueError: A file is not what was scanned; or see `explain`.
            AudioFileError: A file cannot be read, or an output cannot be written.
            UnsupportedAudioError: See `explain`.

        """
        files = self._files(pair)
        kept = load_kept(files.details)
        if kept is not None and kept.recovery is not None and _holds(kept, pair, files):
            text = f"{pair}: recovered before, {display_name(files.recipe)}"
            return _entry(pair, files, kept.recovery, is_kept=True), text
        ours = self._checked(pair, files, kept)
        for path, sha256 in ((pair.mix, pair.mix_sha256), (pair.master, pair.master_sha256)):
            check_unchanged(path, sha256)
        with Progress(pair.mix) as progress:
            told = explain(pair.mix, pair.master, progress, pair.alignment)
        recovery = recovery_entry(told, files.recipe, files.page)
        texts = {files.recipe: recipe_text(recipe_of(told), is_json=False)}
        if files.page is not None:
            texts[files.page] = recovery_page(told)
        written = tuple(sorted(ours | hashes_of(texts.values())))
        begun = Kept(release(), pair.mix_sha256, pair.master_sha256, written, None)
        save_kept(files.details, begun)
        for path, text in texts.items():
            write_text(path, text, force=True)
        save_kept(files.details, replace(begun, recovery=recovery))
        paths = {"Recipe": display_name(files.recipe)}
        if files.page is not None:
            paths["Report"] = display_name(files.page)
        return _entry(pair, files, recovery, is_kept=False), "\n".join(brief_lines(told, paths))

    def _files(self, pair: PairToRecover) -> _Files:
        reports = self._reports
        return _Files(
            self._folder / pair.file_name(".json"),
            self._folder / pair.file_name(".yaml"),
            None if reports is None else reports / pair.file_name(".html"),
        )

    def _checked(self, pair: PairToRecover, files: _Files, kept: Kept | None) -> set[str]:
        """Return hashes of what is replaced because it is ours; refuse to replace anything else."""
        inputs = (pair.mix, pair.master)
        check_output(files.details, inputs, force=self._force or kept is not None)
        ours = set()
        for path in files.shown:
            own = None if kept is None else kept.own(path)
            check_output(path, inputs, force=self._force or own is not None)
            if own is not None:
                ours.add(own)
        return ours


def _holds(kept: Kept, pair: PairToRecover, files: _Files) -> bool:
    """Return whether what is kept is what would be recovered now, and all of it is there."""
    made_of = (kept.program, kept.mix_sha256, kept.master_sha256)
    return made_of == (release(), pair.mix_sha256, pair.master_sha256) and all(
        path.is_file() for path in files.shown
    )


def _entry(
    pair: PairToRecover, files: _Files, recovery: Mapping[str, Any], *, is_kept: bool
) -> Entry:
    return {
        "path": plain(pair.mix),
        **{name: recovery[name] for name in _TOLD},
        **named(pair),
        "recipe": plain(files.recipe),
        "details": plain(files.details),
        "report": None if files.page is None else plain(files.page),
        "kept": is_kept,
    }
