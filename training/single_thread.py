"""Linear algebra in one thread: what it sums does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded() -> Iterator[None]:
    """Have NumPy and torch take one thread each meanwhile.

    Several processes at once have a core each, and come to what one process comes to. Alone, too,
    small matrices cost less: threads that wait for each other spin.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)
