"""How splits are cut: components of tracks are dealt out whole, once and for all.

1. ``fit`` takes the components with most targets until it has its least number: they are too few
   packages for a fair test, and enough music to learn from.
2. ``calibration`` takes components that are too big for the share a package may have in ``test``,
   then the smallest that completes it; likewise ``validation``, where the source has not named its
   tracks.
3. ``test`` takes the others that have three targets or more, and smaller ones while it lacks any:
   the more packages, the narrower its intervals.
4. The rest goes to ``fit``.

Ties are broken by name. Targets of a package beyond its share of those of ``test`` belong to no
split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...models.errors import CatalogueError
from .splits import SplitTrack

FEW_TARGETS = 3
"""Components with fewer targets go to ``test`` only where it lacks some."""


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How many targets each split needs.

    Attributes:
        fit: At least so many in ``fit``.
        calibration: At least so many in ``calibration``.
        test: At least so many in ``test``.
        test_margin: So many more are dealt to ``test``, for tracks that are found wanting later.
        validation: At least so many in ``validation``; 0 where the source has named its tracks.
        largest_share: Of the targets of ``test``, the most that one package may have.
        packages: At least so many packages with targets in ``test``.
        is_strict: Whether music that does not suffice is an error, and not dealt as far as it goes.

    """

    fit: int = 110
    calibration: int = 60
    test: int = 70
    test_margin: int = 5
    validation: int = 0
    largest_share: float = 0.2
    packages: int = 6
    is_strict: bool = True


def plan_for(targets: int, *, has_validation: bool) -> SplitPlan:
    """Return the plan for a corpus: `SplitPlan`, or its proportions where there is less music.

    Args:
        targets: How many there are.
        has_validation: Whether the source has named tracks for validation.

    """
    plan = SplitPlan(validation=0 if has_validation else 30)
    full = plan.fit + plan.calibration + plan.test + plan.test_margin + plan.validation
    if targets >= full:
        return plan
    calibration, test, validation = (
        targets * each // full for each in (plan.calibration, plan.test, plan.validation)
    )
    return SplitPlan(
        fit=targets - calibration - test - validation,
        calibration=calibration,
        test=test,
        test_margin=0,
        validation=validation,
        largest_share=1.0,
        packages=0,
        is_strict=False,
    )


def cut_splits(
    tracks: Sequence[SplitTrack], plan: SplitPlan
) -> Mapping[str, tuple[SplitTrack, ...]]:
    """Deal components out; see the module.

    Args:
        tracks: Everything that may be learned from or tested on; their order does not matter.
        plan: How many targets each split needs.

    Returns:
        Tracks by split, sorted by identity; ``validation`` only where the plan wants one.

    Raises:
        CatalogueError: ``too_few`` when the music does not suffice for a strict plan.

    """
    groups: dict[str, list[SplitTrack]] = defaultdict(list)
    for track in tracks:
        groups[track.component].append(track)
    counts = {name: sum(track.is_target for track in group) for name, group in groups.items()}
    dealt = _deal(counts, plan)
    members = {
        split: [track for name in names for track in groups[name]] for split, names in dealt.items()
    }
    members["test"] = _within_share(members["test"], plan)
    result = {
        split: tuple(sorted(each, key=lambda track: track.identity))
        for split, each in members.items()
    }
    if plan.is_strict:
        _check(result, plan)
    return result


def _deal(counts: Mapping[str, int], plan: SplitPlan) -> dict[str, list[str]]:
    """Return the components of each split, given the number of targets in each component."""
    left = sorted(counts, key=lambda each: (-counts[each], each))
    wanted = plan.test + plan.test_margin
    dealt: dict[str, list[str]] = {"fit": [], "calibration": [], "test": []}
    while left and _total(dealt["fit"], counts) < plan.fit:
        dealt["fit"].append(left.pop(0))
    largest = int(plan.largest_share * wanted)
    dealt["calibration"] = _complete(left, counts, plan.calibration, largest)
    if plan.validation > 0:
        dealt["validation"] = _complete(left, counts, plan.validation, largest)
    for name in left:
        is_lacking = counts[name] > 0 and _total(dealt["test"], counts) < wanted
        is_many = plan.is_strict and counts[name] >= FEW_TARGETS
        dealt["test" if is_many or is_lacking else "fit"].append(name)
    return dealt


def _complete(left: list[str], counts: Mapping[str, int], need: int, largest: int) -> list[str]:
    """Take components from ``left``, which is ordered, until they have ``need`` targets."""
    taken: list[str] = []
    while left and (lack := need - _total(taken, counts)) > 0:
        enough = [each for each in left if counts[each] >= lack]
        is_big = counts[left[0]] > largest
        taken.append(left[0] if is_big or not enough else enough[-1])
        left.remove(taken[-1])
    return taken


def _total(names: Iterable[str], counts: Mapping[str, int]) -> int:
    return sum(counts[each] for each in names)


def _within_share(tracks: Iterable[SplitTrack], plan: SplitPlan) -> list[SplitTrack]:
    """Return ``tracks`` without the targets by which a package exceeds its share.

    Those in the middle of the largest package, by name, go first.
    """
    kept = sorted(tracks, key=lambda track: track.identity)
    while True:
        targets: dict[str, list[SplitTrack]] = defaultdict(list)
        for track in kept:
            if track.is_target:
                targets[track.package].append(track)
        allowed = int(plan.largest_share * sum(map(len, targets.values())))
        largest = max(targets, key=lambda each: (len(targets[each]), each), default=None)
        if largest is None or len(targets[largest]) <= max(allowed, 1):
            return kept
        kept.remove(targets[largest][len(targets[largest]) // 2])


def _check(splits: Mapping[str, Sequence[SplitTrack]], plan: SplitPlan) -> None:
    needs = {"fit": plan.fit, "calibration": plan.calibration, "test": plan.test}
    for split, needed in needs.items():
        count = sum(track.is_target for track in splits[split])
        if count < needed:
            raise _too_few(f"{count} targets for {split}, which needs {needed}")
    packages = {track.package for track in splits["test"] if track.is_target}
    if len(packages) < plan.packages:
        raise _too_few(f"targets of {len(packages)} packages for test, not {plan.packages}")


def _too_few(found: str) -> CatalogueError:
    message = f"The corpus leaves {found}: add music of more packages or folders."
    return CatalogueError(message, code="too_few")
