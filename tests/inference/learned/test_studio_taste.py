from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.learned.studio import PREFIX
from glassmaster.models.errors import ModelError
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import MOVES, QUANTITIES, RESPONSE, RESPONSE_HZ, WIDTH, level_free
from glassmaster.models.processors.equalizer import ResolvedEqualizer

F, D = len(STATISTICS), len(MOVES)
NAMES = ("offset", "of_base", "content", "directions", "center", "reach")


def taste_arrays(**changes: Any) -> dict[str, np.ndarray]:
    arrays = {
        "offset": np.zeros(D),
        "of_base": np.zeros((D, D)),
        "content": np.zeros((D, 2)),
        "directions": np.zeros((2, F)),
        "center": np.zeros(F),
        "reach": np.full(2, 10.0),
    }
    return {f"{PREFIX}{name}": value for name, value in {**arrays, **changes}.items()}


def tilt() -> np.ndarray:
    offset = np.zeros(D)
    offset[RESPONSE] = level_free(np.linspace(-3.0, 3.0, 27))
    return offset


def response_db(prediction: Any) -> np.ndarray:
    block = prediction.settings["equalizer"]
    if block.bypass:
        return np.zeros(27)
    resolved = ResolvedEqualizer({**block.values})
    found: np.ndarray = level_free(resolved.response_db(RESPONSE_HZ, 44_100))
    return found


def test_a_studio_moves_what_the_base_would_leave_out(
    measured: Any, write_network: Any, moves: Any
) -> None:
    plain = write_network(moves(), bypass=(1.0, 1.0, 1.0))
    assert load_model(plain).predict(measured).settings["equalizer"].bypass
    path = write_network(moves(), bypass=(1.0, 1.0, 1.0), **taste_arrays(offset=tilt()))
    found = response_db(load_model(path).predict(measured))
    middle = slice(4, 23)
    assert np.abs(found - tilt()[RESPONSE])[middle].max() < 1.0


def test_it_depends_on_the_base_and_on_the_mix(
    measured: Any, write_network: Any, moves: Any
) -> None:
    wanted = moves()
    wanted[RESPONSE] = tilt()[RESPONSE]
    undone = write_network(wanted, **taste_arrays(of_base=-np.eye(D)))
    assert np.abs(response_db(load_model(undone).predict(measured))).max() < 0.3
    directions, content = np.zeros((2, F)), np.zeros((D, 2))
    place = STATISTICS.index("side_db")
    directions[0, place] = 1.0
    content[:, 0] = tilt()
    center = np.zeros(F)
    center[place] = measured.statistics[place] - 0.5
    heard = taste_arrays(directions=directions, content=content, center=center)
    heard["scale"] = np.full(F, 100.0)  # so that statistics are what they are
    half = response_db(load_model(write_network(moves(), **heard)).predict(measured))
    assert np.abs(half - 0.5 * tilt()[RESPONSE])[4:23].max() < 0.7
    held = heard | {f"{PREFIX}reach": np.full(2, 1e-6)}
    none = load_model(write_network(moves(), **held)).predict(measured)
    assert np.abs(response_db(none)).max() < 0.3


def test_its_intervals_are_those_of_the_studio(measured: Any, write_weights: Any) -> None:
    half, prior = np.full(WIDTH.stop, 1.0), np.full(WIDTH.stop, 4.0)
    half[5] = 1.7
    path = write_weights(arrays=taste_arrays(offset=tilt(), half_width=half, prior_width=prior))
    prediction = load_model(path).predict(measured)
    assert prediction.intervals.keys() == set(QUANTITIES)
    low, high = prediction.intervals[QUANTITIES[6]]
    assert high - low == pytest.approx(2.0, abs=1e-6)
    assert prediction.intervals[QUANTITIES[5]] == "not determined"
    assert prediction.intervals["limiter_p95_db"] == "not determined"
    silent = write_weights(arrays=taste_arrays(offset=tilt()))
    assert set(load_model(silent).predict(measured).intervals.values()) == {"not determined"}


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_studio_is_refused(write_weights: Any, name: str) -> None:
    whole = taste_arrays()
    lacking = {key: value for key, value in whole.items() if key != f"{PREFIX}{name}"}
    with pytest.raises(ModelError, match=f"lacks the array {PREFIX}{name}"):
        load_model(write_weights(arrays=lacking))
    odd = {**whole, f"{PREFIX}{name}": np.zeros(7)}
    with pytest.raises(ModelError, match="install or export it again"):
        load_model(write_weights(arrays=odd))
    broken = {**whole, f"{PREFIX}{name}": whole[f"{PREFIX}{name}"] + np.nan}
    with pytest.raises(ModelError, match="is not finite"):
        load_model(write_weights(arrays=broken))


def test_a_song_is_mastered_by_a_studio(
    run: Any, mix: Path, tmp_path: Path, write_weights: Any
) -> None:
    weights = write_weights(
        arrays={**taste_arrays(offset=tilt()), "weights": np.zeros((D, F))},
        metadata={"describe": "Settings by a studio."},
    )
    words = ("--model", weights, "--corpus", "none", "--json")
    done = run("master", mix, "-o", tmp_path / "m.wav", *words)
    assert done.code == 0
    assert done.file["basis"] == "Settings by a studio."
    assert not done.file["settings"]["equalizer"]["bypass"]
    plain = write_weights(name="plain", arrays={"weights": np.zeros((D, F))})
    words = ("--model", plain, "--corpus", "none", "--json")
    other = run("master", mix, "-o", tmp_path / "n.wav", *words)
    assert other.file["settings"]["equalizer"]["bypass"]
