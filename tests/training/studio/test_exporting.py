from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.inference.learned.studio import LOUDNESS, PREFIX, StudioTaste
from glassmaster.inference.predictor import NOT_DETERMINED
from glassmaster.models.errors import ModelError
from glassmaster.models.moves import QUANTITIES, RESPONSE, WIDTH
from glassmaster.models.weights import FOLDER
from glassmaster.training.studio import exporting
from glassmaster.training.studio.adapting import AdaptedModel, adapt
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.exporting import export_adapted, interval_arrays
from glassmaster.training.studio.pairs import StudioPairs
from glassmaster.training.studio.validating import STUDIO, HeldOut, cross_validated


class Judge:
    """Every song is as good as every other."""

    def distances(self, moves: np.ndarray) -> np.ndarray:
        return np.zeros(len(moves))


@pytest.fixture(scope="module", params=["network", "linear"])
def base(request: Any) -> BaseModel:
    return BaseModel(FOLDER / f"{request.param}.safetensors")


@pytest.fixture(scope="module")
def pairs(known_pairs: Any, base: BaseModel) -> StudioPairs:
    found: StudioPairs = known_pairs(24, albums=12)
    statistics = base.center + found.statistics
    return replace(found, statistics=statistics)


@pytest.fixture(scope="module")
def model(pairs: StudioPairs, base: BaseModel) -> AdaptedModel:
    return adapt(pairs, base.center)


@pytest.fixture(scope="module")
def held_out(pairs: StudioPairs, base: BaseModel) -> HeldOut:
    return cross_validated(pairs, Judge(), base.center)


@pytest.fixture
def written(
    tmp_path: Path, base: BaseModel, model: AdaptedModel, pairs: StudioPairs, held_out: HeldOut
) -> Path:
    path = tmp_path / "new" / "studio.safetensors"
    return export_adapted(path, base, model, pairs, held_out, {"seed": "7"})


def test_the_base_stays_as_it_is(written: Path, base: BaseModel) -> None:
    whole, own = load_file(written), load_file(base.file.path)
    for name, array in own.items():
        assert whole[name].dtype == array.dtype
        assert np.array_equal(whole[name], array)
    assert {name for name in whole if name not in own} == {
        f"{PREFIX}{name}"
        for name in (
            *("offset", "of_base", "content", "directions", "center", "reach"),
            *("half_width", "prior_width"),
        )
    }


def test_the_file_says_what_it_is(written: Path, base: BaseModel, pairs: StudioPairs) -> None:
    told = read_model_file(written).metadata
    assert (told["seed"], told["studio_pairs"]) == ("7", "24")
    assert told["base_sha256"] == base.file.sha256
    assert float(told[LOUDNESS]) == pytest.approx(-10.0)
    assert "onnx" not in told
    assert "24 of its pairs; its masters have -10.0 LUFS" in load_model(written).describe


def test_equal_studios_are_equal_files(
    written: Path, base: BaseModel, model: AdaptedModel, pairs: StudioPairs, held_out: HeldOut
) -> None:
    before = written.read_bytes()
    export_adapted(written, base, model, pairs, held_out, {"seed": "7"})
    assert written.read_bytes() == before


def test_what_masters_is_what_was_learned(
    written: Path, base: BaseModel, model: AdaptedModel, known_pairs: Any
) -> None:
    taste, others = StudioTaste(read_model_file(written)), known_pairs(30, seed=5)
    statistics = base.center + 2.0 * others.statistics
    wanted = model.moves(others.base, statistics)
    found = [taste.moves(*both) for both in zip(others.base, statistics, strict=True)]
    assert np.abs(np.array(found) - wanted).max() < 1e-9
    assert np.abs(wanted - others.base).max() > 0.5


def test_what_differs_is_not_written(
    tmp_path: Path,
    base: BaseModel,
    model: AdaptedModel,
    pairs: StudioPairs,
    held_out: HeldOut,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "studio.safetensors"
    wrong = exporting.taste_arrays(replace(model, mapping=model.mapping + 1e-3))
    monkeypatch.setattr(exporting, "taste_arrays", lambda _: wrong)
    with pytest.raises(ModelError, match="what was learned differ") as caught:
        export_adapted(path, base, model, pairs, held_out, {})
    assert caught.value.code == "export_differs"
    assert not path.exists()


def test_intervals_hold_what_the_studio_did(
    written: Path, pairs: StudioPairs, held_out: HeldOut
) -> None:
    taste = StudioTaste(read_model_file(written))
    inside = []
    for expected, did in zip(held_out.moves[STUDIO], pairs.moves, strict=True):
        for index, name in enumerate(QUANTITIES[: WIDTH.stop]):
            found = taste.intervals(expected)[name]
            if found != NOT_DETERMINED:
                inside.append(found[0] <= did[index] <= found[1])
    assert len(inside) > 200
    assert 0.88 <= np.mean(inside) <= 1.0
    told = taste.intervals(held_out.moves[STUDIO][0])
    assert told.keys() == set(QUANTITIES)
    assert {told[name] for name in QUANTITIES[WIDTH.stop :]} == {NOT_DETERMINED}


def test_few_albums_promise_nothing(pairs: StudioPairs, held_out: HeldOut) -> None:
    # nine of ten need nine units or more
    units = tuple(f"{i % 8}" for i in range(len(pairs)))
    arrays = interval_arrays(pairs, replace(held_out, units=units))
    assert (arrays[f"{PREFIX}half_width"] > 1e20).all()
    assert (arrays[f"{PREFIX}prior_width"][RESPONSE] > 0.0).all()
