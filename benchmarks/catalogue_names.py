"""Names and folders as studios have them, for `catalogue.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FIRST_WORDS = (
    *("Blue", "Broken", "Cold", "Dancing", "Electric", "Falling", "Golden", "Hollow", "Last"),
    *("Lonely", "Midnight", "Neon", "Ocean", "Paper", "Silver", "Slow", "Sweet", "Velvet", "Wild"),
)
SECOND_WORDS = (
    *("Arrow", "Bridges", "City", "Door", "Fire", "Ghost", "Heart", "Island", "Light", "Machine"),
    *("Moon", "Rain", "River", "Road", "Sky", "Song", "Stranger", "Summer", "Train", "Winter"),
)
_ARTISTS = ("The Foxes", "Anna Lind", "Kraftwald", "DJ Mono", "Los Perros", "Ebba", "Nine Lakes")
_STYLES: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: text.replace(" ", "_"),
    lambda text: text.lower().replace(" ", "-"),
    lambda text: text.replace(" ", ""),
    str.upper,
)


class Namer:
    """Draws artists, albums and songs."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def song(self) -> SongNames:
        """Draw the names of another song."""
        rng = self._rng
        title = ""
        while not title or title in self._used:
            title = f"{rng.choice(FIRST_WORDS)} {rng.choice(SECOND_WORDS)}"
            if len(self._used) > 200:
                title += f" {rng.choice(SECOND_WORDS)}"
        self._used.add(title)
        return SongNames(
            rng,
            title,
            str(rng.choice(_ARTISTS)),
            f"Album {int(rng.integers(1, 4))}",
            int(rng.integers(3)),
            int(rng.integers(len(_STYLES))),
            int(rng.integers(1, 13)),
        )


@dataclass(slots=True)
class SongNames:
    """Names of the files of one song."""

    rng: np.random.Generator
    title: str
    artist: str
    album: str
    layout: int
    style: int
    track: int

    def mix(self, version: int, revisions: int) -> Path:
        """Name a revision of the mix."""
        words = ["mix"] if revisions == 1 else []
        number = str(self.rng.choice((f"mix v{version}", f"mix{version}", f"Mix_{version:02d}")))
        if revisions > 1:
            words = [number]
        if self.rng.random() < 0.12:
            words = [f"v{version}"] if revisions > 1 else []
        if self.rng.random() < 0.15:
            words.append("final")
        return self._path("mix", words)

    def master(self, number: int) -> Path:
        """Name a master."""
        word = str(self.rng.choice(("master", "MST", "mastered", "Master 24-44", "[master]")))
        words = [] if self.rng.random() < 0.2 else [word]
        if number:
            words.append(f"v{number + 1}")
        return self._path("master", words, numbered=self.rng.random() < 0.4)

    def copy(self, role: str) -> Path:
        """Name a copy in another format."""
        words = [str(self.rng.choice((f"{role} 16", f"{role} 44k", f"{role} copy")))]
        return self._path(role, words, suffix=".flac")

    def variant(self, what: str, role: str) -> Path:
        """Name another version of the song."""
        spoken = {"instrumental": ("instrumental", "INST", "no vox"), "vocal up": ("vox up",)}
        words = [str(self.rng.choice(spoken.get(what, (what,))))]
        if what != "limited ref" and self.rng.random() < 0.7:
            words.append(role)
        if self.rng.random() < 0.05:
            words = words[1:]  # nobody said which version this is
        return self._path(role, words)

    def stem(self, name: str) -> Path:
        """Name a stem."""
        return self._path("stem", [name])

    def _path(
        self, role: str, words: list[str], *, numbered: bool = False, suffix: str = ""
    ) -> Path:
        rng = self.rng
        style = _STYLES[self.style] if rng.random() < 0.85 else _STYLES[int(rng.integers(5))]
        opened = rng.choice(("{} {}", "{}_{}", "{} ({})", "{} - {}"))
        name = style(self.title)
        if rng.random() < 0.15:
            name = f"{self.artist} - {name}"
        if words:
            name = str(opened).format(name, " ".join(words))
        if numbered:
            name = f"{self.track:02d} {name}"
        ending = suffix or str(rng.choice((".wav", ".wav", ".wav", ".flac", ".aiff")))
        folders = {
            "mix": ("Mixes", "mixes", "Bounces"),
            "master": ("MASTERS", "Masters", "Final Masters"),
            "stem": ("Stems", "Multitracks"),
        }[role]
        place = Path(self.artist) / self.album
        if self.layout == 0 or role == "stem":  # a folder for each kind of file
            return place / str(folders[0]) / f"{name}{ending}"
        if self.layout == 1:  # kinds above artists
            return Path(folders[1]) / self.artist / f"{name}{ending}"
        if not words:  # a flat folder: some name has to tell files apart
            return place / f"{name} {rng.choice(('a', 'x', 'new'))}{ending}"
        return place / f"{name}{ending}"
