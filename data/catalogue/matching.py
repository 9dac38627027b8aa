"""From measured files to pairs: copies are set apart, what may belong together is aligned."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...models.errors import CatalogueError
from ..corpus.fingerprint import Words
from ..execution.engine import Engine, ThisProcess
from ..files.names import display_name
from .candidates import are_copies, may_be_copies, near_pairs, without_copies
from .comparing import Task, compare
from .names import Role, parse
from .pairing import Candidate, Refused, choose, orient
from .records import Comparison, Content, Status, StoredFile
from .roles import Direction, Song
from .store import Catalogue

Progress: TypeAlias = Callable[[str, float], None]
"""Told the step under way and the share of it that is done."""

_UNFIT = {
    "short": "It is too short for a song.",
    "silent": "It is all but silent.",
    "noise": "It is noise, not music.",
    "loop": "It is a loop that repeats unchanged.",
}
_STEM = "It is called a stem."
_COPY = "It is called a listening copy, neither mix nor master."
_ALONE = "No other file is the mix or the master of it."
_SAYS_MOST = {Role.MIX: 0, Role.MASTER: 0, Role.STEM: 1, Role.COPY: 1, Role.UNSAID: 2}
_DECIDED = Direction(True, 1.0, "A person said which is the mix", "")


@dataclass(slots=True)
class _Comparer:
    """Aligns what was not aligned before, and keeps every outcome at once."""

    catalogue: Catalogue
    engine: Engine
    progress: Progress
    known: dict[tuple[str, str], Comparison]
    made: int = 0

    def run(self, step: str, pairs: Sequence[tuple[Song, Song]]) -> None:
        """Align pairs of mix and master."""
        left = [each for each in pairs if _key(*each) not in self.known]
        tasks = (_task(self.catalogue, *each) for each in left)
        for done, (place, comparison) in enumerate(self.engine.run(compare, tasks), 1):
            key = _key(*left[place])
            if comparison.lasts:
                self.catalogue.put_comparison(*key, comparison)
            self.known[key] = comparison
            self.made += 1
            self.progress(step, done / len(left))


@dataclass(frozen=True, slots=True)
class _Prints:
    """Fingerprints of songs, read from the catalogue when they are asked for."""

    catalogue: Catalogue
    songs: Sequence[Song]

    def __len__(self) -> int:
        return len(self.songs)

    def __getitem__(self, place: int, /) -> Words:
        return self.catalogue.sketch(self.songs[place].sha256).words


def pair(catalogue: Catalogue, progress: Progress, engine: Engine | None = None) -> int:
    """Compare what was not compared yet, and pair anew.

    Args:
        catalogue: Of measured files.
        progress: Told how far it is.
        engine: What compares, this process by default.

    Returns:
        How many comparisons were made.

    """
    files, contents = catalogue.files(), catalogue.contents()
    songs = songs_of(files, contents)
    comparer = _Comparer(catalogue, engine or ThisProcess(), progress, catalogue.comparisons())
    fit = [
        song
        for song in songs.values()
        if not song.facts.unfit and song.name.role not in (Role.STEM, Role.COPY)
    ]
    near = [(fit[one], fit[two]) for one, two in near_pairs(fit, _Prints(catalogue, fit))]
    alike = [each for each in near if may_be_copies(*each)]
    comparer.run("looking for copies", alike)
    same = [each for each in alike if are_copies(*each, comparer.known[_key(*each)])]
    kept, copies = without_copies(fit, same)
    left = {song.sha256: song for song in kept}
    oriented = [
        found
        for one, two in near
        if one.sha256 in left
        and two.sha256 in left
        and (found := orient(left[one.sha256], left[two.sha256])) is not None
    ]
    decisions = catalogue.decisions()
    oriented = _with_decided(oriented, decisions, songs)
    comparer.run("aligning", [(mix, master) for mix, master, _ in oriented])
    candidates, refused = [], []
    for mix, master, direction in oriented:
        comparison = comparer.known[_key(mix, master)]
        if comparison.alignment is None:
            refused.append(Refused(mix, master, comparison.reason))
        else:
            candidates.append(Candidate(mix, master, direction, comparison.alignment))
    roots = {file.path: file.root for file in files}
    outcome = choose(candidates, refused, decisions, roots)
    paired = {each for found in outcome.pairs for each in (found.mix_sha256, found.master_sha256)}
    remarks = {
        sha256: _remark(content, songs.get(sha256), copies.get(sha256), outcome.remarks)
        for sha256, content in contents.items()
        if sha256 not in paired
    }
    catalogue.replace_pairs(outcome.pairs, remarks)
    return comparer.made


def confirm(catalogue: Catalogue, mix: Path, master: Path) -> None:
    """Keep that a person says two files are mix and master.

    Raises:
        CatalogueError: ``not_in_catalogue``, or they are not the same performance.

    """
    songs = songs_of(catalogue.files(), catalogue.contents())
    first, second = (_song_at(catalogue, path, songs) for path in (mix, master))
    comparison = catalogue.comparisons().get(_key(first, second))
    if comparison is None:
        comparison = compare(_task(catalogue, first, second))
        if comparison.lasts:
            catalogue.put_comparison(*_key(first, second), comparison)
    if comparison.alignment is None:
        raise CatalogueError(comparison.reason, code="other_performance", path=master)
    catalogue.decide(*_key(first, second), Status.CONFIRMED)


def reject(catalogue: Catalogue, mix: Path, master: Path) -> None:
    """Keep that a person says two files are no pair.

    Raises:
        CatalogueError: ``not_in_catalogue``.

    """
    songs = songs_of(catalogue.files(), catalogue.contents())
    first, second = (_song_at(catalogue, path, songs) for path in (mix, master))
    catalogue.decide(*_key(first, second), Status.REJECTED)


def songs_of(files: Sequence[StoredFile], contents: Mapping[str, Content]) -> dict[str, Song]:
    """Return the readable contents, each with the file whose name says most, by SHA-256."""
    songs: dict[str, Song] = {}
    for file in files:
        content = contents.get(file.sha256)
        if content is None or content.facts is None:
            continue
        name = parse(file.path, file.root)
        before = songs.get(file.sha256)
        if before is None or _SAYS_MOST[name.role] < _SAYS_MOST[before.name.role]:
            songs[file.sha256] = Song(file.sha256, file.path, file.mtime_ns, name, content.facts)
    return songs


def _with_decided(
    oriented: list[tuple[Song, Song, Direction]],
    decisions: Mapping[tuple[str, str], Status],
    songs: Mapping[str, Song],
) -> list[tuple[Song, Song, Direction]]:
    """Return pairs with those that a person decided, as the person says."""
    decided = [
        (songs[mix], songs[master], _DECIDED)
        for mix, master in decisions
        if mix in songs and master in songs
    ]
    keys = {_key(mix, master) for mix, master, _ in decided}
    return [*(each for each in oriented if _key(each[0], each[1]) not in keys), *decided]


def _remark(
    content: Content, song: Song | None, copy_of: Song | None, refusals: Mapping[str, str]
) -> str:
    if content.problem or song is None:
        return content.problem or "It cannot be read."
    if song.name.role is Role.STEM:
        return _STEM
    if song.name.role is Role.COPY:
        return _COPY
    if song.facts.unfit:
        return _UNFIT[song.facts.unfit]
    if copy_of is not None:
        return f"It sounds the same as {display_name(copy_of.path)}, which stands for it."
    return refusals.get(song.sha256, _ALONE)


def _song_at(catalogue: Catalogue, path: Path, songs: Mapping[str, Song]) -> Song:
    wanted = Path(os.path.abspath(path))
    for file in catalogue.files():
        if file.path == wanted and file.sha256 in songs:
            return songs[file.sha256]
    message = f"{display_name(path)}: is no readable file of the catalogue; scan its folder"
    raise CatalogueError(message, code="not_in_catalogue", path=path)


def _task(catalogue: Catalogue, mix: Song, master: Song) -> Task:
    sketches = (catalogue.sketch(each.sha256) for each in (mix, master))
    return Task(mix.path, master.path, *sketches)


def _key(mix: Song, master: Song) -> tuple[str, str]:
    return mix.sha256, master.sha256
