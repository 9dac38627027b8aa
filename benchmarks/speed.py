"""How fast a one-click master is, as a whole process, beside others in the same run.

    python benchmarks/speed.py [--song SONG] [--matchering PYTHON] [--ffmpeg FFMPEG ...] [--long]

Prints medians of wall time, processor time and peak memory, and ratios taken run by run. Without
``--song`` a four-minute song is synthesized. ``--matchering`` names a Python that has matchering.
``--long`` adds a ten-hour file (7 GB on disk for the while).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from processes import Cost, median, run

MINUTES = (1, 4, 60)
RATE = 44_100
MATCHERING = """
import sys, matchering
target, reference, result = sys.argv[1:]
matchering.process(target=target, reference=reference, results=[matchering.pcm24(result)])
"""
FORBIDDEN = ("torch", "scipy.signal", "librosa", "hydra", "mlflow")


def main() -> None:
    arguments = _arguments()
    glassmaster = str(Path(sys.executable).with_name("glassmaster"))
    results: dict[str, object] = {"cpu_count": os.cpu_count(), "runs": arguments.runs}
    with tempfile.TemporaryDirectory(dir=arguments.dir) as folder:
        songs = {m: Path(folder) / f"song-{m}.wav" for m in MINUTES}
        for minutes, path in songs.items():
            _write_song(arguments.song, path, minutes * 60)
        out = str(Path(folder) / "out.wav")
        ours = [glassmaster, "master", str(songs[4]), "-o", out, "--force"]
        run([glassmaster, "warm"])
        peers: dict[str, list[str]] = {}
        for ffmpeg in arguments.ffmpeg:
            measure = ["-i", str(songs[4]), "-af", "ebur128=peak=true", "-f", "null", "-"]
            peers[_version(ffmpeg)] = [ffmpeg, "-nostdin", "-hide_banner", *measure]
        if arguments.matchering:
            reference = str(Path(folder) / "reference.wav")
            run([*ours[:3], "-o", reference])
            files = [str(songs[4]), reference, str(Path(folder) / "matched.wav")]
            peers["matchering"] = [arguments.matchering, "-c", MATCHERING, *files]
        results["four_minutes"] = _beside(ours, peers, arguments.runs)
        results["length"] = _by_length(glassmaster, songs, out)
        if arguments.long:
            songs[60].unlink()
            path = Path(folder) / "song-600.wav"
            _write_song(arguments.song, path, 36_000)
            results["ten_hours"] = _row(
                "600 min", run([glassmaster, "master", str(path), "-o", out, "--force"]), 36_000
            )
        results["help"] = _help(glassmaster)
        results["imports"] = _imports(songs[1], out)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


def _beside(ours: list[str], peers: dict[str, list[str]], runs: int) -> dict[str, object]:
    """Run ours and each peer in turn, so that a change of the machine's speed hits both."""
    mine: list[Cost] = []
    others: dict[str, list[Cost]] = {name: [] for name in peers}
    for turn in range(runs + 1):
        cost = run(ours)
        theirs = {name: run(command) for name, command in peers.items()}
        if turn > 0:  # the first is a warm-up
            mine.append(cost)
            for name, other in theirs.items():
                others[name].append(other)
    table: dict[str, object] = {"glassmaster": _row("glassmaster, 4 min", median(mine), 240)}
    for name, costs in others.items():
        row = _row(name, median(costs), 240)
        pairs = list(zip(mine, costs, strict=True))
        row["wall_ratio"] = statistics.median(a.wall_s / b.wall_s for a, b in pairs)
        row["cpu_ratio"] = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
        row["memory_ratio"] = statistics.median(a.peak_mb / b.peak_mb for a, b in pairs)
        print(
            f"  glassmaster / {name}: wall {row['wall_ratio']:.2f}, "
            f"cpu {row['cpu_ratio']:.2f}, memory {row['memory_ratio']:.2f}"
        )
        table[name] = row
    return table


def _by_length(glassmaster: str, songs: dict[int, Path], out: str) -> dict[str, object]:
    rows = {}
    for minutes, path in songs.items():
        cost = run([glassmaster, "master", str(path), "-o", out, "--force"])
        rows[str(minutes)] = _row(f"{minutes} min", cost, minutes * 60)
    return rows


def _row(name: str, cost: Cost, seconds: int) -> dict[str, float]:
    print(
        f"{name:28s} wall {cost.wall_s:7.2f} s  ({seconds / cost.wall_s:5.0f} x real time)  "
        f"cpu {cost.cpu_s:7.2f} s ({1000 * cost.cpu_s / seconds:5.2f} ms/s)  "
        f"peak {cost.peak_mb:6.1f} MB",
        flush=True,
    )
    return {"wall_s": cost.wall_s, "cpu_s": cost.cpu_s, "peak_mb": cost.peak_mb}


def _help(glassmaster: str) -> float:
    wall_s = median([run([glassmaster, "--help"]) for _ in range(5)]).wall_s
    print(f"{'--help':28s} wall {wall_s:7.2f} s")
    return wall_s


def _imports(song: Path, out: str) -> list[str]:
    code = (
        "import sys; from glassmaster.inference.cli import main; "
        f"main(['master', {str(song)!r}, '-o', {out!r}, '--force']); "
        f"print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"imported of {', '.join(FORBIDDEN)}: {done.stdout.strip()}")
    return list(json.loads(done.stdout.strip().replace("'", '"')))


def _write_song(song: Path | None, path: Path, seconds: int) -> None:
    """Write a song of a given length, repeating a shorter one, without holding it in memory."""
    if song is None:
        from glassmaster.data.synthetic import compose

        audio = compose(1, style="rock", duration_s=60.0, sample_rate=RATE).mix
        samples, rate = audio.samples.T, audio.sample_rate
    else:
        samples, rate = soundfile.read(song, dtype="float32", always_2d=True, frames=240 * RATE)
    wanted = seconds * rate
    kind = "RF64" if wanted * 6 > 4_000_000_000 else "WAV"
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "PCM_24", format=kind) as file:
        while wanted > 0:
            part = np.ascontiguousarray(samples[:wanted])
            file.write(part)
            wanted -= len(part)


def _version(ffmpeg: str) -> str:
    line = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True).stdout
    return "ffmpeg " + line.split()[2] + " ebur128=peak=true"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--song", type=Path, help="a song; its first four minutes are used")
    parser.add_argument("--matchering", metavar="PYTHON", help="a Python that has matchering")
    parser.add_argument("--ffmpeg", nargs="*", default=["ffmpeg"], help="ffmpeg programs")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where temporary files go")
    parser.add_argument("--long", action="store_true", help="also ten hours")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
