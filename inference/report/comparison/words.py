"""What a comparison says in sentences: its verdict, and each difference by what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ....data.files.names import display_name
from ....models.moves import RESPONSE, RESPONSE_HZ
from ....models.processors.multiband_compressor import BANDS
from ....models.rates import NYQUIST_MARGIN
from ...comparing.audibility import JUST_NOTICEABLE_DB
from ...comparing.comparison import Comparison
from ...comparing.differences import (
    SAME_DB,
    Difference,
    Expected,
    Kind,
    QuantityDifference,
    Verdict,
    kind_of,
)
from ...regions import REGIONS, region_levels_db
from ..facts import LABELS, figure, frequency

TOLD_DB = 0.1
"""A smaller difference of an effect is not put into words."""

MOST_WORDS = 3

NEAR_DB = 0.2
"""Of two masters neither is nearer to finished songs where they differ by less in it."""


def title(comparison: Comparison) -> str:
    """Name both sides."""
    return f"{display_name(comparison.met.human.path.name)} beside the model"


def is_mix(comparison: Comparison) -> bool:
    """Whether the human's master is the mix itself."""
    left = comparison.met.human.unexplained
    return left is not None and left.is_mix


def are_the_same(comparison: Comparison) -> bool:
    """Whether both masters do the same."""
    return comparison.met.overall.mean_db < SAME_DB and not comparison.met.overall.is_noticeable


def summary(comparison: Comparison) -> tuple[str, ...]:
    """Say in a few sentences what came of it, the most important first."""
    overall = comparison.met.overall
    if is_mix(comparison):
        return (
            "The human's master is the mix itself, but for its level: nothing was done to it. What "
            "follows is what the model would do.",
            _overall(comparison),
        )
    if are_the_same(comparison):
        return (
            "Both masters do the same: equally loud, they differ by "
            f"{figure(overall.mean_db, 2)} dB on average. There is nothing to compare.",
        )
    told = [_overall(comparison)]
    audible = [each for each in comparison.differences if each.verdict is Verdict.DIFFERENT]
    if audible:
        sentence = difference_sentence(comparison, audible[0])
        told.append(f"The largest difference is in {audible[0].kind}: {sentence}")
    unclear = [
        each.kind for each in comparison.differences if each.verdict is Verdict.NOT_DISTINGUISHABLE
    ]
    if unclear:
        told.append(f"Not distinguishable: {', '.join(unclear)}.")
    return tuple(told)


def _overall(comparison: Comparison) -> str:
    overall = comparison.met.overall
    ending = "which can be heard" if overall.is_noticeable else "which hardly anybody hears"
    side = "of the sides " if overall.in_side else ""
    return (
        f"Equally loud, the masters differ by {figure(overall.mean_db, 2)} dB on average, most "
        f"{side}around {frequency(overall.most_hz)} ({figure(overall.most_db)} dB; "
        f"{JUST_NOTICEABLE_DB:.0f} dB is just noticeable), {ending}."
    )


def difference_sentence(comparison: Comparison, difference: Difference) -> str:
    """Say what one does otherwise than the other."""
    if difference.verdict is Verdict.SAME:
        return "both do the same."
    if difference.verdict is Verdict.NOT_DISTINGUISHABLE:
        return "what was recovered of the human's master does not tell both apart."
    ours, theirs = (
        recipe.settings[difference.kind.stage].bypass
        for recipe in (comparison.mastering.recipe, comparison.met.human.recipe)
    )
    told = []
    if ours != theirs:
        label = LABELS[difference.kind.stage].lower()
        told.append(f"only the {'human' if ours else 'model'} uses the {label}")
    words = _WORDS.get(difference.kind)
    if words is not None:
        told.append(words(comparison))
    text = "; ".join(filter(None, told)) or f"no effect differs by {TOLD_DB:.1f} dB"
    return f"{text}."


def verdict_text(difference: Difference) -> str:
    """Say whether both differ, and whether anybody hears it."""
    if difference.verdict is Verdict.DIFFERENT and not difference.largest.is_noticeable:
        return "hardly heard"
    return str(difference.verdict)


def view_sentence(comparison: Comparison) -> str:
    """Say what the model's own intervals say of the human's choices."""
    rows = comparison.met.quantities
    counts = {view: sum(row.view is view for row in rows) for view in Expected}
    determined = counts[Expected.INSIDE] + counts[Expected.OUTSIDE]
    if determined == 0:
        return (
            "The model does not claim to know better: of none of these quantities can it tell from "
            "the mix what a finished master has. Its settings are its best guess."
        )
    return (
        f"Of {len(rows)} effective quantities the model can tell something of {determined}; of "
        f"these {counts[Expected.INSIDE]} of the human's lie where it expects nine in ten masters, "
        f"and {counts[Expected.OUTSIDE]} do not."
    )


