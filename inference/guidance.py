"""What settings are chosen by besides the mix: reference corpora, and references by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data.analysis import Analysis
from ..data.files.names import display_name
from ..data.files.reader import FileReader
from ..data.findings import Finding
from ..data.reference.hygiene import examine
from ..models.errors import UnsupportedAudioError, UsageError
from .company import (
    DEFAULT_PARTS,
    DYNAMICS,
    LOUDNESS,
    PARTS,
    Listened,
    Shown,
    company_behind,
    company_of,
    reference_shares,
)
from .corpora import Weighted, songs_at_large, split_weight
from .predictor import Company, Predictor
from .reading import analyze_file
from .reference import ReferenceMatch, match, nearer_share
from .step import Step

UNLIKE_SHARE = 0.9
"""Where so many tracks of the corpora are more like the mix, a reference is of another kind."""

MOST_REFERENCES = 50
"""More references than this are a corpus."""


@dataclass(frozen=True, slots=True)
class Named:
    """A reference by name.

    Attributes:
        path: The file.
        weight: Its share of all that is listened to, 0 to 1; None where none was given.

    """

    path: Path
    weight: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Guidance:
    """What a person asks to be guided by.

    Attributes:
        corpora: Where neighbors of the mix are looked for; none are looked for without any.
        excluded: Tracks, albums or artists that are passed over.
        references: References by name.
        parts: What each of `PARTS` of them counts, 0 to 1.
        heeded: Whether neighbors decide on settings also where no reference is named; else they are
            only shown.
        finished: Whether the mix is a finished song, of which nothing is mended: only settings that
            the references went through are brought to it, and neighbors are only shown.
        heard: References that were analyzed for a mix before.

    """

    corpora: tuple[Weighted, ...] = ()
    excluded: tuple[str, ...] = ()
    references: tuple[Named, ...] = ()
    parts: Mapping[str, float] = field(default_factory=lambda: DEFAULT_PARTS)
    heeded: bool = False
    finished: bool = False
    heard: dict[Path, tuple[Analysis, FileReader]] = field(default_factory=dict, repr=False)

    def analyzed(self, path: Path, step: Step) -> tuple[Analysis, FileReader]:
        """Return the analysis of a reference, made once for all mixes; errors as `analyze_file`."""
        if path not in self.heard:
            self.heard[path] = analyze_file(path, step)
        return self.heard[path]


@dataclass(frozen=True, slots=True, eq=False)
class Guided:
    """What guides the settings of one mix.

    Attributes:
        match: Neighbors of the mix; None where none were looked for or too little can be heard.
        company: What a predictor is given; None for nothing.
        listened: The references.
        target_lufs: Loudness to aim at; None where references have no say in it.
        findings: What a person should know of them.

    """

    match: ReferenceMatch | None
    company: Company | None
    listened: tuple[Listened, ...] = ()
    target_lufs: float | None = None
    findings: tuple[Finding, ...] = ()


NO_GUIDANCE = Guidance()


def named_references(names: Sequence[str]) -> tuple[Named, ...]:
    """Return references by ``PATH[:WEIGHT]``.

    Raises:
        UsageError: A weight is none or above 1, or there are too many references.

    """
    if len(names) > MOST_REFERENCES:
        raise UsageError(
            f"{len(names)} references were given; {MOST_REFERENCES} at most: make a corpus of them "
            "with `glassmaster corpus add`",
            code="too_many_references",
        )
    found = []
    for name in names:
        path, weight = split_weight(name, default=np.nan)
        if weight > 1.0:
            raise UsageError(f"{name}: the weight of a reference is 1 at most", code="usage")
        found.append(Named(Path(path), None if np.isnan(weight) else weight))
    return tuple(found)


def named_parts(text: str | None) -> Mapping[str, float]:
    """Return what parts count, by ``tone=1,width=0``; those that are not named as usual.

    Raises:
        UsageError: A part is unknown, or its weight is no number from 0 to 1.

    """
    parts = dict(DEFAULT_PARTS)
    for word in filter(None, (text or "").split(",")):
        name, _, value = word.partition("=")
        try:
            weight = float(value)
        except ValueError:
            weight = np.nan
        whole = name == LOUDNESS  # half a say in a loudness is none that anybody could foresee
        if name not in PARTS or not 0.0 <= weight <= 1.0 or (whole and weight not in (0.0, 1.0)):
            raise UsageError(
                f"{word!r} is no part of a reference and its weight; write as in tone=1,width=0.5, "
                f"of {', '.join(PARTS)}, each 0 to 1, and loudness either 0 or 1",
                code="usage",
            )
        parts[name] = weight
    return parts


def check_finished(guidance: Guidance, predictor: Predictor) -> None:
    """Refuse references of a finished song that show nothing to a predictor.

    Raises:
        UsageError: The predictor does not tell settings that songs went through, or of references
            a part is asked for, or left out, that nobody can tell.

    """
    if not (guidance.finished and guidance.references):
        return
    if not predictor.reads_settings:
        raise UsageError(
            f"the predictor {predictor.name} does not tell what settings the references of a "
            "finished song went through; choose the network that ships (--model network) or "
            "weights that tell it, or leave the references out",
            code="no_settings_told",
        )
    if guidance.parts.get(DYNAMICS) != DEFAULT_PARTS[DYNAMICS]:
        raise UsageError(
            "how far the references of a finished song were compressed cannot be told, so that "
            f"--reference-parts takes no {DYNAMICS} here; leave it out, and to compress less than "
            "is usual, add --amount multiband_compressor=0",
            code="usage",
        )


def guide(guidance: Guidance, analysis: Analysis, step: Step) -> Guided:
    """Find the neighbors of a mix and listen to references.

    Args:
        guidance: What is asked for.
        analysis: Of the mix.
        step: Told the progress.

    Raises:
        CatalogueError: No track is left in any corpus.
        AudioFileError: A reference cannot be read.
        UsageError: None of the references is of any use.

    """
    found = None
    if guidance.corpora:
        found = match(analysis, guidance.corpora, excluded=guidance.excluded)
    shown, names, loudness, findings = _references(guidance, analysis, step)
    if guidance.finished:
        company: Company | None = company_behind(shown, songs_at_large())
        if found is not None and guidance.heeded:
            message = "The song is finished: neighbors are shown, and decide on nothing."
            findings.append(Finding("neighbors_not_heard", message))
    else:
        heeded = found if shown or guidance.heeded else None
        company = company_of(heeded, shown, analysis.statistics)
    alone = guidance.finished or found is None
    shares = reference_shares([each.weight for each in shown], alone=alone)
    listened = tuple(
        Listened(*row) for row in zip(names, map(float, shares), loudness, strict=True)
    )
    target_lufs = _target(listened, guidance.parts.get(LOUDNESS, 0.0))
    return Guided(found, company, listened, target_lufs, tuple(findings))


def _references(
    guidance: Guidance, mix: Analysis, step: Step
) -> tuple[list[Shown], list[str], list[float | None], list[Finding]]:
    """Return the references that are of use, their names and loudness, and what is odd."""
    shown: list[Shown] = []
    names: list[str] = []
    loudness: list[float | None] = []
    findings: list[Finding] = []
    for named in guidance.references:
        one, lufs, told = _listen(named, guidance, mix, step)
        findings += told
        if one is None:
            continue
        name = display_name(named.path.name)
        if guidance.finished and _is_known(one, shown):
            message = f"{name} is one of the references already and counts once."
            findings.append(Finding("reference_repeated", message))
            continue
        shown.append(one)
        names.append(name)
        loudness.append(lufs)
    if guidance.references and not shown:
        reasons = " ".join(finding.message for finding in findings)
        raise UsageError(f"no reference is of any use: {reasons}", code="no_reference")
    return shown, names, loudness, findings


def _listen(
    named: Named, guidance: Guidance, mix: Analysis, step: Step
) -> tuple[Shown | None, float | None, list[Finding]]:
    """Return a reference as it counts, its loudness, and what is odd about it."""
    name = display_name(named.path.name)
    try:
        analysis, reader = guidance.analyzed(named.path, step)
    except UnsupportedAudioError as error:
        return None, None, [Finding("reference_unused", f"{error.message} It is not used.")]
    if analysis.digest == mix.digest:
        message = f"{name} is the mix itself: as a reference it says nothing and is not used."
        return None, None, [Finding("reference_is_mix", message)]
    hygiene = examine(analysis, reader.info)
    odd = (*reader.findings(), *hygiene.findings)
    findings = [Finding(each.code, f"{name}: {each.message}") for each in odd]
    if not hygiene.aspects or not analysis.statistics.any():
        return None, None, findings
    if not guidance.finished:  # settings can be those of any kind of music
        findings += _unlike(name, analysis, mix, guidance)
    kept = {part: weight for part, weight in guidance.parts.items() if part in hygiene.aspects}
    lufs = analysis.loudness.dual_mono_lufs if LOUDNESS in hygiene.aspects else None
    return Shown(analysis.statistics, named.weight, kept, hygiene.tone_to_hz), lufs, findings


def _is_known(one: Shown, others: Sequence[Shown]) -> bool:
    """Return whether a reference is among others: to know a song twice is to know one song."""
    return any(np.array_equal(one.statistics, each.statistics) for each in others)


def _unlike(name: str, reference: Analysis, mix: Analysis, guidance: Guidance) -> list[Finding]:
    """Name a reference that is music of another kind, as far as the corpora can tell."""
    if not mix.content.any() or not reference.content.any():
        return []
    share = nearer_share(mix, reference, guidance.corpora, excluded=guidance.excluded)
    if share < UNLIKE_SHARE:
        return []
    message = (
        f"{name} is music of another kind: {100.0 * share:.0f} % of the corpora's tracks are more "
        "like the mix. It counts as asked, and says little of what this mix needs."
    )
    return [Finding("reference_unlike", message)]


def _target(listened: Sequence[Listened], weight: float) -> float | None:
    """Return the loudness to aim at: that of references, by their shares; None without a say."""
    told = [
        (each.share, each.integrated_lufs) for each in listened if each.integrated_lufs is not None
    ]
    if weight == 0.0 or not told:
        return None
    shares, levels = np.array(told, np.float64).T
    return float(np.average(levels, weights=shares))
