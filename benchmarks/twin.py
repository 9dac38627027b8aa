"""How far the spectral twin is from the engine, on real songs.

    python benchmarks/twin.py SONG|FOLDER... [--songs 60] [--settings 2] [--json FILE]

Of each song, an excerpt of 12 s from the middle is rendered with random settings of every block and
of the whole chain, by the engine and by the twin; and a second time with the chain half way to
neutral, which is nearer to what a master needs. What is compared is the mel frames, by the distance
of `glassmaster.models.distances`: of mid, of side, and of ``both``, weighted. The limiter's drive
is chosen so that the 95th percentile of its gain reduction, over 100 ms, lies between 0.5 and 4 dB;
the twin is told the loudness that came out, and finds the drive itself.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from excerpts import Excerpt, excerpts, loudness_lufs

from glassmaster.data.metering.true_peak import PeakGrid
from glassmaster.inference.engine.chain import ChainRenderer
from glassmaster.inference.engine.limiter import LimiterGain
from glassmaster.models.chain import measure_anchors, resolve
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.differentiable.frames import (
    SpectralFrames,
    spectral_frames,
    subframe_detail,
)
from glassmaster.models.differentiable.resolving import batch_spectra, resolve_batch
from glassmaster.models.differentiable.settings import batch_settings
from glassmaster.models.differentiable.twin.rendering import TwinResult, render_frames
from glassmaster.models.distances.measures import mel_distances
from glassmaster.models.kernels.limiter import apply_gain
from glassmaster.models.mel import cell_samples
from glassmaster.models.processors.limiter import ResolvedLimiter
from glassmaster.models.rates import limiter_cell_samples
from glassmaster.models.settings import BLOCKS, ChainSettings, default_settings

Array = npt.NDArray[np.float64]

GROUPS = {
    "equalizer": ("equalizer",),
    "imager": ("imager",),
    "multiband_compressor": ("multiband_compressor",),
    "limiter": ("limiter",),
    "chain": ("equalizer", "multiband_compressor", "imager", "limiter"),
    "half_chain": ("equalizer", "multiband_compressor", "imager", "limiter"),
}
AMOUNTS = {"half_chain": 0.5}
"""How far settings are drawn from neutral, where it is not the whole range."""

REDUCTIONS_DB = (0.5, 4.0)
EFFECTS_DB = (0.0, 1.0, 2.0, 4.0, np.inf)
HOP_S = 0.1


@dataclass(frozen=True, slots=True)
class Distance:
    """One setting of one song; all in dB.

    Attributes:
        song: Name of the file.
        group: One of `GROUPS`.
        mid: Mean absolute difference of mid between twin and engine.
        side: The same of side; None where a song has none.
        both: The two together.
        effect: What the engine changed, as ``both``; a change of level counts not.
        limiter: Mean absolute difference of the limiter's gain track; None where it is bypassed.
        limiter_rms: Root mean square of it.
        reduction: Mean of the engine's gain reduction.
        drive: Gain that the twin found, minus the engine's.

    """

    song: str
    group: str
    mid: float
    side: float | None
    both: float
    effect: float
    limiter: float | None = None
    limiter_rms: float | None = None
    reduction: float | None = None
    drive: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=60, help="at most so many, drawn at random")
    parser.add_argument("--settings", type=int, default=2, help="of each group and song")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    distances = []
    for excerpt in excerpts(arguments.paths, arguments.songs):
        for group in GROUPS:
            for seed in range(arguments.settings):
                distances.append(compare(excerpt, group, seed))
        _print_song(distances[-arguments.settings * len(GROUPS) :])
    _print_table(distances)
    if arguments.json:
        rows = [asdict(distance) for distance in distances]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


def compare(excerpt: Excerpt, group: str, seed: int) -> Distance:
    """Draw settings, render them both ways and compare."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{excerpt.name} {group}".encode())])
    settings = default_settings()
    for name in GROUPS[group]:
        values = {spec.key: spec.denormalize(float(rng.random())) for spec in BLOCKS[name]}
        settings = settings.with_block(name, values)
    settings = settings.scaled(AMOUNTS.get(group, 1.0))
    wanted_db = float(rng.uniform(*REDUCTIONS_DB))
    rendered, gains, drive_db = _render(excerpt, settings, wanted_db)
    loudness = loudness_lufs(rendered, excerpt.sample_rate) if gains is not None else None
    twin = _twin(excerpt, settings, loudness)
    true, mix = (
        _frames(rendered, excerpt.sample_rate),
        _frames(excerpt.samples, excerpt.sample_rate),
    )
    mid, side, both = _distances(twin.frames, true)
    level = float(np.median(_decibel(true.mid) - _decibel(mix.mid)))
    leveled = SpectralFrames(mix.mid * 10 ** (level / 10), mix.side * 10 ** (level / 10), mix.peak)
    effect = _distances(leveled, true)[2]
    if gains is None:
        return Distance(excerpt.name, group, mid, side, both, effect)
    cell = cell_samples(excerpt.sample_rate) // limiter_cell_samples(excerpt.sample_rate)
    whole = len(gains) // cell
    true_db = 20.0 * np.log10(gains[: whole * cell].reshape(whole, cell).mean(1))
    off_db = twin.limiter_gain_db[0, :whole].double().numpy() - true_db
    return Distance(
        excerpt.name,
        group,
        mid,
        side,
        both,
        effect,
        float(np.mean(np.abs(off_db))),
        float(np.sqrt(np.mean(off_db**2))),
        float(-np.mean(true_db)),
        float(twin.gain_db[0]) - drive_db,
    )


