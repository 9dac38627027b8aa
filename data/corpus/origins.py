"""Who a track is from: the game behind a package, and the artists behind a line of credits."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

_PACKAGING = frozenset(
    (
        "data",
        "music",
        "common",
        "sounds",
        "sound",
        "songs",
        "demo",
        "demosong",
        "doc",
        "game",
        "ogg",
    )
)
"""Last words of package names that say what is inside, not which game it is of."""

SERIES = MappingProxyType(
    {
        "adonthell-wastesedge": "adonthell",
        "caveexpress": "cavepacker",
        "domino-chain": "pushover",
        "freedroidrpg": "freedroid",
        "fretsonfire-songs-muldjord": "fretsonfire",
        "fretsonfire-songs-sectoid": "fretsonfire",
        "pinball-table-gnu": "pinball-table",
        "pinball-table-hurd": "pinball-table",
        "supertuxkart": "supertux",
        "tuxmath": "tux4kids",
        "tuxtype": "tux4kids",
        # one author's games with one author's music
        "a7xpg": "abagames",
        "gunroar": "abagames",
        "mu-cade": "abagames",
        "noiz2sa": "abagames",
        "titanion": "abagames",
        "torus-trooper": "abagames",
    }
)
"""Games of one series or project, whose packages have unlike names."""

_ALIASES = MappingProxyType({"zhaymusic": "zhaytee", "matrin linda": "martin linda"})
_SEPARATORS = re.compile(
    r"[;,/&+|]|\bfeat(?:uring)?\b\.?|\bft\b\.?|\bvs\b\.?|\baka\b|\band\b|\bwith\b", re.IGNORECASE
)
_ALIAS_MARKS = re.compile(r"\(([^)]*)\)|\"([^\"]*)\"|'([^']{3,})'")
_ROLE = re.compile(r"^\s*\w+\s*:\s*")
_ADDRESS = re.compile(r"^(?:https?://)?(?:www\.)?([\w-]+)(?:\.[\w-]+)+((?:/[\w.-]+)*)/?$")
_NOBODY = frozenset(
    (
        *("", "unknown", "unknown artist", "various", "various artists", "anonymous", "none"),
        *("cello", "flute", "guitar", "orchestra", "piano", "violin", "voice", "vocals"),
    )
)


def upstream_game(package: str) -> str:
    """Return the game or series a package belongs to.

    Words such as ``-data`` and versions are cut from the end of its name, and `SERIES` joins what
    belongs together in spite of its names.
    """
    words = package.lower().split("-")
    while len(words) > 1 and (words[-1] in _PACKAGING or re.fullmatch(r"[\d.]+", words[-1])):
        words.pop()
    game = "-".join(words)
    return SERIES.get(game, game)


def artist_keys(credit: str) -> frozenset[str]:
    """Return every artist a line of credits names, in one spelling.

    The line is split at separators; a name in quotes or brackets is a second name of the same
    person, and of an internet address its last part counts. Case, accents, punctuation and roles
    (``Conductor:``) are dropped, instruments and ``Various Artists`` are nobody.
    """
    keys: set[str] = set()
    for part in _SEPARATORS.split(credit) if not _ADDRESS.match(credit.strip()) else [credit]:
        name = _ROLE.sub("", part) if "://" not in part else part
        for groups in _ALIAS_MARKS.findall(name):
            keys.update(_plain(group) for group in groups)
        keys.add(_plain(_ALIAS_MARKS.sub(" ", name)))
    return frozenset(_ALIASES.get(key, key) for key in keys if key not in _NOBODY)


def artist_of_file(file: str) -> str:
    """Return the artist that a file name such as ``Artist - Title.ogg`` begins with, or nothing.

    A leading number of the track is skipped.
    """
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    parts = [part for part in re.split(r"(?:\s|_|\.)-(?:\s|_|\.)", stem) if part.strip(" _.")]
    if parts and re.fullmatch(r"[\d\s_.]+", parts[0]):
        parts = parts[1:]
    return parts[0].replace("_", " ").strip() if len(parts) > 1 else ""


def _plain(name: str) -> str:
    """Return a name in lower-case letters and digits of ASCII, words parted by single spaces."""
    address = _ADDRESS.match(name.strip())
    if address:
        path = [part for part in address.group(2).split("/") if part]
        is_site = "://" in name or name.strip().lower().startswith("www.")
        if path or is_site:
            name = path[-1] if path else address.group(1)
    folded = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(each for each in folded if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", letters))
