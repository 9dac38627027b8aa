"""A test from files to its result: prepared, served until it is complete, kept, evaluated."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import environ
from pathlib import Path

from ..documents import write_text
from ..step import Step
from .evaluating import Result, evaluate
from .log import PAGE, TEXT, ListeningTest, now, resumed, save
from .matching import equally_loud
from .page import listening_page
from .plan import Mode, Plan
from .result_page import result_page
from .serving import ListeningServer, serving
from .session import Session
from .telling import result_text
from .versions import Part, read_versions

_SEED_BITS = 48  # JSON's numbers are exact below 53
_WAITED_S = 20.0  # for a browser that is to show the result
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Order:
    """What test is asked for.

    Attributes:
        paths: Versions, two at least.
        mode: What is asked.
        trials: Of each pair.
        part: What is compared.
        seed: None for one that is drawn.
        folder: Of the log.
        force: Whether a log that is there may be replaced.
        port: Where it is served; 0 for any that is free.
        opens_browser: Whether a browser is told to show it.

    Raises:
        UsageError: There can be no such test.

    """

    paths: tuple[Path, ...]
    mode: Mode
    trials: int
    part: Part
    seed: int | None
    folder: Path
    force: bool
    port: int
    opens_browser: bool

    def __post_init__(self) -> None:
        self.plan(0 if self.seed is None else self.seed)

    def plan(self, seed: int) -> Plan:
        """Return the plan from a seed."""
        return Plan(self.mode, len(self.paths), self.trials, seed)


def prepare(order: Order, step: Step) -> ListeningTest:
    """Read and match what is compared.

    Raises:
        AudioFileError: A file cannot be read.
        UnsupportedAudioError: There is nothing to hear.
        CatalogueError: The files do not hold the same music.
        UsageError: The passage asked for is not in all of them.

    """
    versions = read_versions(order.paths, order.part, step)
    step("matching", 0.9)
    heard = {str(path): each for path, each in zip(versions.paths, versions.samples, strict=True)}
    matched = equally_loud(heard, versions.sample_rate)
    seed = secrets.randbits(_SEED_BITS) if order.seed is None else order.seed
    return ListeningTest(order.plan(seed), versions, matched, now())


def go_on(order: Order, test: ListeningTest) -> ListeningTest:
    """Return the test with the answers that a log of it holds, if there is one.

    Raises:
        OutputError: The folder holds another test, or a finished one, or cannot be written.

    """
    return resumed(order.folder, test, seed_given=order.seed is not None, force=order.force)


def run_test(
    order: Order, test: ListeningTest, tell: Callable[[str], None]
) -> tuple[ListeningTest, Result]:
    """Serve a test until all its trials are answered.

    Args:
        order: What was asked for.
        test: Prepared, with the answers that it goes on from.
        tell: Told where it is.

    Returns:
        The complete test, and what came of it.

    Raises:
        OutputError: An answer cannot be kept, or there is no such port.

    """
    keep(order.folder, test)
    session = Session(test, lambda answered: keep(order.folder, answered))
    server = ListeningServer(
        session, listening_page(test), lambda: _page_of(session.test), order.port
    )
    with serving(server):
        tell(server.url)
        if order.opens_browser:
            open_browser(server.url)
        while not session.ended.wait(_POLL_S):
            pass  # so that an interruption is not waited for
        if session.failure is None:
            session.told.wait(_WAITED_S)
    if session.failure is not None:
        raise session.failure
    complete = session.test
    return complete, _evaluated(complete)


def keep(folder: Path, test: ListeningTest) -> None:
    """Write the log of a test, with its result if it is complete.

    Raises:
        OutputError: It cannot be written.

    """
    is_complete = len(test.answers) == test.plan.length
    save(folder, test, _evaluated(test) if is_complete else None)


def write_result(folder: Path, test: ListeningTest, result: Result, log: Path) -> str:
    """Write the result as text and as a page, and return the text.

    Raises:
        OutputError: They cannot be written.

    """
    text = result_text(test, result, log)
    write_text(folder / TEXT, text + "\n", force=True)
    write_text(folder / PAGE, result_page(test, result), force=True)
    return text


def open_browser(url: str) -> None:
    """Have the desktop open an address; where there is none, a person can."""
    has_display = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & set(environ)
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if not has_display or opener is None:
        return
    words: Sequence[str] = (opener, url)
    subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # which is for the document of the run
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _evaluated(test: ListeningTest) -> Result:
    return evaluate(test.plan, [answer.answer for answer in test.answers])


def _page_of(test: ListeningTest) -> str:
    return result_page(test, _evaluated(test))
