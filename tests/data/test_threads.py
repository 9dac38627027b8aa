from __future__ import annotations

import os

import pytest

from glassmaster.data.threads import VARIABLES, one_thread


def test_the_environment_is_as_before_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[0], "7")
    monkeypatch.delenv(VARIABLES[1], raising=False)
    with one_thread():
        assert {os.environ[name] for name in VARIABLES} == {"1"}
    assert os.environ[VARIABLES[0]] == "7"
    assert VARIABLES[1] not in os.environ
