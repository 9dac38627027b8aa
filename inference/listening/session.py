"""A test under way: which trial it is, what may be heard, and what was answered."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...models.errors import GlassmasterError, ParameterError
from .log import Answer, ListeningTest, now

_ID_BYTES = 16


class Session:
    """Takes one answer after the other; several threads may call it.

    Which version is behind a label is told to nobody: audio is named by identifiers that are drawn
    anew for every label of every trial.

    Args:
        test: Where it starts, or goes on.
        save: Keeps a test after every answer.

    Attributes:
        ended: Set when all trials are answered, or when `failure` is.
        told: Set when the result has been fetched.
        failure: Why answers cannot be kept, or None.

    """

    def __init__(self, test: ListeningTest, save: Callable[[ListeningTest], None]) -> None:
        self._test = test
        self._save = save
        self._trials = test.plan.all_trials()
        self._lock = threading.Lock()
        self._sources: dict[str, str] = {}
        self.ended = threading.Event()
        self.told = threading.Event()
        self.failure: GlassmasterError | None = None
        self._advance()

    @property
    def test(self) -> ListeningTest:
        """The test with all answers so far; not before one that is being kept is."""
        with self._lock:
            return self._test

    def state(self) -> dict[str, Any]:
        """Return what the page may know: the number of the trial, and where its audio is."""
        with self._lock:
            return self._state()

    def version_of(self, source: str) -> int | None:
        """Return the version that is heard under an identifier of this trial; None for others."""
        with self._lock:
            label = self._sources.get(source)
            return None if label is None else self._trials[self._number].played[label]

    def take(self, given: Any) -> dict[str, Any]:
        """Take an answer; one that was taken before, as when it is sent twice, changes nothing.

        Args:
            given: ``trial`` (counted from 0), ``answer``, ``switches`` and ``listened_s``.

        Returns:
            The state after it.

        Raises:
            ParameterError: It is no answer, or one to a trial that has not come yet.
            OutputError: It cannot be kept; it was not taken.

        """
        number, answer = _checked(given)
        with self._lock:
            if number > self._number or number >= len(self._trials):
                raise _refused("this trial has not come yet")
            if number == self._number:
                test = replace(self._test, answers=(*self._test.answers, answer))
                try:
                    self._save(test)
                except GlassmasterError as error:
                    self.failure = error
                    self.ended.set()
                    raise
                self._test = test
                self._advance()
            return self._state()

    @property
    def _number(self) -> int:
        return len(self._test.answers)

    def _advance(self) -> None:
        labels = self._test.plan.labels if self._number < len(self._trials) else ()
        self._sources = {secrets.token_urlsafe(_ID_BYTES): label for label in labels}
        if not labels:
            self.ended.set()

    def _state(self) -> dict[str, Any]:
        return {
            "trial": self._number,
            "trials": len(self._trials),
            "sources": {label: source for source, label in self._sources.items()},
        }


def _checked(given: Any) -> tuple[int, Answer]:
    names = {"trial", "answer", "switches", "listened_s"}
    if not isinstance(given, dict) or set(given) != names:
        raise _refused("an answer has trial, answer, switches and listened_s")
    number = given["trial"]
    if type(number) is not int or number < 0:
        raise _refused("trial must be a whole number from 0 on")
    return number, Answer(given["answer"], given["switches"], given["listened_s"], now())


def _refused(reason: str) -> ParameterError:
    return ParameterError(reason, code="no_answer")
