"""Several machines, by Ray.

Every machine has this package installed, in the same version: which each worker compares, and
refuses to work by another. Files lie on a disk that all of them share, at the same paths; only
names of files and results are sent. Kernels are compiled on each machine when first needed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import secrets
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from ...models.errors import UsageError, WorkerError
from ..files.names import display_name
from ..threads import VARIABLES
from .engine import Again, Item, Lost, Result, Running
from .release import release
from .scheduling import spread

_CANCELLING_S = 1.0  # after which a machine is left to itself
_QUEUED = 2  # items a processor, so that none waits for the next

_works: dict[str, Callable[[Any], Any]] = {}
"""Of a worker: what it does with items, by the key of the run."""


class Cluster:
    """Runs work on the machines of a Ray cluster.

    Args:
        address: As in ``ray://host:10001``. None for the cluster that ``RAY_ADDRESS`` names, or
            that this machine is a node of, or else one that is started on this machine alone.

    """

    is_here = False

    def __init__(self, address: str | None = None) -> None:
        self._address = address

    def run(
        self,
        work: Callable[[Item], Result],
        items: Iterable[Item],
        lost: Lost[Item, Result] | None = None,
        again: Again[Item] | None = None,
    ) -> Running[Result]:
        """See `Engine`.

        Raises:
            UsageError: Ray is not installed, or there is no cluster under the address.
            WorkerError: See `Engine`; or a machine has another version of this package.

        """
        ray = _load_ray()
        with _connected(ray, self._address):
            tasks = _Tasks(ray, work)
            errors = ray.exceptions
            try:
                yield from spread(
                    tasks.submit,
                    items,
                    at_once=_QUEUED * max(int(ray.cluster_resources().get("CPU", 1)), 1),
                    deaths=(
                        errors.WorkerCrashedError,
                        errors.NodeDiedError,
                        errors.OutOfMemoryError,
                        errors.ObjectLostError,
                    ),
                    lost=lost,
                    again=again,
                )
            finally:
                tasks.close()


class _Tasks:
    """What is asked of the cluster in one run."""

    def __init__(self, ray: Any, work: Callable[[Any], Any]) -> None:
        self._ray = ray
        self._key, self._work = secrets.token_hex(8), ray.put(work)
        environment = {"env_vars": dict.fromkeys(VARIABLES, "1")}
        # what a worker died of is given to another by `spread`, which counts
        self._task = ray.remote(_do).options(max_retries=0, runtime_env=environment)
        self._pending: dict[Future[Any], Any] = {}

    def submit(self, item: Any) -> Future[Any]:
        """Give an item to the cluster."""
        self._pending = {each: ref for each, ref in self._pending.items() if not each.done()}
        # in a list the work is not sent along with each item
        reference = self._task.remote(self._key, [self._work], release(), item)
        given: Future[Any] = reference.future()
        self._pending[given] = reference
        return _opened(given)

    def close(self) -> None:
        """Stop what is under way."""
        references = [ref for future, ref in self._pending.items() if not future.done()]
        for reference in references:
            self._ray.cancel(reference)
        if references:
            self._ray.wait(references, num_returns=len(references), timeout=_CANCELLING_S)


@dataclass(frozen=True, slots=True)
class _Raised:
    """What work raised, as it is; Ray would make it another class."""

    error: Exception


def _do(key: str, holder: list[Any], driver: str, item: Any) -> Any:
    import ray

    try:
        if release() != driver:
            raise WorkerError(
                f"{platform.node()} has glassmaster {release()}, and this machine {driver}; "
                "install the same version on every machine",
                code="other_version",
            )
        if key not in _works:
            _works.clear()
            _works[key] = ray.get(holder[0])
        return _works[key](item)
    except Exception as error:
        error.add_note(traceback.format_exc())
        return _Raised(error)


def _opened(given: Future[Any]) -> Future[Any]:
    """Return a future that raises what work raised."""
    opened: Future[Any] = Future()

    def pass_on(done: Future[Any]) -> None:
        error = done.exception()
        result = None if error else done.result()
        if error is None and isinstance(result, _Raised):
            error = result.error
        if error is None:
            opened.set_result(result)
        else:
            opened.set_exception(error)

    given.add_done_callback(pass_on)
    return opened


def _load_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of what is mastered here
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # silences advice
    try:
        import ray
    except ModuleNotFoundError as error:
        raise UsageError(
            f"a cluster needs an extra: pip install 'glassmaster[cluster]' ({error})",
            code="extra_missing",
        ) from error
    return ray


@contextlib.contextmanager
def _connected(ray: Any, address: str | None) -> Iterator[None]:
    """Connect to a cluster, unless this process is connected to one."""
    if ray.is_initialized():
        yield
        return
    logging.getLogger("ray").setLevel(logging.ERROR)  # else it advises at every start
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
            include_dashboard=None if address else False,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = "of this machine" if address is None else display_name(address)
        reason = (str(error).splitlines() or ["no details"])[0]
        message = f"the Ray cluster {where} cannot be reached: {reason}; start it by `ray start`"
        raise UsageError(message, code="no_cluster") from error
    try:
        yield
    finally:
        ray.shutdown()
