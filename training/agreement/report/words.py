"""What agreement over a catalogue says in sentences: consistent differences first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....inference.comparing.audibility import JUST_NOTICEABLE_DB
from ....inference.report.facts import figure, frequency
from ..agreement import Agreement
from ..calibration import POOLED, Coverage
from ..clusters import Cluster
from ..consistency import TOLD_DB, TraitAgreement, Verdict
from ..traits import TRAITS, Kind

_ADJECTIVES = {
    "tone@presence": ("brighter", "darker"),
    "tone@air": ("brighter", "darker"),
    "plr": ("less dense", "denser"),
    Kind.DENSITY: ("denser", "less dense"),
    Kind.WIDTH: ("wider", "narrower"),
    Kind.LOUDNESS: ("louder", "quieter"),
}
"""What the engineer is beside the model where a trait, or one of a kind, is above 0, and below."""

_MOST_WORDS = 2


def summary(agreement: Agreement) -> tuple[str, ...]:
    """Say in a few sentences what came of it, the most important first."""
    told = [_headline(agreement.traits)]
    told += map(trait_sentence, _told(agreement.traits))
    told.append(calibration_sentence(agreement))
    mean_db = float(np.mean([song.overall.mean_db for song in agreement.songs]))
    told.append(
        f"Equally loud, the masters of a song differ by {figure(mean_db, 2)} dB on average over "
        f"{_counted(len(agreement.songs), 'song')}."
    )
    return (*told, *remarks(agreement))


def trait_sentence(found: TraitAgreement) -> str:
    """Say of a trait what the engineer has more or less, and how surely."""
    trait = found.trait
    way = trait.more if found.mean > 0.0 else trait.less
    how = "consistently has" if found.verdict is Verdict.CONSISTENT else "tends to have"
    low, high = (figure(each, 2, signed=True) for each in (found.low, found.high))
    is_slight = trait.kind is Kind.TONE and abs(found.mean) < JUST_NOTICEABLE_DB
    ending = ", which is hardly heard" if is_slight else ""
    return (
        f"The engineer {how} {way}: {figure(found.mean, 2, signed=True)} {trait.unit} beside the "
        f"model ({low} to {high} {trait.unit}), in {found.agreeing} of {found.songs} songs, "
        f"p = {p_text(found.p_adjusted)}{ending}."
    )


def p_text(p: float) -> str:
    """Write a probability, never as if it were 0."""
    return "below 0.001" if p < 0.001 else figure(p, 3)


def cluster_title(cluster: Cluster) -> str:
    """Name a cluster by its size, the tracks it is like, and the genre of its files."""
    parts = [_counted(len(cluster.songs), "song")]
    if cluster.neighbors:
        parts.append(f"like {'; '.join(cluster.neighbors)}")
    if cluster.genre is not None:
        name, count, tagged = cluster.genre
        parts.append(f"genre {name} in {count} of {tagged} with one")
    return ", ".join(parts)


def cluster_sentences(traits: Sequence[TraitAgreement]) -> tuple[str, ...]:
    """Say what holds for a cluster."""
    told = tuple(map(trait_sentence, _told(traits)))
    return told or (_headline(traits),)


def calibration_sentence(agreement: Agreement) -> str:
    """Say whether the model's intervals hold what the engineer did."""
    pooled = next(each for each in agreement.calibration if each.group == POOLED)
    if pooled.determined == 0:
        return (
            f"Of {pooled.intervals} intervals of the model none is determined: it does not claim "
            "to know from a mix what its master has, and there is nothing to hold it against."
        )
    if pooled.known == 0:
        return (
            f"The model gives {pooled.determined} of {pooled.intervals} intervals; of none of "
            "these quantities is the engineer's value determined, so that none can be judged."
        )
    return (
        f"Of the model's 90 % intervals, {pooled.inside} of {pooled.known} "
        f"({share_text(pooled)}) hold what the engineer did; {pooled.determined} of "
        f"{pooled.intervals} are determined."
    )


