"""Learned predictors, with and without references, and with weights that were shuffled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from ....data.analysis import Analysis
from ....data.reference.embedding import EMBEDDING
from ....data.reference.shipped import SHIPPED
from ....inference.company import Shown, company_behind, company_of
from ....inference.corpora import Weighted, named_corpora, songs_at_large
from ....inference.learned.estimate import Estimate, Estimator
from ....inference.learned.loading import choose_predictor, load_estimator, shipped
from ....inference.learned.model_file import SUFFIX, Array, ModelFile, read_model_file
from ....inference.learned.predictor import LearnedPredictor
from ....inference.learned.shown import AXES
from ....inference.predictor import Company
from ....inference.reference import NEIGHBORS, ReferenceMatch, left_out, match
from ....models.errors import UsageError
from ....models.mel_statistics import STATISTICS
from ...randomness import generator
from ..delivery import analysis_of
from ..provenance import file_fingerprint
from ..tasks import Task
from .method import Made, predicted

SHUFFLE_SEED = 7
NEIGHBORS_SEED = 13


class Neighbors(StrEnum):
    """Which finished songs a predictor is given besides a task's references."""

    NEAREST = "nearest"
    RANDOM = "random"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned predictor, as users run it.

    Attributes:
        name: See `Method`.
        predictor: With its weights.
        references: Whether it is shown the task's references.
        neighbors: Which songs of the shipped corpus it is given.
        told: Whether it is told where the mix is a finished song, as by ``--finished``.

    """

    name: str
    predictor: LearnedPredictor
    references: bool = True
    neighbors: Neighbors = Neighbors.NEAREST
    told: bool = True

    @property
    def uses_references(self) -> bool:
        """Whether it is shown references."""
        return self.references

    @property
    def fingerprint(self) -> str:
        """The hashes of weights, corpus and embedding, and what is shown."""
        shown = f"{'with' if self.references else 'without'} references, neighbors {self.neighbors}"
        shown += "" if self.told else ", not told of finished songs"
        files = " ".join(file_fingerprint(path) for path in (SHIPPED, EMBEDDING))
        return f"{self.predictor.model} {files} {shown}"

    def refusal(self, task: Task) -> str:
        """Refuse to go without references where there are none: nothing would differ."""
        return "" if self.references or task.references else "there is no reference to leave out"

    def make(self, task: Task, folder: Path) -> Made:
        """Master the mix with predicted settings."""
        rate = task.sample_rate
        analysis = analysis_of(task.mix, rate)
        shown = task.references if self.references else ()
        others = [Shown(analysis_of(each.samples, rate).statistics) for each in shown]
        if self.told and task.mix_is_finished and self.predictor.reads_settings:
            company: Company | None = company_behind(others, songs_at_large())
        else:
            company = company_of(self._match(task, analysis), others, analysis.statistics)
        return predicted(task, analysis, self.predictor.predict(analysis, company), folder)

    def _match(self, task: Task, analysis: Analysis) -> ReferenceMatch | None:
        """Return neighbors; never the song itself or one of its package."""
        if self.neighbors == Neighbors.NONE:
            return None
        corpora, own = named_corpora(()), (task.plan.identity, task.plan.package)
        if self.neighbors == Neighbors.NEAREST:
            return match(analysis, corpora, excluded=own)
        corpus = corpora[0].corpus
        able = np.flatnonzero(~left_out(corpus, own))
        seed = int.from_bytes(hashlib.sha256(task.plan.key.encode()).digest()[:4], "little")
        drawn = generator(NEIGHBORS_SEED, seed).permutation(able)[:NEIGHBORS]
        return match(analysis, (Weighted(corpus.rows(drawn)),))


@dataclass(frozen=True, slots=True, eq=False)
class ShuffledInputs:
    """An estimator whose statistics arrive in another order: what it has learned is of no use.

    To shuffle what enters is to shuffle the columns of the first layer's weights, and works for a
    matrix and for a network alike.

    Attributes:
        estimator: The one that is spoiled.
        order: Permutation of the statistics, shape ``(statistics,)``.
        mean: Of the statistics, shape ``(statistics,)``.
        scale: Their standard deviations, same shape.

    """

    estimator: Estimator
    order: Array
    mean: Array
    scale: Array

    def estimate(self, statistics: Array, company: Company) -> Estimate:
        """Estimate from statistics that were standardized, shuffled and scaled back."""
        spoiled = replace(company, statistics=self._shuffled(company.statistics))
        return self.estimator.estimate(self._shuffled(statistics), spoiled)

    def _shuffled(self, values: Array) -> Array:
        order = self.order.astype(np.int64)
        standard = (values - self.mean) / self.scale
        shuffled: Array = standard[..., order] * self.scale + self.mean
        return shuffled


def learned_predictor(name: str) -> LearnedPredictor:
    """Return a learned predictor by the name that ``glassmaster master --model`` takes.

    Raises:
        UsageError: There is none of this name, or it is not a learned one.
        ModelError: Its weights are damaged or were made for another chain.

    """
    predictor, _ = choose_predictor(name)
    if not isinstance(predictor, LearnedPredictor):
        raise UsageError(f"{name} is not a learned predictor; name weights", code="unknown_model")
    return predictor


def shuffled_predictor(name: str) -> LearnedPredictor:
    """Return a predictor whose weights were shuffled; argument and errors as above."""
    file = read_model_file(_weights_path(name))
    estimator = load_estimator(file)
    width = len(STATISTICS)
    order = generator(SHUFFLE_SEED).permutation(width).astype(np.float64)
    mean, scale = _standard(file, "mean", 0.0), _standard(file, "scale", 1.0)
    return LearnedPredictor(
        _shuffled_axes(file, order, scale), ShuffledInputs(estimator, order, mean, scale)
    )


def weights_facts(name: str) -> Mapping[str, str]:
    """Return what a file of weights says of itself; argument and errors as of `learned_predictor`.

    A name with ``:/`` is one of a registry, whose file is fetched and read by the predictor alone:
    of it nothing is known here.
    """
    return {} if ":/" in name else read_model_file(_weights_path(name)).metadata


def _shuffled_axes(file: ModelFile, order: Array, scale: Array) -> ModelFile:
    """Return a file in which what tells of settings looks at other statistics."""
    axes = file.arrays.get(AXES)
    if axes is None:
        return file
    shuffled = (axes * scale)[:, order.astype(np.int64)] / scale
    return replace(file, arrays={**file.arrays, AXES: shuffled})


def _weights_path(name: str) -> Path:
    """Return the file of weights that a name stands for."""
    path = shipped().models.get(name, Path(name))
    if path.is_dir():
        return sorted(path.glob(f"*{SUFFIX}"))[0]
    return path.with_suffix(SUFFIX) if path.suffix == ".onnx" else path


def _standard(file: ModelFile, name: str, otherwise: float) -> Array:
    found = file.optional(name, len(STATISTICS))
    return np.full(len(STATISTICS), otherwise) if found is None else found
