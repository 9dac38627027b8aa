"""Interruptions, by Ctrl-C or by whoever asks a program to terminate, that come where they may.

Python raises them between any two steps, also where they do harm: before anybody is ready to
answer, or in the middle of an import, which may take them for an error of its own, leave a module
half there, or crash. Here they wait in such places. Only the standard library is loaded, and little
of it, because this has to be in place first.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, TypeAlias

AGAIN_S = 0.02
"""An interruption that came where it may not is tried again after so long."""

ONCE_S = 0.5
"""Signals within so long of one that was raised are one with it."""

LONGEST_IMPORT_S = 0.5
"""An import that takes longer is not waited for: the program ends in the middle of it."""

_IMPORTING = "<frozen importlib"
_KINDS = (signal.SIGINT, signal.SIGTERM)


class Terminated(BaseException):
    """SIGTERM arrived; open files are cleaned up on the way out."""


Kind: TypeAlias = type[KeyboardInterrupt] | type[Terminated]
Leave: TypeAlias = Callable[[Kind], NoReturn]


class _Catcher:
    """What handlers of signals share.

    Attributes:
        leave: Ends the program where nothing can be raised; None while nobody is ready to answer.

    """

    def __init__(self) -> None:
        self.leave: Leave | None = None
        self._waiting = signal.SIGINT
        self._arrived_s = 0.0
        self._raised_s = -ONCE_S
        self._was_raised = False

    def arrive(self, number: int, frame: FrameType | None) -> None:
        """Take SIGINT or SIGTERM."""
        self._waiting, self._arrived_s = signal.Signals(number), time.monotonic()
        self.try_again(number, frame)

    def try_again(self, number: int, frame: FrameType | None) -> None:
        """Raise what waits, or have it wait on."""
        now_s = time.monotonic()
        kind: Kind = KeyboardInterrupt if self._waiting == signal.SIGINT else Terminated
        if self.leave is not None and now_s - self._raised_s >= ONCE_S:
            if not _is_importing(frame):
                self._raised_s, self._was_raised = now_s, True
                raise kind
            if now_s - self._arrived_s >= LONGEST_IMPORT_S:
                self.leave(kind)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)

    def end(self, number: int, frame: FrameType | None) -> None:
        """End the program by a signal that is another than the one that is being answered."""
        if time.monotonic() - self._raised_s >= ONCE_S:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def insist(self, ignored: sys.UnraisableHookArgs) -> None:
        """Raise an interruption again that came where Python can only ignore it.

        Such places are callbacks of C code, as when a cached kernel is loaded, and finalizers. What
        else is ignored after one was raised are complaints of objects that it left half made.
        """
        if issubclass(ignored.exc_type, KeyboardInterrupt | Terminated):
            self._raised_s = -ONCE_S
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        elif not self._was_raised:
            sys.__unraisablehook__(ignored)


_catcher = _Catcher()


def catch_interruptions() -> None:
    """Let interruptions of this program wait until they are `answered`."""
    for number in _KINDS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as a shell starts what it does not own
            signal.signal(number, _catcher.arrive)
    signal.signal(signal.SIGALRM, _catcher.try_again)
    sys.unraisablehook = _catcher.insist


@contextmanager
def answered(leave: Leave) -> Iterator[None]:
    """Let interruptions come, as ``KeyboardInterrupt`` or `Terminated`.

    Args:
        leave: Ends the program where they cannot be raised.

    """
    before, _catcher.leave = _catcher.leave, leave
    try:
        yield
    finally:
        _catcher.leave = before


def catch_no_more() -> None:
    """End this program by the next interruption, where it had been caught before."""
    for number in _KINDS:
        if signal.getsignal(number) == _catcher.arrive:
            signal.signal(number, _catcher.end)
            signal.setitimer(signal.ITIMER_REAL, 0.0)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORTING):
            return True
        frame = frame.f_back
    return False
