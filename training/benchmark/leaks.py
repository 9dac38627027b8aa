"""Leaks: what the songs of a test share with those that were learned from, and signs of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...data.corpus.origins import artist_keys
from .methods.registry import SHUFFLED_REFERENCES, SHUFFLED_WEIGHTS
from .summary import HEADLINE_METRIC, UNCHANGED, Document
from .tasks import Song

LEAST_COST = 0.05
"""Wrong references must make a method that uses them worse by this share."""

REFERENCED = ("DEG-A", "STYLE-X", "STYLE-X3")
"""Suites whose references tell what is wanted."""

SPLIT_FILE = "splits/fit.csv"
SHARD_FILE = "shard.bin"
_SEEN = (
    ("split_fit_sha256", SPLIT_FILE, "list of songs"),
    ("shard_sha256", SHARD_FILE, "shard"),
)


def shared_origins(splits: Mapping[str, Sequence[Song]]) -> tuple[str, ...]:
    """Return what splits share that must not: songs, packages, components and artists.

    Args:
        splits: Songs by name of the split.

    """
    found = []
    names = sorted(splits)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            for kind, values in _origins(splits[first]).items():
                common = values & _origins(splits[second])[kind]
                pair = f"{first} and {second} share the {kind}"
                found += [f"{pair} {each}" for each in sorted(common)]
    return tuple(found)


def learned_from(learned: Iterable[Song], songs: Iterable[Song]) -> tuple[str, ...]:
    """Return which songs of a test, or packages or artists of them, something was learned from.

    Args:
        learned: Songs that were learned from.
        songs: Of the test.

    """
    origins = _origins(learned)
    found = []
    for song in songs:
        own = _origins([song])
        shared = [kind for kind in own if own[kind] & origins[kind]]
        if "song" in shared:
            found.append(f"{song.identity} was learned from")
        elif shared:
            found.append(f"the {shared[0]} of {song.identity} was learned from")
    return tuple(found)


def foreign_weights(
    name: str, metadata: Mapping[str, str], files: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Compare what weights were made from with what an evaluation goes by.

    Args:
        name: Of the method.
        metadata: Of its weights: ``split_fit_sha256`` and ``shard_sha256`` say what they saw.
        files: SHA-256 by name: `SPLIT_FILE`, and `SHARD_FILE` where a corpus was given.

    Returns:
        Leaks, and what could not be checked.

    """
    leaks, not_checked = [], []
    for key, file, what in _SEEN:
        seen = metadata.get(key)
        if seen is None:
            not_checked.append(f"{name}: its weights do not say which {what} they know")
        elif file not in files:
            not_checked.append(f"{name}: no corpus was given to compare with the {what} of weights")
        elif seen != files[file]:
            leaks.append(f"{name}: its weights were learned from another {what} than {file}")
    return tuple(leaks), tuple(not_checked)


def signs(suites: Mapping[str, Document]) -> tuple[str, ...]:
    """Return signs in the results that a method knows what it should not, or learned nothing.

    Shuffled references must cost `LEAST_COST`, and shuffled weights must not beat doing nothing.

    Args:
        suites: As in the benchmark's document.

    """
    found = []
    for suite, document in sorted(suites.items()):
        means = {
            name: metrics[HEADLINE_METRIC]["mean"]
            for name, metrics in document["methods"].items()
            if HEADLINE_METRIC in metrics
        }
        for name, mean in sorted(means.items()):
            base = name.removesuffix(SHUFFLED_REFERENCES)
            if base != name and base in means and suite in REFERENCED:
                cost = mean / means[base] - 1.0
                if cost < LEAST_COST:
                    found.append(f"{suite}: shuffled references cost {base} {cost:.1%} only")
            if name.endswith(SHUFFLED_WEIGHTS):
                pair = document["paired"].get(f"{name} - {UNCHANGED}", {})
                if HEADLINE_METRIC in pair and pair[HEADLINE_METRIC]["high"] < 0.0:
                    found.append(f"{suite}: {name} beats {UNCHANGED}")
    return tuple(found)


def _origins(songs: Iterable[Song]) -> dict[str, set[str]]:
    songs = list(songs)
    return {
        "song": {song.identity for song in songs},
        "package": {song.package for song in songs},
        "component": {song.component for song in songs},
        "artist": {name for song in songs for name in artist_keys(song.artist)},
    }
