"""One simulated studio in full: audio in, a studio's file, and masters by the path that users run.

    python benchmarks/studio_in_full.py SHARD PACKAGES EXCERPTS [--studio 0] [--draw 0] [--unseen N]

The songs and the taste are those of a run of ``studio_v1``. Mixes are degraded, and masters made,
at audio rate; moves are recovered from the frames of that audio; the studio's model is exported,
loaded and used to render limited, delivered files, which the benchmark's own meter holds against
the studio's masters. PACKAGES holds the Debian packages, EXCERPTS takes the excerpts of songs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from glassmaster.data.analysis import Analysis
from glassmaster.data.audio import Samples
from glassmaster.data.features.frames import mel_frames
from glassmaster.inference.learned.loading import load_model
from glassmaster.inference.predictor import Predictor
from glassmaster.models.chain import REFERENCE_LUFS
from glassmaster.models.decibel import decibel_to_amplitude
from glassmaster.models.differentiable.resolving import batch_spectra
from glassmaster.models.weights import FOLDER
from glassmaster.training.benchmark.audio_source import ExcerptSource
from glassmaster.training.benchmark.bootstrap import paired_estimate, resampled_counts
from glassmaster.training.benchmark.delivery import CEILING_DBTP, analysis_of, deliver_audio
from glassmaster.training.benchmark.excerpts import middle
from glassmaster.training.benchmark.generators.degradation import degrade, draw
from glassmaster.training.benchmark.methods.constant import ConstantMoves
from glassmaster.training.benchmark.metrics.level import loudness_lufs
from glassmaster.training.benchmark.metrics.measure import TargetMeasures
from glassmaster.training.benchmark.tasks import RATE_HZ, Plan, Task, Truth
from glassmaster.training.learning.songs import split_songs
from glassmaster.training.recovery.explaining import MasteredFrames
from glassmaster.training.recovery.twin_moves import recover_moves
from glassmaster.training.studio.adapting import adapt, mean_settings
from glassmaster.training.studio.base import BaseModel
from glassmaster.training.studio.deciding import decide
from glassmaster.training.studio.exporting import export_adapted
from glassmaster.training.studio.judging import TwinJudge
from glassmaster.training.studio.pairs import StudioPairs, explained_pairs
from glassmaster.training.studio.simulating.audio import master_audio
from glassmaster.training.studio.simulating.frames import Frames, stacked
from glassmaster.training.studio.simulating.mastering import response_db
from glassmaster.training.studio.simulating.mixes import make_mixes
from glassmaster.training.studio.simulating.rules import StudioRules, studio_v1
from glassmaster.training.studio.simulating.studios import Kind, draw_plan, response_noise
from glassmaster.training.studio.simulating.taste import draw_taste
from glassmaster.training.studio.validating import cross_validated

Array = npt.NDArray[np.float64]

COMPARED_S = 24.0
"""Length of the part of an excerpt that moves are recovered from."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioPair:
    """A mix, what the studio made of it, and what it would have made without noise."""

    identity: str
    package: str
    album: str
    mix: Samples
    master: Samples
    clean: Samples
    analysis: Analysis


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("shard")
    parser.add_argument("packages", type=Path)
    parser.add_argument("excerpts", type=Path)
    parser.add_argument("--studio", type=int, default=0)
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--unseen", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    rules, base = studio_v1(), BaseModel(FOLDER / "network.safetensors")
    songs = split_songs(arguments.shard).by_split
    shown = [*songs["validation"], *songs["calibration"]]
    mixes = make_mixes(shown, songs["fit"], base, rules.mixes, rules.seed)
    plan = draw_plan(mixes, rules, Kind.TASTE, arguments.studio, arguments.draw)
    source = ExcerptSource(arguments.packages, (), arguments.excerpts)
    unseen = plan.unseen[: arguments.unseen]
    wanted = [mixes.identities[song] for song in (*plan.pairs, *unseen)]
    for package, identities in source.missing(wanted).items():
        source.prepare(package, identities)

    def pair(song: int) -> AudioPair:
        identity = mixes.identities[song]
        mix = degrade(source(identity).samples, RATE_HZ, draw(rules.seed, identity))
        taste = draw_taste(rules, plan.studio)
        wanted = response_db(taste, rules.taste, mixes.levels_db[song])
        noise = response_noise(mixes, rules, plan, song)
        master, clean = (
            master_audio(mix, RATE_HZ, taste, wanted + each, rules) for each in (noise, 0.0 * noise)
        )
        return AudioPair(
            identity,
            mixes.packages[song],
            mixes.albums[song],
            mix,
            master,
            clean,
            analysis_of(mix, RATE_HZ),
        )

    started = time.process_time()
    known = [pair(song) for song in plan.pairs]
    print(f"{len(known)} pairs made: {time.process_time() - started:.0f} CPU-s", flush=True)
    started = time.process_time()
    frames = mastered_frames(known)
    found = recover_moves(frames)
    print(
        f"recovered: {time.process_time() - started:.0f} CPU-s, LN-MEL "
        f"{found.unchanged_db.mean():.2f} dB, {found.residual_db.mean():.2f} left",
        flush=True,
    )
    statistics = base.held(np.array([each.analysis.statistics for each in known]))
    pairs = explained_pairs(
        StudioPairs(
            names=tuple(each.identity for each in known),
            albums=tuple(each.album for each in known),
            statistics=statistics,
            base=base.moves(statistics),
            moves=found.moves,
            sigma=found.sigma,
            residual_db=found.residual_db,
            loudness_lufs=np.array([loudness_lufs(each.master, RATE_HZ) for each in known]),
        )
    )
    places = {each.identity: place for place, each in enumerate(known)}
    judge = TwinJudge(frames.rows([places[name] for name in pairs.names]))
    held_out = cross_validated(pairs, judge, base.center)
    decision = decide(held_out)
    print(f"decided: {decision.verdict}, {decision.units} albums")
    for name, comparison in decision.comparisons.items():
        print(f"  against {name}: p {comparison.p:.4f}, {comparison.change_db.mean:+.2f} dB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "studio.safetensors"
        model = adapt(pairs, base.center)
        export_adapted(path, base, model, pairs, held_out, {})
        predictors: dict[str, Predictor | None] = {
            "studio": load_model(path),
            "base": load_model(base.file.path),
            "mean settings": ConstantMoves(mean_settings(pairs), "mean_settings"),
            "unchanged": None,
        }
        measure(rules, [pair(song) for song in unseen], predictors)


def mastered_frames(pairs: list[AudioPair]) -> MasteredFrames:
    """Return the frames of the middle of each pair, mixes at -18 LUFS."""
    tracks: dict[str, list[Frames]] = {"mix": [], "master": []}
    spectra = []
    for each in pairs:
        gain_db = REFERENCE_LUFS - float(each.analysis.loudness.integrated_lufs or 0.0)
        spectra.append(each.analysis.spectrum.scaled(gain_db))
        for name, gain in (("mix", gain_db), ("master", 0.0)):
            part = middle(getattr(each, name), COMPARED_S, RATE_HZ)
            found = mel_frames(part * np.float32(decibel_to_amplitude(gain)), RATE_HZ)
            arrays = (getattr(found, field).astype(np.float64) for field in Frames.__slots__)
            tracks[name].append(Frames(*arrays))
    return MasteredFrames(
        stacked(tracks["mix"]), batch_spectra(spectra), stacked(tracks["master"]), RATE_HZ
    )


def measure(
    rules: StudioRules, pairs: list[AudioPair], predictors: dict[str, Predictor | None]
) -> None:
    """Master songs that were not seen, and hold the files against the studio's."""
    errors: dict[str, list[dict[str, float]]] = {name: [] for name in (*predictors, "floor")}
    for each in pairs:
        plan = Plan("STUDIO", each.identity, each.package, each.package, (), rules.seed)
        lufs = loudness_lufs(each.master, RATE_HZ)
        task = Task(plan, each.mix, each.master, RATE_HZ, lufs, (), Truth())
        against = TargetMeasures(task, ceiling_dbtp=CEILING_DBTP, dear=False)
        for name, predictor in predictors.items():
            given: dict[str, Any] = {}
            if predictor is not None:
                settings = predictor.predict(each.analysis).settings
                given = {"settings": settings, "analysis": each.analysis}
            made = deliver_audio(each.mix, RATE_HZ, lufs, **given)
            errors[name].append(against.of(made.samples))
        errors["floor"].append(against.of(each.clean))
        told = {name: round(rows[-1]["LN-MEL"], 2) for name, rows in errors.items()}
        print(f"{each.identity}: {told}", flush=True)
    counts = resampled_counts([each.package for each in pairs])
    mean = {
        name: {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        for name, rows in errors.items()
    }
    for name, figures in mean.items():
        print(f"{name}: { ({key: round(value, 2) for key, value in figures.items()}) }")
    own = np.array([row["LN-MEL"] for row in errors["studio"]])
    for name in ("base", "mean settings", "unchanged"):
        other = np.array([row["LN-MEL"] for row in errors[name]])
        change = paired_estimate(own, other, np.ones(len(own)), counts)
        print(f"against {name}: {change.mean:+.2f} dB [{change.low:+.2f}, {change.high:+.2f}]")
    excess = mean["base"]["LN-MEL"] - mean["floor"]["LN-MEL"]
    gone = (mean["base"]["LN-MEL"] - mean["studio"]["LN-MEL"]) / excess
    print(f"of the excess of the base over the floor {100 * gone:.0f} % is gone")


if __name__ == "__main__":
    main()
