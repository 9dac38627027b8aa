"""Methods by name: what each needs, and why one is left out where that is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....inference.baseline import BaselinePredictor
from ....inference.learned.loading import shipped
from ....models.errors import GlassmasterError, UsageError
from ...degradation.prior import DegradationPrior
from ..floors import Floor
from ..tasks import Reference, Task
from .constant import ConstantMoves, NearestMoves, mean_moves
from .examples import load_examples
from .floor import ResidualDegradation
from .inversion import Inversion
from .learned import Learned, Neighbors, learned_predictor, shuffled_predictor
from .matchering import find_matchering
from .matching import SpectrumMatch
from .method import Method, Predicted, ShuffledReferences, Unchanged
from .oracle import Oracle

SHUFFLED_WEIGHTS = "_shuffled_weights"
SHUFFLED_REFERENCES = "_shuffled_references"
BLIND = "_without_references"
SHIPPED_AS = {"lmmse": "linear"}
"""Names of shipped weights, where the method's own is another."""

STATISTICS_ALONE = frozenset(("lmmse",))
"""Baselines that know nothing but the statistics of the mix and of the task's references."""

RANDOM_NEIGHBORS = "_random_neighbors"
ALONE = "_without_corpus"
NOT_TOLD = "_not_told"
"""Of a predictor that is not told where a mix is a finished song."""

ENDINGS = ("", BLIND, ALONE, NOT_TOLD, RANDOM_NEIGHBORS, SHUFFLED_REFERENCES, SHUFFLED_WEIGHTS)
FLOORS = ("floor_lmmse", "floor_gaussian")

Others = Callable[[Task], tuple[Reference, ...]]


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What methods are made of.

    Attributes:
        models: Learned predictors by the name of their method: names or paths of weights; None for
            those that ship, see `SHIPPED_AS`.
        matchering: Interpreter of an environment that has matchering; None without.
        examples: File of degraded masters, see `examples`; None without a corpus.
        floors: By name; empty without a corpus.

    """

    models: Mapping[str, str | None]
    matchering: str | None
    examples: Path | None
    floors: Mapping[str, Floor]


def method_names(models: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all methods, given those of the learned predictors."""
    learned = tuple(f"{name}{ending}" for name in models for ending in ENDINGS)
    first = ("unchanged", "ltas_match", "matchering", "corpus_mean", "nearest", "baseline")
    return (*first, *learned, "oracle", "inversion", *FLOORS)


def make_method(name: str, ingredients: Ingredients, others: Others) -> Method:
    """Return a method by its name.

    Args:
        name: One of `method_names`.
        ingredients: What it is made of.
        others: Returns the references of another task of the same suite.

    Raises:
        UsageError: There is no such method, or what it needs is missing: the message says what.
        ModelError: Weights are damaged or were made for another chain.

    """
    plain: dict[str, Callable[[], Method]] = {
        "unchanged": Unchanged,
        "ltas_match": SpectrumMatch,
        "matchering": lambda: _matchering(ingredients.matchering),
        "corpus_mean": _corpus_mean,
        "nearest": lambda: _nearest(ingredients.examples),
        "baseline": lambda: Predicted(BaselinePredictor()),
        "oracle": Oracle,
        "inversion": Inversion,
    }
    if name in plain:
        return plain[name]()
    if name in FLOORS:
        if name not in ingredients.floors:
            raise _missing(name, "needs a corpus; name its folder with corpus=DIR")
        return ResidualDegradation(ingredients.floors[name])
    for model in ingredients.models:
        if name.removeprefix(model) in ENDINGS:
            return _learned(name, model, ingredients, others)
    known = ", ".join(method_names(tuple(ingredients.models)))
    raise UsageError(f"there is no method {name!r}; choose from {known}", code="unknown_method")


def weights_name(model: str, ingredients: Ingredients) -> str | None:
    """Return the name or path of a learned predictor's weights; None where none are there.

    Args:
        model: A name in ``ingredients.models``.
        ingredients: What methods are made of.

    """
    named = ingredients.models[model]
    if named is not None:
        return named
    ships = SHIPPED_AS.get(model, model)
    return ships if ships in shipped().models else None


def usable_methods(
    names: Sequence[str], ingredients: Ingredients
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return which methods can be used, and why the others cannot.

    Raises:
        UsageError: A name is unknown, or what was named for it does not work.
        ModelError: Weights that were named are damaged or were made for another chain.

    """
    usable: list[str] = []
    left_out: dict[str, str] = {}
    for name in names:
        try:
            make_method(name, ingredients, lambda task: ())
        except GlassmasterError as error:
            if error.code != _MISSING:
                raise
            left_out[name] = error.message
        else:
            usable.append(name)
    return tuple(usable), left_out


_MISSING = "missing_ingredient"


def _missing(name: str, what: str) -> UsageError:
    return UsageError(f"{name} {what}", code=_MISSING)


def _matchering(python: str | None) -> Method:
    found = find_matchering(python)
    if found is None:
        raise _missing("matchering", "needs a Python that has it; name it: matchering.python=PATH")
    return found


def _corpus_mean() -> Method:
    moves = np.array(mean_moves())
    return Predicted(ConstantMoves(moves), repr(DegradationPrior()))


def _nearest(path: Path | None) -> Method:
    if path is None:
        raise _missing("nearest", "needs a corpus; name its folder with corpus=DIR")
    examples, fingerprint = load_examples(path)
    return Predicted(NearestMoves(examples.statistics, examples.moves), fingerprint)


def _learned(name: str, model: str, ingredients: Ingredients, others: Others) -> Method:
    weights = weights_name(model, ingredients)
    if weights is None:
        raise _missing(name, f"needs weights, and none ship: name them with models.{model}=…")
    ending = name.removeprefix(model)
    usual = Neighbors.NONE if model in STATISTICS_ALONE else Neighbors.NEAREST
    if ending == SHUFFLED_WEIGHTS:
        return Learned(name, shuffled_predictor(weights), neighbors=usual)
    predictor = learned_predictor(weights)
    if ending == SHUFFLED_REFERENCES:
        return ShuffledReferences(Learned(model, predictor, neighbors=usual), others)
    neighbors = {RANDOM_NEIGHBORS: Neighbors.RANDOM, ALONE: Neighbors.NONE}
    return Learned(
        name, predictor, ending != BLIND, neighbors.get(ending, usual), ending != NOT_TOLD
    )
