"""Leaks: what the songs of a test share with those that were learned from, and signs of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .methods.registry import SHUFFLED_REFERENCES, SHUFFLED_WEIGHTS
from .summary import HEADLINE_METRIC, UNCHANGED, Document
from .tasks import Song

LEAST_COST = 0.05
"""Wrong references must make a method that uses them worse by this share."""

TESTED = ("test", "validation", "calibration")
LEARNED = "fit"
REFERENCED = ("DEG-A", "STYLE-X", "STYLE-X3")
"""Suites whose references tell what is wanted."""


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


def learned_from(identities: Iterable[str], songs: Iterable[Song]) -> tuple[str, ...]:
    """Return which songs of a test, or packages of them, something was learned from.

    Args:
        identities: Of the songs that were learned from, ``package/file``.
        songs: Of the test.

    """
    learned = set(identities)
    packages = {identity.partition("/")[0] for identity in learned}
    found = []
    for song in songs:
        if song.identity in learned:
            found.append(f"{song.identity} was learned from")
        elif song.package in packages:
            found.append(f"the package of {song.identity} was learned from")
    return tuple(found)


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


def artist_names(credit: str) -> frozenset[str]:
    """Return the artists of a line of credits, in lower case and without punctuation."""
    parts = re.split(r"\s*(?:[,;/&+]|\bfeat\.?|\bft\.?|\band\b|\bvs\.?)\s*", credit.casefold())
    names = (re.sub(r"[^\w]+", " ", part).strip() for part in parts)
    return frozenset(name for name in names if name)


def _origins(songs: Iterable[Song]) -> dict[str, set[str]]:
    songs = list(songs)
    return {
        "song": {song.identity for song in songs},
        "package": {song.package for song in songs},
        "component": {song.component for song in songs},
        "artist": {name for song in songs for name in artist_names(song.artist)},
    }
