from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glassmaster.inference.listening.log import LOG, Answer, ListeningTest, held, resumed, save
from glassmaster.inference.listening.running import keep
from glassmaster.models.errors import OutputError

MakeTest = Callable[..., ListeningTest]

ANSWERS = (Answer("A", 1, 2.5, "2026-01-02T03:05:00+00:00"), Answer("B", 0, 1.0, "later"))


def again(folder: Path, test: ListeningTest, **options: Any) -> ListeningTest:
    return resumed(folder, test, **{"seed_given": False, "force": False, **options})


def test_a_log_is_read_as_it_was_written(make_test: MakeTest, tmp_path: Path) -> None:
    assert again(tmp_path, make_test()).answers == ()  # there is none yet
    save(tmp_path, replace(make_test(seed=5), answers=ANSWERS, started="long ago"), None)
    found = again(tmp_path, make_test(seed=6))
    assert found.answers == ANSWERS
    assert found.plan.seed == 5
    assert found.started == "long ago"
    assert again(tmp_path, make_test(seed=5), seed_given=True).answers == ANSWERS


@pytest.mark.parametrize(
    "options", [{"trials": 17}, {"mode": "preference"}, {"mode": "preference", "count": 3}]
)
def test_another_test_is_refused(make_test: MakeTest, tmp_path: Path, options: Any) -> None:
    save(tmp_path, replace(make_test(), answers=ANSWERS), None)
    before = (tmp_path / LOG).read_bytes()
    with pytest.raises(OutputError, match="holds another test; choose another folder"):
        again(tmp_path, make_test(**options))
    assert (tmp_path / LOG).read_bytes() == before
    assert again(tmp_path, make_test(**options), force=True).answers == ()


def test_another_seed_or_other_audio_is_another_test(make_test: MakeTest, tmp_path: Path) -> None:
    test = make_test(seed=5)
    save(tmp_path, test, None)
    with pytest.raises(OutputError, match="holds another test"):
        again(tmp_path, make_test(seed=6), seed_given=True)
    swapped = dict(zip(test.matched.samples, reversed(test.heard), strict=True))
    with pytest.raises(OutputError, match="holds another test"):
        again(tmp_path, replace(test, matched=replace(test.matched, samples=swapped)))


def test_a_finished_test_is_never_gone_on_with(make_test: MakeTest, tmp_path: Path) -> None:
    test = make_test(trials=5)
    keep(tmp_path, replace(test, answers=ANSWERS[:1] * 4))
    assert json.loads((tmp_path / LOG).read_text("utf-8"))["result"] is None
    keep(tmp_path, replace(test, answers=ANSWERS[:1] * 5))
    assert json.loads((tmp_path / LOG).read_text("utf-8"))["result"]["pairs"][0]["trials"] == 5
    with pytest.raises(OutputError, match="holds a finished test"):
        again(tmp_path, test)


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b"{}", b"\xff", b'{"status": "running"}', b'{"status": "complete"}'),
        *("cut", "no seed", "unknown answer", "seed is text", "answers beyond the end"),
    ],
)
def test_what_is_no_log_is_left_alone(make_test: MakeTest, tmp_path: Path, damage: Any) -> None:
    test = make_test(trials=5)
    save(tmp_path, replace(test, answers=ANSWERS), None)
    kept = json.loads((tmp_path / LOG).read_text("utf-8"))
    if damage == "cut":
        damage = (tmp_path / LOG).read_bytes()[:700]
    elif isinstance(damage, str):
        answer = kept["answers"][0]
        changes: dict[str, Any] = {
            "no seed": {"seed": None},
            "unknown answer": {"answers": [{**answer, "answer": "C"}]},
            "seed is text": {"seed": "x"},
            "answers beyond the end": {"answers": [answer] * 6},
        }
        damage = json.dumps({**kept, **changes[damage]}).encode()
    (tmp_path / LOG).write_bytes(damage)
    with pytest.raises(OutputError, match=r"choose another folder.*or add --force") as caught:
        again(tmp_path, test)
    assert caught.value.code == "exists"
    assert (tmp_path / LOG).read_bytes() == damage


def test_a_folder_is_held_by_one_test(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with held(folder), pytest.raises(OutputError, match="a test is running here"), held(folder):
        pass
    with held(folder):  # and free again
        pass
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be made"), held(tmp_path / "file" / "folder"):
        pass
