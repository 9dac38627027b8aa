"""What a file's name and folders say: title, role, version, and which version of a song it is.

Names only break ties and are held against what is measured: nothing here is relied on alone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from types import MappingProxyType


class Role(StrEnum):
    """What a file is said to be."""

    MIX = "mix"
    MASTER = "master"
    STEM = "stem"
    COPY = "listening copy"
    UNSAID = ""


@dataclass(frozen=True, slots=True)
class ParsedName:
    """What a path says.

    Attributes:
        title: Words of the title, in lower case without accents, parted by spaces.
        role: From the name, or else from the nearest folder that says it.
        role_in_name: Whether the name itself says it.
        version: Number of the version, 0 without one.
        is_final: Whether it is called final, approved or the like.
        date: As YYYYMMDD, 0 without one.
        variants: What sets it apart from the main version of the song, as ``instrumental``.

    """

    title: str
    role: Role
    role_in_name: bool
    version: int
    is_final: bool
    date: int
    variants: frozenset[str]

    @property
    def order(self) -> tuple[int, int, bool]:
        """Later versions of a song have a greater one."""
        return (self.version, self.date, self.is_final)


# Longest first: "pre master" is a mix, though "master" is in it.
_ROLES: tuple[tuple[str, Role], ...] = (
    (r"(?:for|4|to|pre) ?mast(?:er(?:ing)?|ring)?|premstr|un ?mastered|not mastered", Role.MIX),
    (r"mix ?for ?master(?:ing)?|rough ?mix|mix ?down|2 ?tr(?:ac)?k|two ?track|2 ?mix", Role.MIX),
    (r"limited|loud(?:er)?|(?:client|listen(?:ing)?|mp3) ?(?:ref|copy)|ref(?:erence)?", Role.COPY),
    (r"(?:re)?master(?:ed|ing|s)?|mstr?d?|mstrd|mfit|mfi?t|ddp", Role.MASTER),
    (r"stems?|multi ?tracks?", Role.STEM),
    (r"mix(?:es|ed)?|mx|prints?|bounces?|rough", Role.MIX),
)
_VARIANTS = MappingProxyType(
    {
        "instrumental": r"instrumental|instru?m?|inst|no ?(?:vox|voc(?:al)?s?)|minus ?(?:vox|voc)"
        r"|karaoke|without ?vocals?|backing ?track",
        "a cappella": r"a ?cc?app?ell?a|acap|pella|(?:vox|vocals?) ?only",
        "tv": r"tv(?: ?(?:mix|track|version))?|television|performance ?(?:mix|track)",
        "vocal up": r"(?:vocals?|vox|voc|lead) ?(?:up|\+)|vu",
        "vocal down": r"(?:vocals?|vox|voc|lead) ?(?:down|dn)",
        "edit": r"(?:radio|single|album|video|short) ?(?:edit|cut|version|mix)|radio|edit(?:ed)?"
        r"|cutdown|60s|30s|15s|short",
        "extended": r"extended(?: ?(?:mix|version))?|ext|long ?version|12 ?(?:inch|in)",
        "club": r"club ?(?:mix|version|edit)?|dance ?mix",
        "dub": r"dub(?: ?(?:mix|version))?",
        "live": r"live(?: (?:at|in|from))?",
        "acoustic": r"acoustic|unplugged|stripped",
        "demo": r"demo",
        "clean": r"clean|censored",
        "explicit": r"explicit|dirty",
        "remix": r"remix|rmx|rework|bootleg|vip ?mix",
        "alternate": r"alt(?:ernat(?:e|ive))?|take ?\d+|other ?take",
    }
)
_FINAL = r"(?:final)+(?:e|s|ized)?|approved|appr|done|print|definitive|released?"
_FORMAT = (
    r"\d{2,3} ?(?:khz|k)|\d{2} ?(?:bits?|b)|(?:16|24|32) (?:44|48|88|96|192)(?: 1)?"
    r"|(?:44 ?1|88 ?2|176 ?4) ?k?(?:hz)?|(?:16|24|32)[bf]?(?:44|48|88|96|192)1?k?"
    r"|(?:44|48|88|96|176|192)(?:1|2|4)?00"
)
_NOISE = (
    _FORMAT + r"|16|24|32f?|48|96|88|192|44|float|dither(?:ed)?"
    r"|stereo|st|interleaved|int|lr|mono|main|new|old|latest"
    r"|hd|hi ?res|cd|web|vinyl|stream(?:ing)?|digital|itunes|spotify|wav|aiff?|flac|mp3|copy"
    r"|export(?:ed)?|render(?:ed)?|file|version|vers|ver|full|\d+ ?bpm|[a-g](?:m|min|maj)"
)
_VERSION = r"(?:v|ver|version|rev|revision|r|mix|master|mst|recall|rc|no|nr|take)[ #]?(\d{1,3})"
_DATE = r"(20\d{2}) ?([01]\d) ?([0-3]\d)|([0-3]\d) ([01]\d) (20\d{2})|(\d{2})([01]\d)([0-3]\d)"
_LEADING_NUMBER = re.compile(r"^(?:[a-d]?\d{1,2}|track ?\d{1,2}|\d{1,2} of \d{1,2}) (?=\S*[^\W\d])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d_]{3})(?=\d)")


def parse(path: str | PurePath, root: str | PurePath = "") -> ParsedName:
    """Read a path.

    Args:
        path: Of a file.
        root: The folder that was scanned: folders above it say nothing.

    """
    path, root = PurePath(path), PurePath(root)
    words = plain_words(path.stem)
    role = _role(words)
    in_name = role is not Role.UNSAID
    folders = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    for folder in (*reversed(folders), root.name):
        if role is Role.UNSAID:
            role = _role(plain_words(folder))
        elif role in (Role.MIX, Role.MASTER) and _role(plain_words(folder)) is Role.STEM:
            role = Role.STEM
    said = [_without_title(words), *(f" {plain_words(folder)}" for folder in folders)]
    variants = frozenset(
        name
        for name, pattern in _VARIANTS.items()
        if _find(pattern, said[0])
        or any(re.fullmatch(rf" (?:{pattern})s?", folder) for folder in said[1:])
    )
    return ParsedName(
        title=_title(words),
        role=role,
        role_in_name=in_name,
        version=_version(words),
        is_final=_find(_FINAL, words),
        date=_date(words),
        variants=variants,
    )


def plain_words(text: str) -> str:
    """Return text in lower case, without accents, words and numbers parted by spaces."""
    parted = _CAMEL.sub(" ", text)
    folded = parted
    for _ in range(2):  # what is compatible with a capital is one (Unicode, section 3.13, D146)
        folded = unicodedata.normalize("NFKD", folded.casefold())
    letters = "".join(each for each in folded if not unicodedata.combining(each))
    letters = letters.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    words = " ".join(re.findall(r"[^\W_]+|[#+]", letters))
    return _LETTER_DIGIT.sub(" ", words)


def alike_titles(one: str, other: str) -> bool:
    """Tell whether two titles are the same, or one is the other with an artist or more before it.

    Nothing is alike to a title that is empty.
    """
    first, second = one.split(), other.split()
    short, long = sorted((first, second), key=len)
    if not short:
        return False
    return (
        " ".join(short) == " ".join(long[-len(short) :])
        or set(short) == set(long)
        or (" ".join(short) == " ".join(long[: len(short)]) and len("".join(short)) > 3)
    )


def _find(pattern: str, words: str) -> bool:
    return re.search(rf"(?<!\S)(?:{pattern})(?!\S)", words) is not None


def _role(words: str) -> Role:
    if _find(r"(?:radio|club|dance|extended|original|dub|tv|vip) ?mix", words):
        words = re.sub(r"(?<!\S)mix(?!\S)", "", words)
    last, found = -1, Role.UNSAID
    for pattern, role in _ROLES:
        for match in re.finditer(rf"(?<!\S)(?:{pattern})(?: ?\d{{1,2}})?(?!\S)", words):
            if role in (Role.COPY, Role.STEM):
                return role
            if match.start() > last:  # "Master of Puppets mix 3" is a mix
                last, found = match.start(), role
        words = re.sub(rf"(?<!\S)(?:{pattern})(?!\S)", lambda match: "." * len(match[0]), words)
    return found


def _without_title(words: str) -> str:
    """Return the words without the first: a song may be called Live or Radio."""
    words = _LEADING_NUMBER.sub("", words)
    first, _, rest = words.partition(" ")
    return rest if rest else ("" if first else words)


def _version(words: str) -> int:
    words = re.sub(rf"(?<!\S)(?:{_FORMAT})(?!\S)", "", words)
    found = re.findall(rf"(?<!\S){_VERSION}(?!\S)", words)
    return max(map(int, found), default=0)


def _date(words: str) -> int:
    match = re.search(rf"(?<!\S)(?:{_DATE})(?!\S)", words)
    if match is None:
        return 0
    groups = match.groups()
    year, month, day = next(
        order
        for order in (groups[0:3], (groups[5], groups[4], groups[3]), groups[6:9])
        if order[0] is not None
    )
    whole = int(year) + (2000 if len(year) == 2 else 0)
    is_date = 1 <= int(month) <= 12 and 1 <= int(day) <= 31
    return 10_000 * whole + 100 * int(month) + int(day) if is_date else 0


def _title(words: str) -> str:
    """Return what is left when everything that says something else is taken out."""
    left = re.sub(rf"(?<!\S)(?:{_DATE})(?!\S)", "", words).strip()
    first, _, rest = _LEADING_NUMBER.sub("", left).partition(" ")
    patterns = (*(pattern for pattern, _ in _ROLES), *_VARIANTS.values(), _VERSION, _FINAL)
    for pattern in (*patterns, _NOISE, r"[#+]|\d{1,3}"):
        rest = re.sub(rf"(?<!\S)(?:{pattern})(?!\S)", " ", rest)
    if rest.split() or not _is_only_marks(first):
        return " ".join([first, *rest.split()])
    return ""


def _is_only_marks(word: str) -> bool:
    patterns = (*(pattern for pattern, _ in _ROLES), *_VARIANTS.values(), _VERSION, _FINAL, _NOISE)
    return any(_find(pattern, word) for pattern in patterns) or word.isdigit()
