"""What is told of reference corpora and their tracks, to people and to machines."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ...data.analysis import Analysis
from ...data.files.names import display_name
from ...data.reference.corpus import ReferenceCorpus
from ...data.reference.growing import Grown
from ...data.reference.production import FIGURES
from ...models.errors import UnsupportedAudioError
from ...models.spectrum import NOMINAL_HZ, THIRD_CENTERS_HZ
from .company import LABELS
from .document import Json, file_entry, plain
from .facts import duration, figure, loudness_text
from .layout import wrapped

_WIDEST = 60
_SHOWN_REFUSALS = 12


def match_head(path: Path, analysis: Analysis) -> str:
    """Return the line that a match begins with."""
    form = f"{loudness_text(analysis.loudness)}, {duration(analysis.duration_s)}"
    return f"{display_name(path)}: {form}"


def no_match_error(path: Path) -> UnsupportedAudioError:
    """Return the error of a mix of which too little is heard to find music like it."""
    return UnsupportedAudioError(
        f"{display_name(path)}: too little of it is heard to find music like it; give a whole mix",
        code="too_short",
        path=path,
    )


def corpus_lines(corpus: ReferenceCorpus) -> list[str]:
    """List the tracks of a corpus, one a line."""
    hours = sum(track.duration_s for track in corpus.tracks) / 3600.0
    albums = len({track.album for track in corpus.tracks})
    lines = [f"{display_name(corpus.name)}: {len(corpus)} tracks of {albums} albums, {hours:.1f} h"]
    for track, figures in zip(corpus.tracks, corpus.production.figures, strict=True):
        label = display_name(track.label)[:_WIDEST]
        facts = f"{figure(_known(figures[0]))} LUFS, {display_name(track.licence) or 'no licence'}"
        lines.append(f"  {display_name(track.identity)}")
        lines += wrapped(f"{label}; {duration(track.duration_s)}, {facts}", "      ")
    return lines


def track_lines(corpus: ReferenceCorpus) -> list[str]:
    """Tell all that is known of the tracks of a corpus."""
    lines: list[str] = []
    for index, track in enumerate(corpus.tracks):
        production = corpus.production
        tempo = "unknown" if track.tempo_bpm is None else f"{track.tempo_bpm:.0f} a minute"
        lines += [display_name(track.identity), f"  {display_name(track.label)}"]
        lines.append(f"  licence {display_name(track.licence) or 'not stated'}, tempo {tempo}")
        figures = zip(LABELS.values(), production.figures[index], strict=True)
        told = "; ".join(
            f"{label} {figure(_known(value))} {unit}" for (label, unit), value in figures
        )
        lines += wrapped(told, "  ")
        for name, values in (
            ("tone, dB", production.tone_db[index]),
            ("width, dB", production.width_db[index]),
            ("correlation", production.correlation[index]),
        ):
            digits = 2 if name == "correlation" else 1
            bands = ", ".join(
                f"{hz} {value:.{digits}f}" for hz, value in zip(NOMINAL_HZ, values, strict=True)
            )
            lines += wrapped(f"{name} by third octave in Hz: {bands}", "  ")
    return lines


def grown_lines(path: Path, grown: Grown) -> list[str]:
    """Tell what came of adding to a corpus."""
    lines = [
        f"{display_name(path)}: {grown.added} added, {grown.known} there already, "
        f"{len(grown.refused)} not taken, {len(grown.corpus)} tracks in all"
    ]
    for each in grown.refused[:_SHOWN_REFUSALS]:
        lines += wrapped(f"{display_name(each.identity)}: {display_name(each.reason)}", "  ")
    if (more := len(grown.refused) - _SHOWN_REFUSALS) > 0:
        lines.append(f"  and {more} more; --json lists them all")
    return lines


def removed_line(path: Path, left: ReferenceCorpus, gone: int) -> str:
    """Tell what came of removing from a corpus."""
    return f"{display_name(path)}: {gone} removed, {len(left)} tracks left"


def corpus_entry(path: Path, corpus: ReferenceCorpus) -> Json:
    """Return the entry of a corpus with its tracks."""
    return {
        **file_entry(path, ()),
        "corpus": plain(corpus.name),
        "tracks": [_track(corpus, index) for index in range(len(corpus))],
    }


def tracks_entry(path: Path, corpus: ReferenceCorpus) -> Json:
    """Return the entry of a corpus with all that is known of its tracks."""
    production = corpus.production
    bands = [round(float(hz), 3) for hz in THIRD_CENTERS_HZ]
    rows = []
    for index in range(len(corpus)):
        thirds = {
            "frequency_hz": bands,
            "mid_db": _rounded(production.mid_db[index]),
            "side_db": _rounded(production.side_db[index]),
            "correlation": _rounded(production.correlation[index]),
        }
        rows.append({**_track(corpus, index), "third_octaves": thirds})
    return {**file_entry(path, ()), "corpus": plain(corpus.name), "tracks": rows}


def grown_entry(path: Path, grown: Grown) -> Json:
    """Return the entry of a corpus that tracks were added to."""
    return {
        **corpus_entry(path, grown.corpus),
        "added": grown.added,
        "known": grown.known,
        "refused": [asdict(each) for each in grown.refused],
    }


def _track(corpus: ReferenceCorpus, index: int) -> Json:
    track = corpus.tracks[index]
    figures = zip(FIGURES, corpus.production.figures[index], strict=True)
    facts = {key: value for key, value in asdict(track).items() if key != "version"}
    return {**facts, "figures": {name: _known(value) for name, value in figures}}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 3)


def _rounded(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
    return [round(float(value), 2) for value in values]
