"""Plans in the order of steps, for a data loader: any step can be the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch.utils.data import IterableDataset, get_worker_info

from .curriculum import Curriculum
from .plans import Plan, PlanRules, draw_plan
from .pool import SongPool

TRAINING, ONE_CLICK, COMPANY = range(3)
"""Streams of examples that share no random numbers."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which examples of a step are made here.

    Attributes:
        rank: Of this process among all.
        processes: How many there are.

    """

    rank: int = 0
    processes: int = 1


class PlanStream(IterableDataset[list[Plan]]):
    """The plans of one step after the other, without end.

    What a step holds depends on nothing but the seed and its number: neither on the step at which
    the stream begins, nor on workers. Processes divide the examples of a step among them.

    Args:
        pool: Songs.
        rules: How examples are drawn.
        curriculum: What they are made of.
        seed: Of the whole training.
        batch_size: Examples of a step, of all processes together.
        steps: Length of the training: where in the curriculum a step lies.
        first_step: Asked when the stream begins.
        share: Asked when the stream begins.

    """

    def __init__(
        self,
        pool: SongPool,
        rules: PlanRules,
        curriculum: Curriculum,
        *,
        seed: int,
        batch_size: int,
        steps: int,
        first_step: Callable[[], int],
        share: Callable[[], Share] = Share,
    ) -> None:
        super().__init__()
        self._pool, self._rules, self._curriculum = pool, rules, curriculum
        self._seed, self._batch_size, self._steps = seed, batch_size, steps
        self._first_step, self._share = first_step, share

    def plans(self, step: int, share: Share) -> list[Plan]:
        """Return the plans of a step."""
        return [
            draw_plan(
                self._pool,
                self._rules,
                self._curriculum,
                min(step / self._steps, 1.0),
                self._seed,
                TRAINING,
                step,
                index,
            )
            for index in range(share.rank, self._batch_size, share.processes)
        ]

    def __iter__(self) -> Iterator[list[Plan]]:
        worker = get_worker_info()
        # workers are asked in turn, so each takes every so manyth step
        number, every = (0, 1) if worker is None else (worker.id, worker.num_workers)
        step, share = self._first_step() + number, self._share()
        while True:
            yield self.plans(step, share)
            step += every


def fixed_plans(
    pool: SongPool, rules: PlanRules, curriculum: Curriculum, seed: int, stream: int, count: int
) -> list[Plan]:
    """Return plans that are the same at every step, for validation."""
    return [
        draw_plan(pool, rules, curriculum, 1.0, seed, stream, 0, index) for index in range(count)
    ]
