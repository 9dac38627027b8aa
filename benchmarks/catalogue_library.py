"""A messy library for `catalogue.py`: mixes, masters and everything else, with known truth."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from catalogue_masters import Signal, master
from catalogue_names import Namer, SongNames

from glassmaster.data.synthetic import STYLES, compose

RATES_HZ = (44_100, 48_000, 96_000)
_LARGEST_CREST = 12.0  # of what a mix may be
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".aiff"}


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A song to make files of: stems of shape ``(2, time)``; ``vocal`` is one of them."""

    stems: Mapping[str, Signal]
    sample_rate: int

    def mix(self, gains: Mapping[str, float] | None = None, leave: tuple[str, ...] = ()) -> Signal:
        """Sum the stems."""
        gains = gains or {}
        return np.sum(
            [gains.get(name, 1.0) * x for name, x in self.stems.items() if name not in leave],
            axis=0,
        )


@dataclass(slots=True)
class Library:
    """What was written: which files sound the same, and which sounds are mix and master."""

    root: Path
    sound_of: dict[Path, str] = field(default_factory=dict)
    truth: set[tuple[str, str]] = field(default_factory=set)

    def write(self, path: Path, x: Signal, rate: int, sound: str, rng: np.random.Generator) -> None:
        """Write a file, under another name where there is one of its name."""
        path = self.root / path
        number = 1
        while path.exists():
            number += 1
            path = path.with_name(f"{path.stem} ({number}){path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        subtype = "PCM_16" if rng.random() < 0.25 else "PCM_24"
        soundfile.write(path, np.clip(x, -1.0, 1.0).T, rate, subtype=subtype)
        stamp = 1.6e9 + 1e6 * len(self.sound_of)
        os.utime(path, (stamp, stamp))
        self.sound_of[path] = sound


def materials(rng: np.random.Generator, music: list[Path], shortest_s: float) -> Iterator[Material]:
    """Yield songs without end: of the generator, and real ones with a voice of the generator."""
    while True:
        duration_s = float(rng.uniform(shortest_s, 1.55 * shortest_s))
        rate = int(rng.choice(RATES_HZ, p=(0.55, 0.35, 0.1)))
        if music and rng.random() < 0.5:
            found = _real(music[int(rng.integers(len(music)))], duration_s, rng)
            if found is not None:
                yield found
            continue
        song = compose(
            int(rng.integers(10**6)),
            style=STYLES[int(rng.integers(len(STYLES)))],
            duration_s=duration_s,
            sample_rate=rate,
        )
        yield Material({name: x.astype(np.float64) for name, x in song.stems.items()}, rate)


def music_files(folder: Path | None) -> list[Path]:
    """Return the music in a folder, in an order that does not depend on the disk."""
    if folder is None:
        return []
    if folder.is_file():
        return [Path(line) for line in folder.read_text("utf-8").splitlines() if line]
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def build(root: Path, count: int, seed: int, music: list[Path], shortest_s: float) -> Library:
    """Write at least ``count`` files; those of a smaller count are the same."""
    rng = np.random.default_rng(seed)
    library, namer = Library(root), Namer(rng)
    songs = materials(rng, music, shortest_s)
    while len(library.sound_of) < count:
        _write_song(library, next(songs), namer, f"s{len(library.sound_of)}", rng)
    return library


def moved(x: Signal, rate: int, rng: np.random.Generator) -> tuple[Signal, int]:
    """Shift, fade, flip and resample a master as deliveries do; return it and its rate."""
    shift = int(rng.integers(-rate, 2 * rate)) if rng.random() < 0.6 else 0
    x = np.pad(x, ((0, 0), (shift, 0))) if shift >= 0 else x[:, -shift:]
    if rng.random() < 0.3:
        frames = int(rng.uniform(1.0, 5.0) * rate)
        x = x.copy()
        x[:, -frames:] *= np.linspace(1.0, 0.0, frames) ** 2
    if rng.random() < 0.05:
        x = -x
    target = int(rng.choice(RATES_HZ)) if rng.random() < 0.3 else rate
    if target != rate:
        x = soxr.resample(x.T, rate, target, quality="VHQ").T
    return x, target


def _real(path: Path, duration_s: float, rng: np.random.Generator) -> Material | None:
    info = soundfile.info(path)
    if info.samplerate < 44_100 or info.duration < duration_s + 5.0:
        return None
    start = int(rng.uniform(0.0, info.duration - duration_s) * info.samplerate)
    frames = int(duration_s * info.samplerate)
    x, rate = soundfile.read(path, frames, start, always_2d=True)
    stereo = np.ascontiguousarray(np.repeat(x, 2, axis=1)[:, :2].T if x.shape[1] == 1 else x.T)
    level = float(np.sqrt(np.mean(np.square(stereo))))
    if level < 0.01 or np.abs(stereo).max() > _LARGEST_CREST * level:
        return None
    song = compose(int(rng.integers(10**6)), duration_s=duration_s, sample_rate=rate)
    vocal = song.stems["vocal"].astype(np.float64)[:, : stereo.shape[1]]
    vocal = np.pad(vocal, ((0, 0), (0, stereo.shape[1] - vocal.shape[1])))
    vocal *= 0.5 * np.sqrt(np.mean(np.square(stereo)) / (np.mean(np.square(vocal)) + 1e-9))
    scale = 0.25 / (np.abs(stereo + vocal).max() + 1e-9) * rng.uniform(1.0, 2.5)
    return Material({"music": scale * stereo, "vocal": scale * vocal}, rate)


def _write_song(
    library: Library, song: Material, namer: Namer, key: str, rng: np.random.Generator
) -> None:
    """Write what a studio has of one song."""
    rate, names = song.sample_rate, namer.song()
    revisions = int(rng.choice((1, 2, 3), p=(0.5, 0.3, 0.2)))
    mixes = [song.mix(_gains(song, rng) if n < revisions - 1 else None) for n in range(revisions)]
    used = revisions - 1 if rng.random() < 0.8 else int(rng.integers(revisions))
    has_mix, has_master = rng.random() > 0.08, rng.random() > 0.1
    if has_mix:
        for number, x in enumerate(mixes):
            library.write(names.mix(number + 1, revisions), x, rate, f"{key}m{number}", rng)
    if has_master:
        for number in range(2 if rng.random() < 0.1 else 1):
            x, target = moved(master(mixes[used], rate, rng), rate, rng)
            library.write(names.master(number), x, target, f"{key}M{number}", rng)
            if has_mix:
                library.truth.add((f"{key}m{used}", f"{key}M{number}"))
            if rng.random() < 0.15:
                library.write(names.copy("master"), x, target, f"{key}M{number}", rng)
    if has_mix and rng.random() < 0.1:
        library.write(names.copy("mix"), mixes[-1], rate, f"{key}m{revisions - 1}", rng)
    _write_others(library, song, names, key, rng)


def _write_others(
    library: Library, song: Material, names: SongNames, key: str, rng: np.random.Generator
) -> None:
    rate, whole = song.sample_rate, song.mix()
    if rng.random() < 0.35:
        bare = song.mix(leave=("vocal",))
        library.write(names.variant("instrumental", "mix"), bare, rate, f"{key}i", rng)
        if rng.random() < 0.3:
            x, target = moved(master(bare, rate, rng), rate, rng)
            library.write(names.variant("instrumental", "master"), x, target, f"{key}I", rng)
            library.truth.add((f"{key}i", f"{key}I"))
    if rng.random() < 0.12:  # a part is cut out of the middle
        cut, length = int(0.4 * whole.shape[1]), int(0.2 * whole.shape[1])
        edit = np.concatenate((whole[:, :cut], whole[:, cut + length :]), axis=1)
        x, target = moved(master(edit, rate, rng), rate, rng)
        library.write(names.variant("radio edit", "master"), x, target, f"{key}E", rng)
    if rng.random() < 0.12:
        up = song.mix({"vocal": 1.19})
        library.write(names.variant("vocal up", "mix"), up, rate, f"{key}u", rng)
    if rng.random() < 0.12:  # every instrument a little earlier or later: another take
        shifts = {name: int(rng.uniform(-0.04, 0.04) * rate) for name in song.stems}
        take = np.sum([np.roll(x, shifts[name], 1) for name, x in song.stems.items()], axis=0)
        library.write(names.variant("alternate", "mix"), take, rate, f"{key}t", rng)
    if rng.random() < 0.1:  # another tempo
        cover = soxr.resample(whole.T, rate, rate * rng.choice((0.94, 1.06)), quality="HQ").T
        library.write(names.variant("cover", "mix"), cover, rate, f"{key}c", rng)
    if rng.random() < 0.1:
        loud = np.clip(3.0 * whole, -0.9, 0.9)
        library.write(names.variant("limited ref", "mix"), loud, rate, f"{key}l", rng)
    if rng.random() < 0.12:
        for name, x in song.stems.items():
            library.write(names.stem(name), x, rate, f"{key}{name}", rng)


def _gains(song: Material, rng: np.random.Generator) -> dict[str, float]:
    """Draw what an earlier mix had otherwise: one or two stems by 0.5 to 2 dB."""
    names = list(song.stems)
    chosen = rng.choice(names, int(rng.integers(1, min(2, len(names)) + 1)), replace=False)
    return {
        str(name): float(10.0 ** (rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 2.0) / 20.0))
        for name in chosen
    }
