"""What gradients make of a studio's pairs, beside the closed form.

    python benchmarks/studio_gradients.py SHARD [--studios N] [--seed N] [--pairs 5 20 80]

Three sizes of what may move in the shipped network, learned from the same recovered moves: a studio
token with an affine of the moves; beside these low-rank changes of the conditioning and of the last
layer; beside these the whole last layer, held toward the base by its squares and by replaying
generic mixes. How long is learned is chosen where other albums of the studio are left out. Errors
are those of songs of other packages, in the twin, as in ``studio.py``, of other studios than those
of the committed suite.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from glassmaster.models.moves import INTENTS, NEUTRAL
from glassmaster.models.network.moves import held_moves
from glassmaster.models.network.network import MoveNetwork
from glassmaster.models.weights import FOLDER
from glassmaster.training.learning.songs import split_songs
from glassmaster.training.recovery.twin_moves import recover_moves
from glassmaster.training.studio.adapting import adapt, album_folds, mean_settings
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.groups import GROUPS
from glassmaster.training.studio.judging import TwinJudge
from glassmaster.training.studio.pairs import StudioPairs
from glassmaster.training.studio.simulating.mixes import make_mixes
from glassmaster.training.studio.simulating.rules import studio_v1
from glassmaster.training.studio.simulating.studios import Kind, draw_plan
from glassmaster.training.studio.suite import known_pairs, mastered

Array = npt.NDArray[np.float64]

TIERS = ("token and affine", "low rank", "last layer, replay")
CHECKPOINTS = (0, 10, 30, 100, 200, 400)
RATE, RANK, TOKEN = 0.01, 2, 1
PULL = 1e-3  # of squares toward the base
REPLAYED = 64
FOLDS = 5


class Adapter(nn.Module):
    """The shipped network with what may move of it."""

    def __init__(self, base: BaseModel, tier: int) -> None:
        super().__init__()
        arrays = {k: torch.from_numpy(v).float() for k, v in base.file.arrays.items()}
        width, inputs = arrays["embed.weight"].shape
        self.network = MoveNetwork(
            inputs=inputs,
            width=width,
            rank=len(arrays["factor.bias"]) // arrays["log_sigma.weight"].shape[0],
            heads=int(base.file.metadata["heads"]),
            dropout=0.0,
            input_noise=0.0,
        ).eval()
        self.network.load_state_dict(
            {k: v for k, v in arrays.items() if not k.startswith("calibration.")}
        )
        self.network.requires_grad_(False)
        self.token = nn.Parameter(torch.zeros(arrays["studio.weight"].shape[1]))
        self.scale, self.bias = (
            nn.Parameter(torch.zeros(len(NEUTRAL))),
            nn.Parameter(torch.zeros(len(NEUTRAL))),
        )
        layers = [("moves.weight", arrays["moves.weight"])]
        layers += [(k, v) for k, v in arrays.items() if k.endswith("film.weight")]
        self._layers = [name for name, _ in layers] if tier > 0 else []
        drawn = torch.Generator().manual_seed(1)
        self.left = nn.ParameterList(
            torch.zeros(shape.shape[0], RANK) for _, shape in layers[: len(self._layers)]
        )
        self.right = nn.ParameterList(
            0.1 * torch.randn(RANK, shape.shape[1], generator=drawn)
            for _, shape in layers[: len(self._layers)]
        )
        self.last = nn.Parameter(torch.zeros_like(arrays["moves.weight"]))
        self.last.requires_grad_(tier > 1)

    def forward(self, statistics: Tensor, *, generic: bool = False) -> Tensor:
        """Return moves, those of the base for generic mixes but for what moved in its layers."""
        weights = dict(self.network.named_parameters())
        for name, left, right in zip(self._layers, self.left, self.right, strict=True):
            weights[name] = weights[name] + left @ right
        weights["moves.weight"] = weights["moves.weight"] + self.last
        count, none = len(statistics), statistics[:, None][:, :0]
        studio = torch.full((count,), 0 if generic else TOKEN)
        if not generic:
            tokens = weights["studio.weight"].clone()
            tokens[TOKEN] = tokens[0] + self.token
            weights["studio.weight"] = tokens
        arguments = (statistics, none, none[..., 0], torch.zeros(count, len(INTENTS)), studio)
        moves: Tensor = torch.func.functional_call(self.network, weights, arguments).moves
        if generic:
            return moves
        scale = self.network.move_scale
        away = moves - moves.new_tensor(NEUTRAL)
        return held_moves(moves + self.scale * away + scale * self.bias)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shard")
    parser.add_argument("--studios", type=int, default=6)
    parser.add_argument("--seed", type=int, default=778)
    parser.add_argument("--pairs", type=int, nargs="+", default=(5, 20, 80))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    committed = studio_v1()
    rules = replace(
        committed,
        seed=arguments.seed,
        pairs=tuple(arguments.pairs),
        songs_of_an_album=8 if max(arguments.pairs) > 20 else committed.songs_of_an_album,
    )
    base = BaseModel(FOLDER / "network.safetensors")
    songs = split_songs(arguments.shard).by_split
    shown = [*songs["validation"], *songs["calibration"]]
    mixes = make_mixes(shown, songs["fit"], base, rules.mixes, rules.seed)
    generic = make_mixes(songs["fit"][:REPLAYED], songs["fit"], base, rules.mixes, rules.seed)
    found: dict[int, list[list[float]]] = {count: [] for count in rules.pairs}
    for studio in range(arguments.studios):
        plan = draw_plan(mixes, rules, Kind.TASTE, studio, 0)
        own = mastered(mixes, rules, plan, plan.pairs)
        pairs = known_pairs(mixes, plan.pairs, own, recover_moves(own))
        unseen = list(plan.unseen)
        judge = TwinJudge(mastered(mixes, rules, plan, unseen))
        statistics, moves = mixes.statistics[unseen], mixes.base[unseen]
        for count in rules.pairs:
            some = pairs.rows(list(range(count)))
            tried = [
                moves,
                np.tile(mean_settings(some), (len(unseen), 1)),
                adapt(some, base.center).moves(moves, statistics),
                *(learned(base, tier, some, generic.statistics, statistics) for tier in range(3)),
            ]
            found[count].append([float(judge.distances(each).mean()) for each in tried])
            print(studio, count, np.round(found[count][-1], 3).tolist(), flush=True)
    names = ("base", "mean settings", "closed form", *TIERS)
    for count, rows in found.items():
        errors = np.array(rows)
        for name, column in zip(names, errors.T, strict=True):
            difference = column - errors[:, 2]
            print(
                f"{count} pairs, {name}: LN-MEL {column.mean():.3f} dB, {difference.mean():+.3f} "
                f"against the closed form, worse in {np.count_nonzero(difference > 0.0)} of "
                f"{len(rows)} studios"
            )


def learned(base: BaseModel, tier: int, pairs: StudioPairs, generic: Array, wanted: Array) -> Array:
    """Return the moves of mixes after learning for as long as is best for albums left out."""
    folds = album_folds(pairs.albums) % FOLDS
    errors = np.zeros(len(CHECKPOINTS))
    for fold in np.unique(folds):
        kept, out = (pairs.rows(np.flatnonzero(each)) for each in (folds != fold, folds == fold))
        tracks = trained(base, tier, kept, generic, out.statistics)
        errors += [float(losses(track, out).sum()) for track in tracks]
    best = int(np.argmin(errors))
    return trained(base, tier, pairs, generic, wanted)[best]


def trained(
    base: BaseModel, tier: int, pairs: StudioPairs, generic: Array, wanted: Array
) -> Sequence[Array]:
    """Learn, and return the moves of other mixes at each of `CHECKPOINTS`."""
    adapter = Adapter(base, tier)
    moving = [each for each in adapter.parameters() if each.requires_grad]
    started = [each.detach().clone() for each in moving]
    optimizer = torch.optim.Adam(moving, lr=RATE)
    given, asked = (torch.from_numpy(each).float() for each in (pairs.statistics, wanted))
    replayed = torch.from_numpy(generic).float()
    with torch.no_grad():
        before = adapter(replayed, generic=True)
    tracks = []
    for step in range(CHECKPOINTS[-1] + 1):
        if step in CHECKPOINTS:
            with torch.no_grad():
                tracks.append(adapter(asked).double().numpy())
        loss = losses(adapter(given), pairs).mean()
        away = (adapter(replayed, generic=True) - before) / adapter.network.move_scale
        loss = loss + away.square().mean()
        for own, start in zip(moving, started, strict=True):
            loss = loss + PULL * (own - start).square().sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return tracks


def losses(moves: Tensor | Array, pairs: StudioPairs) -> Tensor:
    """Return the error of each song's moves, of each group over that of the base's."""
    given = torch.as_tensor(moves)
    total = torch.zeros(len(given), dtype=given.dtype)
    for group in GROUPS:
        weights = given.new_tensor(group.weights)
        truth, base = (given.new_tensor(each[:, group.moves]) for each in (pairs.moves, pairs.base))
        usual = ((truth - base).abs() @ weights).mean() + 1e-3
        total = total + (given[:, group.moves] - truth).abs() @ weights / usual
    return total


if __name__ == "__main__":
    main()
