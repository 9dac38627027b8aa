"""Before the twin: many steps on examples that are drawn once, without rendering any result.

What a network can learn of a few hundred songs it learns from thousands of cheap steps. The
examples are those of the training proper, kept as statistics, references and band gaps; a step
takes some of them, and its loss is what the predicted moves leave of the gaps. It is all a pure
function of seed and step, so that a run which was killed here begins anew and ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ...inference.baseline.prior import default_prior
from ...models.errors import GlassmasterError
from ...models.moves import NEUTRAL, THRESHOLD
from ...models.network.network import MoveNetwork, NetworkOutput
from ..linear.examples import assembled
from ..losses.gaps import BandGaps, band_gaps, gap_distance, joined_gaps
from ..losses.objective import Known, ObjectiveWeights, known_parts
from ..randomness import generator
from .curriculum import Curriculum, Phase
from .engine import Optimization, scheduled_optimizer
from .plans import Plan, PlanRules, draw_plan
from .pool import SongPool

Report = Callable[[str], None]

_DRAWN, _CHOSEN = 31, 32  # streams of random numbers
_TOLD_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How long is rehearsed, and on how much.

    Attributes:
        one_click: Number of mixes made of masters, with finished songs that they are like.
        alone: The same without them.
        styled: Number of known settings, with references.
        steps: Length; 0 for no rehearsal.
        batch_size: Examples of a step.
        optimization: How weights move.

    """

    one_click: int = 12_000
    alone: int = 4000
    styled: int = 0
    steps: int = 4000
    batch_size: int = 256
    optimization: Optimization = field(default_factory=lambda: Optimization(learning_rate=2e-3))


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsed:
    """Examples that are kept.

    Attributes:
        statistics: Of mixes, shape ``(example, statistics)``.
        references: Shape ``(example, reference, statistics)``.
        present: Which references there are, shape ``(example, reference)``.
        intent: Shape ``(example, 8)``.
        gaps: Between mixes and targets.
        known: What is known of the right answer.

    """

    statistics: Tensor
    references: Tensor
    present: Tensor
    intent: Tensor
    gaps: BandGaps
    known: Known


def rehearse(
    network: MoveNetwork,
    pool: SongPool,
    rules: PlanRules,
    rehearsal: Rehearsal,
    weights: ObjectiveWeights,
    *,
    seed: int,
    report: Report,
) -> None:
    """Train a network in place; equal arguments give equal weights on equal machines.

    Args:
        network: As it starts.
        pool: Songs to learn from, on the network's device.
        rules: How examples are drawn.
        rehearsal: How long, and on how many.
        weights: Of the objective; the weight of mel distances is that of what is left of gaps.
        seed: Of all draws.
        report: Told what is going on.

    Raises:
        GlassmasterError: The loss is no longer a number.

    """
    if rehearsal.steps == 0:
        return
    report("drawing examples to rehearse")
    examples = draw_rehearsed(pool, rules, rehearsal, seed)
    optimizer, scheduler = scheduled_optimizer(network, rehearsal.optimization, rehearsal.steps)
    device = examples.statistics.device
    devices = [] if device.type == "cpu" else [device]
    network.train()
    for step in range(rehearsal.steps):
        drawn = generator(seed, _CHOSEN, step)
        picked = drawn.integers(len(examples.statistics), size=rehearsal.batch_size)
        chosen = torch.as_tensor(picked, device=device)
        with torch.random.fork_rng(devices, device_type=device.type):
            torch.manual_seed((seed << 32) + step)
            try:
                loss = _loss(network, examples, chosen, weights)
            except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
                raise _diverged(step) from error
        if not bool(loss.isfinite()):
            raise _diverged(step)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        scheduler.step()
        if (step + 1) % _TOLD_EVERY == 0:
            report(f"step {step + 1} of {rehearsal.steps} of the rehearsal, loss {loss.item():.3f}")


@torch.no_grad()
def draw_rehearsed(pool: SongPool, rules: PlanRules, rehearsal: Rehearsal, seed: int) -> Rehearsed:
    """Draw the examples that are kept; arguments as of `rehearse`."""
    kinds = (
        (rehearsal.one_click, 0.0, 0.0),
        (rehearsal.alone, 0.0, 1.0),
        (rehearsal.styled, 1.0, 0.0),
    )
    parts = []
    for number, (count, forward, no_reference) in enumerate(kinds):
        curriculum = Curriculum((Phase(0.0, forward=forward),))
        own = replace(rules, no_reference=no_reference)
        plans = [
            draw_plan(pool, own, curriculum, 0.0, seed, _DRAWN, number, row) for row in range(count)
        ]
        parts += list(_kept(pool, plans, max(rules.references, rules.company)))
    return Rehearsed(
        torch.cat([part.statistics for part in parts]),
        torch.cat([part.references for part in parts]),
        torch.cat([part.present for part in parts]),
        torch.cat([part.intent for part in parts]),
        joined_gaps([part.gaps for part in parts]),
        _joined_known([part.known for part in parts]),
    )


def _completed(known: Known, network: MoveNetwork, examples: Rehearsed, chosen: Tensor) -> Known:
    """Return what is known, with thresholds and times of which nothing is as they began.

    Gaps say nothing of them, and without it they would become those of known settings.
    """
    linear = network.linear(
        examples.statistics[chosen], examples.references[chosen], examples.present[chosen]
    )
    moves = known.moves.clone()
    part = moves[:, THRESHOLD.start :]
    unknown = part.isnan()
    part[unknown] = linear[:, THRESHOLD.start :][unknown]
    return replace(known, moves=moves)


def _diverged(step: int) -> GlassmasterError:
    return GlassmasterError(
        f"step {step} of the rehearsal: the loss is no longer a number; lower "
        "rehearsal.optimization.learning_rate",
        code="diverged",
    )


def _kept(pool: SongPool, plans: Sequence[Plan], references: int) -> Iterator[Rehearsed]:
    for pairs in assembled(pool, plans):
        yield Rehearsed(
            pairs.statistics.float(),
            _padded(pairs.references.float(), references),
            _padded(pairs.present, references),
            pairs.intent,
            band_gaps(pairs.mix, pairs.target),
            pairs.known,
        )


def _padded(values: Tensor, references: int) -> Tensor:
    """Return values with rows for as many references as there may be, zero where there is none."""
    missing = references - values.shape[1]
    return torch.cat((values, values.new_zeros(len(values), missing, *values.shape[2:])), 1)


def _joined_known(parts: Sequence[Known]) -> Known:
    names = ("quantities", "active", "moves", "bypass")
    return Known(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def _loss(
    network: MoveNetwork, examples: Rehearsed, chosen: Tensor, weights: ObjectiveWeights
) -> Tensor:
    output: NetworkOutput = network(
        examples.statistics[chosen],
        examples.references[chosen],
        examples.present[chosen],
        examples.intent[chosen],
        torch.zeros_like(chosen),
    )
    left_db = gap_distance(output.moves, examples.gaps.rows(chosen), default_prior().tone.most_db)
    neutral = output.moves.new_tensor(NEUTRAL)
    known = _completed(examples.known.rows(chosen), network, examples, chosen)
    parts = known_parts(output, neutral, network.move_scale, known, weights)
    total = weights.sound.mel * left_db + torch.stack(list(parts.values())).sum(0)
    mean: Tensor = total.mean()
    return mean
