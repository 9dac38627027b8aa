"""``glassmaster corpus``: reference corpora, and, with the extra ``train``, those to learn from."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...models.errors import UsageError
from ..extra import needs_extra, part_of_extra
from .answer import Entry
from .engines import TWO, add_engine_arguments, engine_asked_for
from .files import measure, run_files, say
from .progress import Progress

if TYPE_CHECKING:
    from ...data.corpus.measuring import FindStructure

NAME = "corpus"
HELP = "what finished music sounds like: match, list, show, add, remove; build [train]"

BUILDING_GROUP = "glassmaster.corpus"
"""Entry points of what only the installation for training has: ``actions``, ``structure``."""

_TRAINING_ACTIONS = {"build": "make a corpus to learn from", "attribution": "list its licences"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    find = _action(actions, "match", "find the finished tracks that mixes are like")
    find.add_argument("mixes", metavar="MIX", nargs="+", type=Path)
    add_corpus_arguments(find)
    find.add_argument("--count", type=int, default=16, metavar="N", help="neighbors (default: 16)")
    find.add_argument(
        "--by",
        choices=("content", "production"),
        default="content",
        help="in what tracks are like a mix: what the music is, or how it was produced",
    )
    tell = _action(actions, "list", "list the tracks of corpora")
    tell.add_argument("corpora", metavar="CORPUS", nargs="*", default=["shipped"])
    show = _action(actions, "show", "show what is known of tracks")
    show.add_argument("corpus", metavar="CORPUS")
    show.add_argument("tracks", metavar="TRACK", nargs="+", help="name of a track or an album")
    add = _action(actions, "add", "measure the masters in folders and add them to a corpus")
    add.add_argument("corpus", metavar="CORPUS", type=Path, help="made if it is not there")
    add.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    add_engine_arguments(add, TWO)
    remove = _action(actions, "remove", "remove tracks or albums from a corpus")
    remove.add_argument("corpus", metavar="CORPUS", type=Path)
    remove.add_argument("tracks", metavar="TRACK", nargs="+", help="name of a track or an album")
    training = _training()
    for name, text in _TRAINING_ACTIONS.items():
        own = actions.add_parser(name, help=f"{text} [train]", description=text)
        if training is None:
            own.add_argument("words", nargs=argparse.REMAINDER)
            own.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
        else:
            training.add_arguments(name, own)


def add_corpus_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where neighbors of a mix are looked for."""
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="CORPUS[:WEIGHT]",
        help="where finished tracks like a mix are looked for: a reference corpus, shipped, or "
        "none; may be repeated (default: shipped). A master is made with them in mind where this "
        "option or a reference is given; else they are only shown",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="NAME",
        help="a track, album or artist that is passed over; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    own: dict[str, Callable[[argparse.Namespace], int]] = {
        "match": _match,
        "list": _list,
        "show": _show,
        "add": _add,
        "remove": _remove,
    }
    if arguments.action in own:
        return own[arguments.action](arguments)
    training = _training()
    if training is None:
        arguments.answer.wanted = "--json" in arguments.words or arguments.json
        missing = ModuleNotFoundError("its entry point is not registered")
        raise needs_extra(f"corpus {arguments.action}", missing)
    status: int = training.run(arguments)
    return status


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")
    return parser


def _match(arguments: argparse.Namespace) -> int:
    from ..corpora import named_corpora
    from ..reference import Likeness, check_excluded, match
    from ..report.company import match_entry, match_lines
    from ..report.corpora import match_head, no_match_error
    from ..report.document import file_entry
    from ..warming import ensure_warm

    if arguments.count < 1:
        raise UsageError("corpus match: --count must be at least 1", code="usage")
    corpora = named_corpora(arguments.corpus)
    check_excluded(corpora, arguments.exclude)

    def work(path: Path) -> tuple[Entry, str]:
        _, analysis, findings = measure(path)
        found = match(
            analysis,
            corpora,
            excluded=arguments.exclude,
            count=arguments.count,
            by=Likeness(arguments.by),
        )
        if found is None:
            raise no_match_error(path)
        entry = {**file_entry(path, findings), "match": match_entry(found)}
        return entry, "\n".join((match_head(path, analysis), *match_lines(found, arguments.count)))

    ensure_warm()
    return run_files(arguments.mixes, work, arguments.answer, debug=arguments.debug)


def _list(arguments: argparse.Namespace) -> int:
    from ..corpora import one_corpus
    from ..report.corpora import corpus_entry, corpus_lines

    def work(path: Path) -> tuple[Entry, str]:
        corpus = one_corpus(str(path))
        return corpus_entry(path, corpus), "\n".join(corpus_lines(corpus))

    return run_files(map(Path, arguments.corpora), work, arguments.answer, debug=arguments.debug)


def _show(arguments: argparse.Namespace) -> int:
    from ...data.reference.growing import chosen_tracks
    from ..corpora import one_corpus
    from ..report.corpora import track_lines, tracks_entry

    def work(path: Path) -> tuple[Entry, str]:
        rows = chosen_tracks(one_corpus(str(path)), arguments.tracks, path)
        return tracks_entry(path, rows), "\n".join(track_lines(rows))

    return run_files([Path(arguments.corpus)], work, arguments.answer, debug=arguments.debug)


def _add(arguments: argparse.Namespace) -> int:
    from ...data.reference.growing import add_folders
    from ..corpora import check_own
    from ..report.corpora import grown_entry, grown_lines
    from ..warming import ensure_warm

    engine = engine_asked_for(arguments)
    check_own(arguments.corpus)

    def work(path: Path) -> tuple[Entry, str]:
        with Progress(path) as progress:
            grown = add_folders(path, arguments.folders, find_structure(), progress, engine)
        return grown_entry(path, grown), "\n".join(grown_lines(path, grown))

    ensure_warm()
    return run_files([arguments.corpus], work, arguments.answer, debug=arguments.debug)


def _remove(arguments: argparse.Namespace) -> int:
    from ...data.reference.growing import remove_tracks
    from ..corpora import check_own
    from ..report.corpora import corpus_entry, removed_line

    check_own(arguments.corpus)

    def work(path: Path) -> tuple[Entry, str]:
        left, gone = remove_tracks(path, arguments.tracks)
        return corpus_entry(path, left), removed_line(path, left, gone)

    return run_files([arguments.corpus], work, arguments.answer, debug=arguments.debug)


def find_structure() -> FindStructure:
    """Return what finds tempo and sections: librosa, where the extra for training is installed."""
    from ...data.corpus.measuring import no_structure

    found: FindStructure | None = _extra("structure")
    if found is None:
        say("tempo is left out: it takes the extra for training")
        return no_structure
    return found


def _training() -> ModuleType | None:
    found: ModuleType | None = _extra("actions")
    return found


def _extra(name: str) -> Any:
    """Return what an entry point of `BUILDING_GROUP` leads to; None without the extra."""
    return part_of_extra(BUILDING_GROUP, name, f"corpus {name}")
