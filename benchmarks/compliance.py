"""Whether every master of a folder of songs meets its limits, by three meters.

    python benchmarks/compliance.py FOLDER... [--most 50] [--json FILE]

Each song is mastered with the default and with explicit targets of -14 and -9 LUFS. The written
file is judged by this project's meter, by libebur128 and by ffmpeg. A refused target (the budget)
is counted apart.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pyebur128
import soundfile

TARGETS = (None, -14.0, -9.0)
CEILING_DBTP = -1.0
TOLERANCE_LU = 0.1
SUFFIXES = {".wav", ".flac", ".aiff", ".ogg", ".opus", ".mp3"}
OUT_OF_REACH = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What three meters say of one master; loudness in LUFS, peaks in dBTP.

    Attributes:
        song: Name of the file.
        target_lufs: Loudness asked for; None for the default.
        status: Exit status.
        wanted_lufs: Loudness that the master should have.
        lufs: By this project, libebur128 and ffmpeg.
        peaks_dbtp: By this project, libebur128 and ffmpeg.
        corrections: How often the second pass was repeated.

    """

    song: str
    target_lufs: float | None
    status: int
    wanted_lufs: float | None = None
    lufs: tuple[float, float, float] | None = None
    peaks_dbtp: tuple[float, float, float] | None = None
    corrections: int = 0

    @property
    def off_lu(self) -> float:
        """Largest departure from the loudness wanted, over the meters that resolve 0.01 LU."""
        if self.lufs is None or self.wanted_lufs is None:
            return 0.0
        return max(abs(level - self.wanted_lufs) for level in self.lufs[:2])

    @property
    def over_db(self) -> float:
        """Largest excess of the true peak over the ceiling, by any meter."""
        return 0.0 if self.peaks_dbtp is None else max(self.peaks_dbtp) - CEILING_DBTP


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=50, help="at most so many songs")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    songs = sorted(
        path
        for folder in arguments.folders
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and soundfile.info(path).duration >= 40.0
    )[: arguments.most]
    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        for song in songs:
            for target in TARGETS:
                verdict = judge(song, target, Path(folder) / "master.wav")
                verdicts.append(verdict)
                _print(verdict)
    _summarize(verdicts, len(songs))
    if arguments.json:
        rows = [asdict(verdict) for verdict in verdicts]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


def judge(song: Path, target: float | None, out: Path) -> Verdict:
    """Master one song and measure the result with three meters."""
    command = [str(Path(sys.executable).with_name("glassmaster")), "master", str(song)]
    command += ["-o", str(out), "--force", "--json"]
    if target is not None:
        command += [f"--lufs={target}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if done.returncode != OUT_OF_REACH:
            print(done.stderr, file=sys.stderr)
        return Verdict(song.name, target, done.returncode)
    file = json.loads(done.stdout)["files"][0]
    own = file["after"]
    predicted = None if file["limiting"] is None else file["limiting"]["wanted_lufs"]
    theirs_lufs, theirs_dbtp = _libebur128(out)
    ffmpeg_lufs, ffmpeg_dbtp = _ffmpeg(out)
    return Verdict(
        song.name,
        target,
        0,
        target if target is not None else predicted,
        (own["dual_mono_lufs"], theirs_lufs, ffmpeg_lufs),
        (own["true_peak_dbtp"], theirs_dbtp, ffmpeg_dbtp),
        file["corrections"],
    )


def _libebur128(path: Path) -> tuple[float, float]:
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    channels = samples.shape[1]
    mode = pyebur128.MeasurementMode.MODE_I | pyebur128.MeasurementMode.MODE_TRUE_PEAK
    meter = pyebur128.R128State(channels, rate, mode)
    if channels == 1:
        meter.set_channel(0, pyebur128.ChannelType.DUAL_MONO)
    meter.add_frames(samples.reshape(-1), len(samples))
    peak = max(pyebur128.get_true_peak(meter, channel) for channel in range(channels))
    from math import log10

    return pyebur128.get_loudness_global(meter), 20.0 * log10(peak)


def _ffmpeg(path: Path) -> tuple[float, float]:
    filters = "ebur128=peak=true:dualmono=true"
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path), "-af", filters]
    text = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True)
    summary = text.stderr.split("Summary:")[-1]
    loudness = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    if loudness is None or peak is None:
        raise RuntimeError(f"ffmpeg said nothing about {path}")
    return float(loudness[1]), float(peak[1])


def _print(verdict: Verdict) -> None:
    target = "default" if verdict.target_lufs is None else f"{verdict.target_lufs:.0f} LUFS"
    name = f"{verdict.song[:36]:36s} {target:>8s}"
    if verdict.lufs is None or verdict.peaks_dbtp is None:
        print(f"{name}  exit {verdict.status}", flush=True)
        return
    lufs = " ".join(f"{level:7.2f}" for level in verdict.lufs)
    peaks = " ".join(f"{peak:6.2f}" for peak in verdict.peaks_dbtp)
    print(f"{name}  LUFS {lufs}  dBTP {peaks}  corrections {verdict.corrections}", flush=True)


def _summarize(verdicts: list[Verdict], songs: int) -> None:
    done = [v for v in verdicts if v.status == 0]
    print(
        f"\n{songs} songs, {len(verdicts)} masters asked for: {len(done)} delivered, "
        f"{sum(v.status == OUT_OF_REACH for v in verdicts)} refused as out of reach, "
        f"{sum(v.status not in (0, OUT_OF_REACH) for v in verdicts)} failed\n"
        f"loudness off by more than {TOLERANCE_LU} LU: "
        f"{sum(v.off_lu > TOLERANCE_LU for v in done)} (worst {max(v.off_lu for v in done):.3f})\n"
        f"true peak over {CEILING_DBTP} dBTP by any meter: "
        f"{sum(v.over_db > 0.0 for v in done)} (worst {max(v.over_db for v in done):+.2f} dB)\n"
        f"second pass repeated: {sum(v.corrections > 0 for v in done)}"
    )


if __name__ == "__main__":
    main()
