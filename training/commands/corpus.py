"""``glassmaster corpus build`` and ``attribution``: music to learn from, and whose it is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ...inference.commands.engines import TWO, add_engine_arguments, engine_asked_for
from ...inference.commands.files import say
from ...inference.commands.progress import Progress
from ...models.errors import UsageError

if TYPE_CHECKING:
    from ...data.corpus.building import Built, CorpusPlan
    from ...data.corpus.listing import ListedTrack

_ALL = "all"


def add_arguments(action: str, parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``build`` or ``attribution``."""
    {"build": _add_build, "attribution": _add_attribution}[action](parser)


def _add_build(build: argparse.ArgumentParser) -> None:
    build.description = _DESCRIPTION
    build.add_argument("out", metavar="OUT", type=Path, help="folder of the corpus")
    build.add_argument(
        "--folder",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="a folder of audio files; may be repeated",
    )
    build.add_argument(
        "--packages",
        nargs="+",
        default=[],
        metavar="NAME",
        help="Debian packages of the listing, or all",
    )
    build.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where packages are looked for and kept (default: OUT/cache)",
    )
    build.add_argument(
        "--splits",
        type=Path,
        metavar="DIR",
        help="splits to keep to (default: those that ship, without --folder)",
    )
    build.add_argument("--cut-splits", action="store_true", help="cut splits anew, into OUT/splits")
    add_engine_arguments(build, TWO)
    build.add_argument("--force", action="store_true", help="replace a corpus that is there")
    build.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def _add_attribution(attribution: argparse.ArgumentParser) -> None:
    attribution.description = _ATTRIBUTION_DESCRIPTION
    attribution.add_argument("out", metavar="FILE", type=Path, help="CSV file; replaced if there")
    attribution.add_argument(
        "--splits", type=Path, metavar="DIR", help="splits (default: those that ship)"
    )
    attribution.add_argument("--json", action="store_true", help="print a JSON document on stdout")


_DESCRIPTION = (
    "Measure every track of folders and packages, and write OUT/manifest.jsonl, OUT/shard.bin, "
    "OUT/references.corpus and, where they are cut, OUT/splits. A build that was killed goes on "
    "where it stopped."
)
_ATTRIBUTION_DESCRIPTION = (
    "Write a CSV file with every track of the splits fit, calibration and validation, and print "
    "how many of them have which licence."
)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    if arguments.action == "attribution":
        return _attribute(arguments)
    from ...data.corpus.building import build_corpus
    from ...inference.warming import ensure_warm
    from ..corpus.tempo import find_structure

    plan = plan_of(arguments)
    ensure_warm()
    with Progress(plan.out) as progress:
        built = build_corpus(plan, find_structure, progress)
    say(_summary(built))
    arguments.answer.give()
    return 0


def _attribute(arguments: argparse.Namespace) -> int:
    from ...data.corpus.attribution import (
        attributions,
        licence_table,
        read_licences,
        write_attributions,
    )
    from ...data.corpus.listing import debian_listing
    from ...data.corpus.splits import read_splits, shipped_splits

    splits = shipped_splits() if arguments.splits is None else read_splits(arguments.splits)
    rows = attributions(splits, debian_listing(), read_licences())
    write_attributions(arguments.out, rows)
    say(licence_table(rows))
    arguments.answer.give()
    return 0


def plan_of(arguments: argparse.Namespace) -> CorpusPlan:
    """Return what ``corpus build`` is asked for.

    Raises:
        UsageError: The arguments do not go together.
        CatalogueError: The splits that are named cannot be read.

    """
    from ...data.corpus.building import CorpusPlan
    from ...data.corpus.splits import read_splits, shipped_splits

    listing = _listing(arguments.packages)
    if not listing and not arguments.folder:
        raise UsageError("corpus build: give --packages or --folder", code="usage")
    if arguments.cut_splits and arguments.splits:
        raise UsageError("corpus build: give --splits or --cut-splits, not both", code="usage")
    splits = None
    if arguments.splits is not None:
        splits = read_splits(arguments.splits)
    elif not arguments.cut_splits and not arguments.folder:
        splits = shipped_splits()
    return CorpusPlan(
        out=arguments.out,
        listing=listing,
        folders=tuple(arguments.folder),
        cache=arguments.cache or arguments.out / "cache",
        splits=splits,
        engine=engine_asked_for(arguments),
        force=arguments.force,
    )


def _listing(names: list[str]) -> tuple[ListedTrack, ...]:
    from ...data.corpus.listing import debian_listing

    listing = debian_listing()
    if names == [_ALL]:
        return listing
    unknown = sorted(set(names) - {track.package for track in listing})
    if unknown:
        message = f"corpus build: the listing has no package {', '.join(unknown)}"
        raise UsageError(message, code="usage")
    return tuple(track for track in listing if track.package in names)


def _summary(built: Built) -> str:
    lines = []
    for split, tracks in built.corpus.splits.items():
        used = [entry for entry in built.corpus.entries if entry.split == split]
        hours = sum(entry.duration_s or 0.0 for entry in used) / 3600.0
        targets = sum(entry.is_target for entry in used)
        lines.append(
            f"{split}: {len(used)} of {len(tracks)} tracks, {hours:.1f} h, {targets} targets"
        )
    unused = sum(not entry.split for entry in built.corpus.entries)
    segments = sum(entry.segments for entry in built.corpus.entries)
    megabytes = built.shard.stat().st_size / 2**20
    lines.append(f"not used: {unused} tracks, each with its reason in {built.manifest}")
    lines.append(f"shard: {built.shard}, {segments} excerpts, {megabytes:.1f} MiB")
    lines.append(f"sha-256 of the shard: {built.shard_sha256}")
    return "\n".join(lines)