def standing_sentence(comparison: Comparison) -> str | None:
    """Say whose tone is nearer to finished songs like the mix; None where none are known."""
    standings = comparison.standings
    if standings is None:
        return None
    model_db, human_db = standings.model.tone_off_db, standings.human.tone_off_db
    if not np.isfinite((standings.mix.tone_off_db, model_db, human_db)).all():
        return None
    if abs(model_db - human_db) < NEAR_DB:
        nearer = "both are equally near"
    else:
        nearer = f"{'the model' if model_db < human_db else 'the human'}'s is nearer"
    return (
        f"From the middle of finished songs like this mix, its tone is "
        f"{figure(standings.mix.tone_off_db)} dB away, that of the model's master "
        f"{figure(model_db)} dB and that of the human's {figure(human_db)} dB: {nearer}. "
        "That is what is usual, not what is right."
    )


def quantity_label(name: str) -> str:
    """Name an effective quantity."""
    kind, _, place = name.partition("@")
    if kind == "response_db":
        return f"response at {frequency(float(place))}"
    if kind == "width_db":
        return f"width, {place} band"
    if kind == "limiter_p95_db":
        return "limiter, loud passages"
    passages = "median" if "p50" in kind else "loud passages"
    return f"reduction, {place.replace('_', ' ')} band, {passages}"


def _tone(comparison: Comparison) -> str:
    rows = comparison.met.quantities[RESPONSE]
    held = NYQUIST_MARGIN * comparison.mix.analysis.sample_rate >= RESPONSE_HZ
    off_db = np.where(held, [row.difference_db for row in rows], np.nan)
    off_db = np.nan_to_num(region_levels_db(off_db, RESPONSE_HZ))
    order = sorted(range(len(REGIONS)), key=lambda place: -abs(off_db[place]))
    told = [
        f"{figure(abs(off_db[place]))} dB {_more(off_db[place])} {REGIONS[place].name}"
        for place in order
        if abs(off_db[place]) >= TOLD_DB
    ]
    return _listed("the human has", told)


def _dynamics(comparison: Comparison) -> str:
    rows = _of(comparison.met.quantities, Kind.DYNAMICS)[len(BANDS) :]
    told = [
        f"{figure(abs(row.difference_db))} dB {_more(row.difference_db)} of the "
        f"{row.name.partition('@')[2].replace('_', ' ')} band"
        for row in _largest_first(rows)
    ]
    return _listed("in loud passages the human takes off", told)


def _width(comparison: Comparison) -> str:
    rows = _of(comparison.met.quantities, Kind.WIDTH)
    told = [
        f"the {row.name.partition('@')[2]} band {figure(abs(row.difference_db))} dB "
        f"{'wider' if row.difference_db > 0.0 else 'narrower'}"
        for row in _largest_first(rows)
    ]
    return _listed("the human has", told)


def _limiting(comparison: Comparison) -> str:
    told = [
        f"limits loud passages by {figure(abs(row.difference_db))} dB {_more(row.difference_db)}"
        for row in _largest_first(_of(comparison.met.quantities, Kind.LIMITING))
    ]
    model, human = comparison.met.model.integrated_lufs, comparison.met.heard.integrated_lufs
    if model is not None and human is not None and abs(human - model) >= TOLD_DB:
        way = "louder" if human > model else "quieter"
        told.append(f"is {figure(abs(human - model))} LU {way}")
    return _listed("the human's master", told)


def _listed(start: str, told: Sequence[str]) -> str:
    """Join what is told; empty where nothing is."""
    kept = told[:MOST_WORDS]
    if not kept:
        return ""
    rest = f" and {kept[-1]}" if len(kept) > 1 else ""
    return f"{start} {', '.join(kept[:-1] or kept)}{rest}"


def _largest_first(rows: Sequence[QuantityDifference]) -> list[QuantityDifference]:
    told = [row for row in rows if abs(row.difference_db) >= TOLD_DB]
    return sorted(told, key=lambda row: -abs(row.difference_db))


def _of(rows: Sequence[QuantityDifference], kind: Kind) -> list[QuantityDifference]:
    return [row for row in rows if kind_of(row.name) is kind]


def _more(value: float) -> str:
    return "more" if value > 0.0 else "less"


_WORDS: Mapping[Kind, Callable[[Comparison], str]] = {
    Kind.TONE: _tone,
    Kind.DYNAMICS: _dynamics,
    Kind.WIDTH: _width,
    Kind.LIMITING: _limiting,
}