def share_text(coverage: Coverage) -> str:
    """Write the share of intervals that hold, with its exact interval."""
    if coverage.share is None:
        return "none to judge"
    low, high = (f"{100.0 * each:.0f}" for each in (coverage.low, coverage.high))
    return f"{100.0 * coverage.share:.0f} %, {low} to {high} %"


def song_sentence(agreement: Agreement, place: int) -> str:
    """Say how far the masters of a song are apart, and by what most."""
    song = agreement.songs[place]
    overall = song.overall
    side = "of the sides " if overall.in_side else ""
    start = (
        f"{figure(overall.mean_db, 2)} dB apart, most {side}around {frequency(overall.most_hz)} "
        f"({figure(overall.most_db)} dB; {JUST_NOTICEABLE_DB:.0f} dB is just noticeable)"
    )
    if song.is_mix:
        return f"{start}: the engineer's master is the mix itself, but for its level."
    values = agreement.values[place]
    order = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")[:_MOST_WORDS]
    told = [
        f"{TRAITS[at].more if values[at] > 0.0 else TRAITS[at].less} "
        f"({figure(float(values[at]), 1, signed=True)} {TRAITS[at].unit})"
        for at in order
        if abs(np.nan_to_num(values[at])) >= TOLD_DB
    ]
    ending = f": the engineer has {' and '.join(told)}" if told else ""
    if not song.is_explained:
        share = f"{100.0 * max(song.explained_share, 0.0):.0f} %"
        ending += f"; settings explain {share} of this master, and do not tell of it"
    return f"{start}{ending}."


def remarks(agreement: Agreement) -> tuple[str, ...]:
    """Say what a person should know of the songs that were counted."""
    told = []
    unexplained = sum(not song.is_explained for song in agreement.songs)
    if unexplained:
        told.append(
            f"Of {_counted(unexplained, 'master')} settings explain less than half, and something "
            "audible is left: they count by loudness, PLR and what is heard alone."
        )
    mixes = sum(song.is_mix for song in agreement.songs)
    if mixes:
        verb = "is the mix itself" if mixes == 1 else "are the mixes themselves"
        told.append(f"{_counted(mixes, 'master')} of these {verb}, but for the level.")
    if agreement.left_out:
        told.append(f"{_counted(len(agreement.left_out), 'pair')} could not be compared.")
    return tuple(told)


def _told(traits: Sequence[TraitAgreement]) -> list[TraitAgreement]:
    """Return traits that there is something to say of, the largest difference first."""
    return sorted((each for each in traits if each.is_told), key=lambda each: -abs(each.mean))


def _headline(traits: Sequence[TraitAgreement]) -> str:
    for verdict, start in (
        (Verdict.CONSISTENT, "This engineer is consistently"),
        (Verdict.TENDS, "This engineer tends to be"),
    ):
        found = [each for each in traits if each.verdict is verdict]
        words = _adjectives(found)
        if words:
            return f"{start} {' and '.join(words)} than the model."
        if found:
            how = "consistently differs" if verdict is Verdict.CONSISTENT else "tends to differ"
            return f"This engineer {how} from the model."
    if all(each.verdict is Verdict.TOO_FEW for each in traits):
        units = max(each.units for each in traits)
        return (
            f"Songs of {_counted(units, 'album')} (or on none) are too few to tell a consistent "
            "difference."
        )
    return f"There is no consistent difference in any of {len(traits)} traits."


def _adjectives(found: Sequence[TraitAgreement]) -> list[str]:
    """Return what an engineer is; nothing where one trait says the contrary of another."""
    words: dict[tuple[str, str], set[str]] = {}
    for each in found:
        both = _ADJECTIVES.get(each.trait.key)
        if both is None and each.trait.kind in _ADJECTIVES and each.trait.kind is not Kind.TONE:
            both = _ADJECTIVES[each.trait.kind]
        if both is not None:
            said = both[0] if each.mean > 0.0 else both[1]
            words.setdefault((min(both), max(both)), set()).add(said)
    return [next(iter(said)) for said in words.values() if len(said) == 1]


def _counted(count: int, one: str) -> str:
    return f"{count} {one if count == 1 else f'{one}s'}"
