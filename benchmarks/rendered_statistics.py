"""How far the statistics of what the twin renders are from those of real audio, on real songs.

    python benchmarks/rendered_statistics.py SONG|FOLDER... [--songs 12] [--settings 3]
        [--louder 0] [--model FILE]

Of each song, 24 s from the middle go through known settings twice, drawn as learning draws them: as
frames through the twin, with the detail it assumes, and as audio through the engine, limited and
read back from a 24-bit file. The response is the same in both: the audio has it from a filter
without phase. Then the same with one block alone, and with none; but for ``limiter`` and ``chain``
the result is so quiet that the limiter rests. The twin is told the loudness that came out.

``statistics`` is the mean absolute difference of all of them, engine minus twin; with a model,
``response`` is that of the responses it predicts from them without references, and ``common`` the
part that does not average out over examples. ``effect`` is the same between engine and mix. Of the
whole chain, each kind of statistic follows with its mean difference as ``bias``, and with the
median by which it alone shifts the response.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from excerpts import SUFFIXES, loudness_lufs

from glassmaster.data.analysis import Analysis
from glassmaster.data.audio import Samples
from glassmaster.inference.learned.estimate import Estimator
from glassmaster.inference.learned.loading import load_estimator
from glassmaster.inference.learned.model_file import read_model_file
from glassmaster.models.decibel import decibel_to_amplitude, decibel_to_power
from glassmaster.models.differentiable.frames import spectral_frames
from glassmaster.models.differentiable.resolving import batch_spectra
from glassmaster.models.mel_statistics import STATISTICS
from glassmaster.models.moves import BLOCK_MOVES, NEUTRAL, RESPONSE, RESPONSE_HZ
from glassmaster.models.network.loudness import normalized_frames
from glassmaster.models.network.moves import RUNNING, apply_moves, settings_of_moves
from glassmaster.models.network.statistics import frame_statistics
from glassmaster.models.settings import BLOCKS, default_settings
from glassmaster.models.spectrum import CENTERS_HZ, PowerSpectrum
from glassmaster.training.benchmark.delivery import DeliveredAudio, analysis_of, deliver_audio
from glassmaster.training.learning.plans import LOUDEST_LUFS, QUIET_LUFS, SOFTEST_LUFS, PlanRules
from glassmaster.training.learning.styles import StylePrior, draw_style
from glassmaster.training.randomness import generator

Array = npt.NDArray[np.float64]

EXCERPT_S = 24.0
SILENCE_S = 2.0  # in which the filter may ring, before it wraps round
GROUPS = {"neutral": (), **{block: (block,) for block in BLOCK_MOVES}, "chain": tuple(BLOCK_MOVES)}
KINDS = np.array([name.split("@")[0] for name in STATISTICS])
MIX, TWIN, ENGINE = range(3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--songs", type=int, default=12, help="at most so many, drawn at random")
    parser.add_argument("--settings", type=int, default=3, help="of each song")
    parser.add_argument("--louder", type=float, default=0.0, help="LU, than learning draws")
    parser.add_argument("--model", type=Path, help="weights whose response is compared")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_estimator(read_model_file(arguments.model)) if arguments.model else None
    found: dict[str, list[Array]] = {group: [] for group in GROUPS}
    songs = 0
    for name, samples, rate, released_lufs in middles(arguments.paths, arguments.songs):
        analysis = analysis_of(samples, rate)
        for setting in range(arguments.settings):
            drawn = generator(0, songs, setting)
            style = draw_style(drawn, StylePrior(), compression=True)
            louder_lu = arguments.louder + PlanRules().loudness_lu * drawn.standard_normal()
            lufs = float(np.clip(released_lufs + louder_lu, SOFTEST_LUFS, LOUDEST_LUFS))
            for group in GROUPS:
                found[group].append(compare(samples, rate, analysis, group, style, lufs))
        songs += 1
        print(name, flush=True)
    if songs == 0:
        raise SystemExit(f"no stereo song of {EXCERPT_S:.0f} s that sounds")
    print(f"\n{songs} songs, {songs * arguments.settings} examples; dB")
    _print_groups({group: np.array(rows) for group, rows in found.items()}, model)
    _print_kinds(np.array(found["chain"]), model)


def compare(
    samples: Samples, rate: int, analysis: Analysis, group: str, style: Array, lufs: float
) -> Array:
    """Return statistics of mix, twin and engine, shape ``(3, statistics)``."""
    moves = NEUTRAL.copy()
    for block in GROUPS[group]:
        moves[BLOCK_MOVES[block]] = style[BLOCK_MOVES[block]]
    wanted_lufs = lufs if "limiter" in GROUPS[group] else QUIET_LUFS
    engine = _engine(samples, rate, analysis, moves, wanted_lufs)
    mix = spectral_frames(torch.from_numpy(samples)[None], rate)
    twin = apply_moves(
        *normalized_frames(mix, batch_spectra([analysis.spectrum])),
        torch.from_numpy(moves)[None].float(),
        sample_rate=rate,
        loudness_lufs=torch.tensor([engine.loudness.integrated_lufs]),
    )
    of_twin = frame_statistics(twin.frames, rate)[0].double().numpy()
    return np.stack((analysis.statistics, of_twin, analysis_of(engine.samples, rate).statistics))


def _engine(
    samples: Samples, rate: int, analysis: Analysis, moves: Array, lufs: float
) -> DeliveredAudio:
    """Filter without phase, and render; anchors are of the mix's spectrum behind the response."""
    response_db, before = moves[RESPONSE], analysis.spectrum
    power = decibel_to_power(_between(CENTERS_HZ, response_db))
    heard = PowerSpectrum(before.mid * power, before.side * power, before.cross * power)
    length = samples.shape[1] + round(SILENCE_S * rate)
    frequency_hz = np.maximum(np.fft.rfftfreq(length, 1.0 / rate), 1.0)
    gain = decibel_to_amplitude(_between(frequency_hz, response_db))
    spectrum = np.fft.rfft(samples.astype(np.float64), length)
    filtered = np.fft.irfft(spectrum * gain, length)[:, : samples.shape[1]]
    settings, chosen = default_settings(), settings_of_moves(torch.from_numpy(moves)[None]).settings
    for name in RUNNING:  # a range's end may be missed by a rounding error
        given = chosen[name].values
        values = {s.key: float(given[s.key][0].clamp(s.low, s.high)) for s in BLOCKS[name]}
        settings = settings.with_block(name, values)
    analysis = replace(analysis, spectrum=heard)
    equalized = np.ascontiguousarray(filtered, np.float32)
    return deliver_audio(equalized, rate, lufs, settings=settings, analysis=analysis)


