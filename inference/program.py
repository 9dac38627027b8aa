"""The command line as a program of its own, from the first moment to the last."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

from .interruption import catch_interruptions, catch_no_more


def entry() -> NoReturn:
    """Run ``glassmaster`` as a program.

    The interpreter's own farewell would take as long as a minute of music; everything that matters
    is closed and flushed by now.
    """
    catch_interruptions()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; nothing may take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    from .cli import main  # an interruption waits until it is there

    status = main()
    catch_no_more()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # gone, full, closed
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    entry()
