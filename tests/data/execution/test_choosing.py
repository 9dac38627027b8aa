from __future__ import annotations

import pytest

from glassmaster.data.execution.choosing import ENGINE_VARIABLE, chosen_engine, engine_of
from glassmaster.data.execution.cluster import Cluster
from glassmaster.data.execution.engine import ThisProcess
from glassmaster.data.execution.processes import Processes
from glassmaster.models.errors import UsageError

WORDS = {
    "this": ThisProcess,
    "processes:1": ThisProcess,
    "processes:3": Processes,
    "ray": Cluster,
    "ray://head:10001": Cluster,
}


@pytest.mark.parametrize("word", WORDS)
def test_words_stand_for_engines(word: str) -> None:
    assert type(engine_of(word)) is WORDS[word]


@pytest.mark.parametrize(
    "word", ["", "these", "processes", "processes:", "processes:0", "processes:-1", "processes:two",
             "processes:2.5", "rays", "ray:host", "RAY", "\x1b"]
)  # fmt: skip
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="there is no engine") as caught:
        engine_of(word)
    assert "\x1b" not in caught.value.message


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "ray")
    assert isinstance(chosen_engine(None, None, "this"), Cluster)
    assert isinstance(chosen_engine(None, 2, "this"), Processes)
    assert isinstance(chosen_engine("this", None, "ray"), ThisProcess)
    monkeypatch.setenv(ENGINE_VARIABLE, "")
    assert isinstance(chosen_engine(None, None, "processes:2"), Processes)
    monkeypatch.setenv(ENGINE_VARIABLE, "nonsense")
    with pytest.raises(UsageError):
        chosen_engine(None, None, "this")
    for word, jobs in (("this", 1), (None, 0)):
        with pytest.raises(UsageError):
            chosen_engine(word, jobs, "this")


def test_without_ray_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'glassmaster\[cluster\]'") as caught:
        list(engine_of("ray").run(str, [1]))
    assert caught.value.code == "extra_missing"