def _between(frequency_hz: Array, response_db: Array) -> Array:
    return np.interp(np.log(frequency_hz), np.log(RESPONSE_HZ), response_db)


def middles(paths: list[Path], most: int) -> Iterator[tuple[str, Samples, int, float]]:
    """Yield the middle of up to ``most`` stereo songs that sound there, and its loudness."""
    files = sorted(path for given in paths for path in (given, *given.rglob("*")))
    files = [path for path in files if path.suffix.lower() in SUFFIXES]
    np.random.default_rng(0).shuffle(files)
    for path in files:
        info = soundfile.info(path)
        count = round(EXCERPT_S * info.samplerate)
        start = (info.frames - count) // 2
        if most > 0 and info.channels == 2 and start >= 0 and info.samplerate >= 44_100:
            samples, rate = soundfile.read(path, count, start, dtype="float32", always_2d=True)
            released_lufs = loudness_lufs(samples.T, rate)
            if released_lufs is not None:
                yield path.name, np.ascontiguousarray(samples.T), rate, released_lufs
                most -= 1


def _responses(statistics: Array, model: Estimator) -> Array:
    """Return what is predicted from each row, shape ``(example, 27)``."""
    none = np.zeros((0, len(STATISTICS)))
    return np.array([model.estimate(row, none).moves[RESPONSE] for row in statistics])


def _print_groups(found: dict[str, Array], model: Estimator | None) -> None:
    _print_row("", ("median", "mean", "p95", "common"))
    for group, rows in found.items():
        figures = {"statistics": rows}
        if model is not None:
            figures["response"] = np.stack(
                [_responses(part, model) for part in rows.swapaxes(0, 1)], 1
            )
        for name, three in figures.items():
            for title, other in ((f"{group}, {name}", TWIN), ("  effect", MIX)):
                off = three[:, ENGINE] - three[:, other]
                _print_row(title, (*ranks(np.abs(off).mean(1)), np.abs(off.mean(0)).mean()))


def _print_kinds(chain: Array, model: Estimator | None) -> None:
    _print_row("\nchain", ("median", "mean", "p95", "bias", "response"))
    twin, engine = chain[:, TWIN], chain[:, ENGINE]
    rows: dict[str, tuple[float, ...]] = {}
    for kind in dict.fromkeys(KINDS.tolist()):
        off = (engine - twin)[:, kind == KINDS]
        rows[kind] = (*ranks(np.abs(off)), off.mean())
        if model is not None:
            swapped = _responses(np.where(kind == KINDS, engine, twin), model)
            shift = np.abs(swapped - _responses(twin, model)).mean(1)
            rows[kind] += (float(np.median(shift)),)
    for kind in sorted(rows, key=lambda kind: -rows[kind][0]):
        _print_row(kind, rows[kind])


def ranks(values: Array) -> tuple[float, float, float]:
    """Return the median, the mean, and what 95 % do not exceed."""
    return float(np.median(values)), float(values.mean()), float(np.percentile(values, 95.0))


def _print_row(name: str, cells: Sequence[float | str]) -> None:
    texts = (cell if isinstance(cell, str) else f"{cell:.3f}" for cell in cells)
    print(f"{name:34s}" + "".join(f"{text:>10s}" for text in texts))


if __name__ == "__main__":
    main()
