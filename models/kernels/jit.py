"""The one decorator that makes a kernel, and the cache it is kept in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

from .cache import cache_directory

Function = TypeVar("Function", bound=Callable[..., Any])


class _LockedCache(FunctionCache):  # type: ignore[misc]
    """numba's cache, quick to load from, and safe when two processes compile at once.

    numba picks the name of a new entry and writes it in two steps. Two processes that compile two
    signatures of one kernel at the same moment can give both the same name, and a third would run
    the wrong machine code. Readers need no lock: every file is replaced as a whole.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # numba would first import everything it can compile with, which takes a third of a second;
        # machine code that lies ready needs its runtime alone. A compilation, should the code be
        # missing, loads the rest by itself.
        rtsys.initialize(target_context)
        return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        from filelock import FileLock  # needed at the first run only, and slow to import

        try:
            with FileLock(cache_directory() / "lock"):
                super().save_overload(sig, data)
        except OSError:
            return  # a full or vanished disk costs a compilation next time, not this master


def kernel(function: Function) -> Function:
    """Compile ``function`` at its first call, or load it from the cache of an earlier run.

    The global interpreter lock is released while it runs. Division by zero gives what IEEE 754
    says: a test in every loop would keep it from being vectorized. numba's own settings are left as
    other users of numba in this process find them.
    """
    dispatcher: Any = numba.njit(nogil=True, error_model="numpy")(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_directory())
    try:
        dispatcher._cache = _LockedCache(function)
    finally:
        numba.config.CACHE_DIR = before
    compiled: Function = dispatcher
    return compiled
