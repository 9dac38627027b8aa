"""The model and the engineer on one pair of a catalogue, in whatever process."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data.catalogue.measuring import file_sha256
from ...data.catalogue.usable import check_unchanged
from ...data.execution.release import release
from ...data.files.names import display_name
from ...data.findings import Finding
from ...data.reference.corpus import ReferenceCorpus
from ...inference.commands.answer import Entry
from ...inference.commands.compare import question_of
from ...inference.commands.mixes import guidance_of, sendable
from ...inference.commands.progress import Progress
from ...inference.comparing.comparing import mastered
from ...inference.comparing.meeting import meet
from ...inference.comparing.versions import AnalyzedMix
from ...inference.documents import write_text
from ...inference.guidance import Guidance
from ...inference.json_text import dump_json
from ...inference.predictor import Predictor
from ...inference.report.document import file_entry, plain
from ...inference.report.facts import figure
from ...models.errors import AudioFileError
from ..recovery.catalogued import PairToRecover, Recovering, named
from ..recovery.human import kept_human
from ..recovery.keeping import Kept, load_kept
from ..single_thread import single_threaded
from .rows import pair_row

FORM = 1
"""Of the file in which a comparison is kept; one of another form is made anew."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept.

    Attributes:
        recovered: Recipes and details of masters, as of `Recovering`.
        compared: What came of comparing them with the model's masters.

    """

    recovered: Path
    compared: Path


class Meeting:
    """Compares the model's master with the engineer's, pair for pair.

    It can be sent to other processes, where corpora are read again, once each.

    Args:
        arguments: Of ``glassmaster compare``.
        predictor: Chooses the model's settings.
        notes: What a person should know of it.
        folders: Where things are kept.

    Raises:
        UsageError: The arguments make no sense.
        CatalogueError: A corpus cannot be read.
        AudioFileError: A reference cannot be read.

    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        predictor: Predictor,
        notes: tuple[Finding, ...],
        folders: Folders,
    ) -> None:
        self._arguments, self._predictor, self._notes = sendable(arguments), predictor, notes
        self._folders = folders
        self._recovering = Recovering(folders.recovered, None, force=arguments.force)
        self._guidance: Guidance | None = guidance_of(arguments)
        self._circumstances = _circumstances(arguments, predictor, self._guidance)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_guidance": None}  # an index of many tracks lies in a file

    def __call__(self, pair: PairToRecover) -> tuple[Entry, str]:
        """Compare both masters of a pair, unless that was done before.

        Raises:
            GlassmasterError: With the file's name, what is wrong and what to do.

        """
        self._recovering(pair)
        recipe = self._folders.recovered / pair.file_name(".yaml")
        details = self._folders.recovered / pair.file_name(".json")
        stored = self._folders.compared / pair.file_name(".json")
        key = self._key(pair, recipe)
        row = _load(stored, key)
        is_kept = row is not None
        if row is None:
            for path, sha256 in ((pair.mix, pair.mix_sha256), (pair.master, pair.master_sha256)):
                check_unchanged(path, sha256)
            made = self._met(pair, recipe, load_kept(details))
            write_text(stored, dump_json({"form": FORM, "key": key, "row": made}), force=True)
            row = json.loads(dump_json(made))
        entry = {
            **file_entry(pair.mix, ()),
            **named(pair),
            "recipe": plain(recipe),
            "details": plain(details),
            "kept": is_kept,
            **row,
        }
        overall = row["overall"]
        told = "compared before" if is_kept else f"{figure(overall['mean_db'], 2)} dB apart"
        return entry, f"{pair}: {told}"

    def _met(self, pair: PairToRecover, recipe: Path, kept: Kept | None) -> Entry:
        if kept is None or kept.recovery is None:
            raise RuntimeError(f"{display_name(recipe)}: what was recovered has gone meanwhile")
        if self._guidance is None:
            self._guidance = guidance_of(self._arguments)
        human = kept_human(pair, recipe, kept, kept.recovery)
        question = question_of(
            *(self._arguments, pair.mix, pair.master),
            *(self._predictor, self._guidance, self._notes),
        )
        with (
            single_threaded(),
            tempfile.TemporaryDirectory(prefix="glassmaster-") as spare,
            Progress(pair.mix) as progress,
        ):
            directory = self._arguments.temp_dir or Path(spare)
            mastering = mastered(question, directory, progress)
            mix = AnalyzedMix(mastering.source, mastering.before)
            met = meet(mix, human, mastering, directory, progress)
            return pair_row(mix, met, mastering, kept.recovery["mel_db"])

    def _key(self, pair: PairToRecover, recipe: Path) -> str:
        """Return what a comparison depends on, as one hash."""
        made_of = [release(), self._circumstances, pair.mix_sha256, pair.master_sha256]
        return _hashed([*made_of, file_sha256(recipe)])


def _circumstances(arguments: argparse.Namespace, predictor: Predictor, guidance: Guidance) -> str:
    """Return what the model's masters depend on beside mixes, as one hash."""
    corpora = [
        (each.corpus.name, each.weight, _tracks_sha256(each.corpus)) for each in guidance.corpora
    ]
    references = [(_reference_sha256(each.path), each.weight) for each in guidance.references]
    return _hashed(
        [
            *(predictor.name, predictor.model),
            *(arguments.profile, arguments.lufs, arguments.true_peak),
            *(corpora, guidance.excluded, guidance.heeded),
            *(references, sorted(guidance.parts.items())),
        ]
    )


def _tracks_sha256(corpus: ReferenceCorpus) -> str:
    digest = hashlib.sha256("\n".join(track.identity for track in corpus.tracks).encode())
    digest.update(corpus.statistics.tobytes() + corpus.content.tobytes())
    return digest.hexdigest()


def _reference_sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        message = f"{display_name(path)}: cannot be read ({error.strerror}); name another reference"
        raise AudioFileError(message, code="not_found", path=path) from error


def _hashed(content: Any) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _load(path: Path, key: str) -> dict[str, Any] | None:
    """Return a comparison that was made of the same; None where there is none."""
    try:
        document = json.loads(path.read_bytes())
        if (document["form"], document["key"]) != (FORM, key):
            return None
        row: dict[str, Any] = document["row"]
        return row
    except (OSError, ValueError, KeyError, TypeError):
        return None
