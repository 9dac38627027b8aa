"""The record of a test: what was fixed before it started, every answer, and in the end the result.

It is written anew after every answer, whole or not at all, so that a test that was interrupted goes
on where it was when the same command is given again. While it runs it holds raw answers only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ...data.audio import Samples
from ...data.files.names import display_name
from ...data.files.partial import check_output, output_error
from ...models.errors import GlassmasterError, OutputError, ParameterError
from ..documents import read_document, write_text
from ..json_text import dump_json
from ..report.document import SCHEMA, plain
from .evaluating import Result
from .matching import Matched
from .plan import CHOICES, Plan
from .versions import Versions

LOG, TEXT, PAGE = "listening.json", "listening.txt", "listening.html"

_MOST_SWITCHES = 1_000_000
_MOST_LISTENED_S = 1e6

RUNNING, COMPLETE = "running", "complete"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered in a trial.

    Attributes:
        answer: A or B.
        switches: How often another version was chosen to be heard.
        listened_s: How long something was heard.
        answered: When, in UTC.

    Raises:
        ParameterError: It is none.

    """

    answer: str
    switches: int
    listened_s: float
    answered: str

    def __post_init__(self) -> None:
        # what a page sends or a file holds may be anything
        if self.answer not in CHOICES:
            raise _refused("answer must be A or B")
        if type(self.switches) is not int or not 0 <= self.switches <= _MOST_SWITCHES:
            raise _refused("switches must be a whole number from 0 on")
        is_number = type(self.listened_s) in (int, float)
        if not is_number or not 0.0 <= self.listened_s <= _MOST_LISTENED_S:
            raise _refused("listened_s must be a number of seconds")
        if type(self.answered) is not str:
            raise _refused("answered must be a time")


@dataclass(frozen=True, slots=True, eq=False)
class ListeningTest:
    """A test: what is compared, how, and what was answered so far.

    Attributes:
        plan: Its trials.
        versions: What is compared, before it was matched.
        matched: What is heard, by path.
        started: When, in UTC.
        answers: In the order of the trials.

    """

    plan: Plan
    versions: Versions
    matched: Matched
    started: str
    answers: tuple[Answer, ...] = ()

    @property
    def heard(self) -> tuple[Samples, ...]:
        """What is heard of each version, shape ``(2, time)``."""
        return tuple(self.matched.samples[str(path)] for path in self.versions.paths)

    def document(self, result: Result | None) -> dict[str, Any]:
        """Return plain data, as the log holds them."""
        plan, versions, matched = self.plan, self.versions, self.matched
        return {
            "schema": SCHEMA,
            "version": version("glassmaster"),
            "status": RUNNING if result is None else COMPLETE,
            "mode": plan.mode,
            "trials": plan.trials,
            "seed": plan.seed,
            "versions": [
                {
                    "path": plain(path),
                    "digest": _digest(samples),
                    "gain_db": matched.gains_db[str(path)],
                }
                for path, samples in zip(versions.paths, self.heard, strict=True)
            ],
            "start_s": versions.start_s,
            "length_s": versions.length_s,
            "sample_rate": versions.sample_rate,
            "loudness_lufs": matched.loudness_lufs,
            "spread_lu": matched.spread_lu,
            "warnings": [asdict(finding) for finding in versions.findings],
            "started": self.started,
            "answers": [asdict(answer) for answer in self.answers],
            "result": None if result is None else _result(result),
        }


def _refused(reason: str) -> ParameterError:
    return ParameterError(reason, code="no_answer")


def now() -> str:
    """Return the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def save(folder: Path, test: ListeningTest, result: Result | None) -> None:
    """Write the log.

    Raises:
        OutputError: It cannot be written; what was there before is left.

    """
    write_text(folder / LOG, dump_json(test.document(result)) + "\n", force=True)


def resumed(folder: Path, test: ListeningTest, *, seed_given: bool, force: bool) -> ListeningTest:
    """Return a test that goes on where its log ends, or the test as it is where there is none.

    Args:
        folder: Of the log.
        test: As it would start anew.
        seed_given: Whether its seed was asked for.
        force: Whether the log of a finished or another test may be replaced.

    Raises:
        OutputError: ``exists`` where the folder holds another test, or a finished one, or
            something that is no log.

    """
    path = folder / LOG
    for name in (LOG, TEXT, PAGE):
        check_output(folder / name, test.versions.paths, force=True)
    if not path.exists():
        return test
    try:
        kept = read_document(path)
        if kept["status"] == RUNNING and _is_same(test, kept, seed_given):
            plan = Plan(test.plan.mode, test.plan.versions, test.plan.trials, int(kept["seed"]))
            answers = tuple(Answer(**each) for each in kept["answers"])
            if len(answers) >= plan.length:
                raise _refused("it has more answers than trials")
            return ListeningTest(plan, test.versions, test.matched, str(kept["started"]), answers)
        problem = "holds a finished test" if kept["status"] == COMPLETE else "holds another test"
    except (KeyError, TypeError, ValueError) as error:
        what = error.message if isinstance(error, GlassmasterError) else "its entries are damaged"
        problem = f"is no log of a test ({what})"
    if force:
        return test
    message = f"{display_name(path)}: {problem}; choose another folder with -o, or add --force"
    raise OutputError(message, code="exists", path=path)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a folder where there is none, and hold it for one test at a time.

    Raises:
        OutputError: ``busy`` where another test runs in it, or it cannot be made.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise output_error(folder, error, "cannot be made") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = (
                f"{display_name(folder)}: a test is running here; open its page, or end it first"
            )
            raise OutputError(message, code="busy", path=folder) from error
        yield
    finally:
        os.close(descriptor)


def _is_same(test: ListeningTest, kept: Mapping[str, Any], seed_given: bool) -> bool:
    fresh = test.document(None)
    wanted = ["mode", "trials", *(["seed"] if seed_given else [])]
    digests = [[each["digest"] for each in log["versions"]] for log in (fresh, kept)]
    return all(fresh[name] == kept[name] for name in wanted) and digests[0] == digests[1]


def _digest(samples: Samples) -> str:
    return hashlib.sha256(np.ascontiguousarray(samples, "<f4").data).hexdigest()


def _result(result: Result) -> dict[str, Any]:
    pairs: Sequence[dict[str, Any]] = [asdict(pair) for pair in result.pairs]
    for pair in pairs:
        pair["pair"] = list(pair["pair"])
        pair["verdict"] = str(pair["verdict"])
    return {**asdict(result), "pairs": list(pairs)}