def _distances(estimate: SpectralFrames, target: SpectralFrames) -> tuple[float, float, float]:
    """Return the mel distance of mid, of side, and of both, weighted."""
    powers = (estimate.mid, estimate.side, target.mid, target.side)
    mid, side, weight = (float(part) for part in mel_distances(*(p.double() for p in powers)))
    return mid, side, (1.0 - weight) * mid + weight * side


def _render(
    excerpt: Excerpt, settings: ChainSettings, reduction_db: float
) -> tuple[Array, Array | None, float]:
    """Render by the engine; return audio, the limiter's gain in each of its cells, and drive."""
    rate = excerpt.sample_rate
    anchors = measure_anchors(settings, excerpt.spectrum, sample_rate=rate)
    bare = settings.with_block("limiter", {}, bypass=True)
    chain = resolve(bare, anchors, normalization_db=excerpt.normalization_db)
    renderer = ChainRenderer(chain, rate, 2)
    blocks = (renderer.process(excerpt.samples), renderer.finish())
    audio = np.concatenate(blocks, axis=1)
    if settings["limiter"].bypass:
        return audio, None, 0.0
    limiter = ResolvedLimiter(settings["limiter"].values)
    cell = limiter_cell_samples(rate)
    count = audio.shape[1] // cell
    audio = np.ascontiguousarray(audio[:, : count * cell])
    grid = PeakGrid(2, cell)
    peaks = np.concatenate((grid.feed(audio), grid.feed(np.zeros((2, rate)))))[:count]

    def gains_at(drive_db: float) -> Array:
        gain = LimiterGain(limiter, rate)
        scaled = peaks.astype(np.float64) * decibel_to_amplitude(drive_db)
        return np.concatenate((gain.feed(scaled), gain.finish()))[: count + 1]

    low, high = -60.0, 60.0
    for _ in range(24):
        drive_db = 0.5 * (low + high)
        least = gains_at(drive_db)[:-1]
        hop = round(HOP_S * rate / cell)
        least = least[: len(least) // hop * hop].reshape(-1, hop).min(1)
        if np.percentile(-20.0 * np.log10(least), 95.0) > reduction_db:
            high = drive_db
        else:
            low = drive_db
    gains = gains_at(low)
    limited = np.empty_like(audio)
    apply_gain(audio, gains, cell, decibel_to_amplitude(low), limited)
    return limited, gains[:-1], low


def _twin(excerpt: Excerpt, settings: ChainSettings, loudness_lufs: float | None) -> TwinResult:
    rate = excerpt.sample_rate
    audio = torch.from_numpy(excerpt.samples)[None]
    spectra = batch_spectra([excerpt.spectrum])
    return render_frames(
        spectral_frames(audio, rate),
        subframe_detail(audio, rate),
        resolve_batch(
            batch_settings([settings]),
            spectra,
            sample_rate=rate,
            normalization_db=excerpt.normalization_db,
        ),
        spectra,
        sample_rate=rate,
        loudness_lufs=None if loudness_lufs is None else torch.tensor([loudness_lufs]),
    )


def _frames(samples: npt.NDArray[np.floating], sample_rate: int) -> SpectralFrames:
    audio = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None]
    return spectral_frames(audio, sample_rate)


def _decibel(power: torch.Tensor) -> torch.Tensor:
    return 10.0 * power.double().clamp(min=1e-20).log10()


def _print_song(distances: list[Distance]) -> None:
    parts = []
    for group in GROUPS:
        both = [d.both for d in distances if d.group == group]
        parts.append(f"{group} {np.mean(both):.2f}")
    print(f"{distances[0].song[:30]:30s}  {'  '.join(parts)}", flush=True)


def _print_table(distances: list[Distance]) -> None:
    songs = len({distance.song for distance in distances})
    print(f"\n{songs} songs; dB\n{'':34s}{'n':>5s}{'median':>8s}{'mean':>8s}{'p95':>8s}")
    for group in GROUPS:
        rows = [d for d in distances if d.group == group]
        for name in ("mid", "side", "both"):
            _print_row(f"{group}, {name}", [getattr(row, name) for row in rows])
        for low, high in pairwise(EFFECTS_DB):
            inside = [row.both for row in rows if low <= row.effect < high]
            _print_row(f"  both, effect {low:.0f} to {high:.0f} dB", inside)
        _print_row("  effect", [row.effect for row in rows])
        if "limiter" in GROUPS[group]:
            _print_row("  limiter's gain, mean absolute", [row.limiter for row in rows])
            _print_row("  limiter's gain, rms", [row.limiter_rms for row in rows])
            _print_row("  limiter's gain reduction", [row.reduction for row in rows])
            drives = [None if row.drive is None else abs(row.drive) for row in rows]
            _print_row("  drive, absolute", drives)


def _print_row(name: str, values: Sequence[float | None]) -> None:
    known = [value for value in values if value is not None]
    if known:
        figures = (np.median(known), np.mean(known), np.percentile(known, 95.0))
        print(f"{name:34s}{len(known):5d}" + "".join(f"{figure:8.3f}" for figure in figures))


if __name__ == "__main__":
    main()
