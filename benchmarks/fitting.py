"""How exactly gradients find the settings of a master that the chain itself made.

    python benchmarks/fitting.py SONG... [--settings N] [--json FILE]

For each song and each of N random settings, with every block engaged, the engine masters the whole
song. The chain is fitted to three short excerpts, from a neutral start, and the engine then renders
the whole song with what was found. Prints the energy of the difference over that of the master, in
the excerpts and in the whole song, and the processor time.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from excerpts import loudness_lufs

from glassmaster.data.analysis import Analysis, analyze
from glassmaster.data.audio import BLOCK_FRAMES
from glassmaster.data.files.reader import open_audio
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.models.chain import REFERENCE_LUFS, ResolvedChain, measure_anchors, resolve
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings
from glassmaster.training.fitting import ChainFit, Pair, fit_chain

AMOUNT = 0.6
"""How far settings go from neutral to a draw that is uniform over every range."""

LOUDNESS_GAIN_DB = 6.0
EXCERPTS = 3
EXCERPT_S = 2.0
WARM_UP_S = 1.5
GOAL_DB = -45.0

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fitted:
    """One fit.

    Attributes:
        song: File name.
        seed: Of the settings.
        excerpts_db: Difference in the excerpts that were fitted.
        song_db: Difference in the whole song.
        cpu_s: Processor time of the fit.

    """

    song: str
    seed: int
    excerpts_db: float
    song_db: float
    cpu_s: float


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    found: list[Fitted] = []
    print(f"{'song':40s} {'settings':>8s} {'excerpts':>9s} {'song':>9s} {'CPU':>7s}")
    for path in arguments.songs:
        for one in _fits(path, arguments):
            found.append(one)
            print(
                f"{one.song[:40]:40s} {one.seed:8d} {one.excerpts_db:6.1f} dB "
                f"{one.song_db:6.1f} dB {one.cpu_s:5.0f} s",
                flush=True,
            )
    nulls = [one.song_db for one in found]
    reached = sum(null <= GOAL_DB for null in nulls)
    print(
        f"whole songs: median {statistics.median(nulls):.1f} dB, worst {max(nulls):.1f} dB, "
        f"{reached} of {len(nulls)} at or below {GOAL_DB:.0f} dB"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


def _fits(path: Path, arguments: argparse.Namespace) -> Iterator[Fitted]:
    with open_audio(path) as reader:
        analysis = analyze(reader)
    with open_audio(path) as reader:
        mix = reader.read(reader.frames)
    rate = analysis.sample_rate
    frames = round((EXCERPT_S + WARM_UP_S) * rate)
    if mix.shape[1] < (EXCERPTS + 1) * frames:
        raise SystemExit(f"{path} is too short for {EXCERPTS} excerpts")
    starts = [(k + 1) * mix.shape[1] // (EXCERPTS + 1) - frames // 2 for k in range(EXCERPTS)]
    for seed in range(arguments.settings):
        settings = _drawn(seed)
        master = _rendered(_resolved(settings, analysis, LOUDNESS_GAIN_DB), mix, rate)
        pair = Pair(
            mix=_cut(mix, starts, frames),
            master=_cut(master, starts, frames),
            sample_rate=rate,
            warm_up_samples=round(WARM_UP_S * rate),
            spectrum=analysis.spectrum.scaled(_normalization_db(analysis)),
            normalization_db=_normalization_db(analysis),
            master_lufs=loudness_lufs(master, rate) or REFERENCE_LUFS,
        )
        before = time.process_time()
        fit = fit_chain(pair)
        cpu_s = time.process_time() - before
        yield Fitted(path.name, seed, fit.null_db, _null_db(fit, analysis, mix, master), cpu_s)


def _cut(audio: Samples, starts: list[int], frames: int) -> torch.Tensor:
    return torch.as_tensor(np.stack([audio[:, start : start + frames] for start in starts]))


def _drawn(seed: int) -> ChainSettings:
    rng = np.random.default_rng(seed)
    settings = default_settings()
    for name, specs in BLOCKS.items():
        values = {spec.key: spec.denormalize(float(rng.random())) for spec in specs}
        settings = settings.with_block(name, values)
    limiter = {**settings["limiter"].values, "ceiling_dbtp": -1.0}
    return settings.with_block("limiter", limiter).scaled(AMOUNT)


def _normalization_db(analysis: Analysis) -> float:
    if analysis.loudness.integrated_lufs is None:
        raise SystemExit("a song is too short or too quiet for its loudness to be defined")
    return REFERENCE_LUFS - analysis.loudness.integrated_lufs


def _resolved(settings: ChainSettings, analysis: Analysis, gain_db: float) -> ResolvedChain:
    normalization_db = _normalization_db(analysis)
    spectrum = analysis.spectrum.scaled(normalization_db)
    anchors = measure_anchors(settings, spectrum, sample_rate=analysis.sample_rate)
    return resolve(settings, anchors, normalization_db=normalization_db, gain_db=gain_db)


def _rendered(chain: ResolvedChain, mix: Samples, sample_rate: int) -> Samples:
    renderer = ChainRenderer(chain, sample_rate, mix.shape[0])
    starts = range(0, mix.shape[1], BLOCK_FRAMES)
    parts = [renderer.process(mix[:, at : at + BLOCK_FRAMES]) for at in starts]
    return np.concatenate((*parts, renderer.finish()), axis=1).astype(np.float32)


def _null_db(fit: ChainFit, analysis: Analysis, mix: Samples, master: Samples) -> float:
    found = _rendered(_resolved(fit.settings, analysis, fit.gain_db), mix, analysis.sample_rate)
    rest = float(np.square(found - master, dtype=np.float64).sum())
    return 10.0 * math.log10(rest / float(np.square(master, dtype=np.float64).sum()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("songs", nargs="+", type=Path, metavar="SONG", help="stereo")
    parser.add_argument("--settings", type=int, default=1, help="how many a song (default 1)")
    parser.add_argument("--json", type=Path, help="write the results there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
