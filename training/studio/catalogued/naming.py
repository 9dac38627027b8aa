"""What pairs are called where a person reads of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ....data.catalogue.records import CataloguePair
from ....data.files.names import display_name


def pair_names(pairs: Sequence[CataloguePair]) -> list[str]:
    """Return a name for each pair, all different: its title, or what else tells it apart."""
    names = [display_name(pair.title or pair.mix_path.stem) for pair in pairs]
    for longer in ("{title} ({pair.album})", "{title} ({pair.master_path.name})"):
        counts = Counter(names)
        names = [
            display_name(longer.format(title=name, pair=pair)) if counts[name] > 1 else name
            for name, pair in zip(names, pairs, strict=True)
        ]
    counts = Counter(names)
    return [
        f"{name} {pair.mix_sha256[:8]} {pair.master_sha256[:8]}" if counts[name] > 1 else name
        for name, pair in zip(names, pairs, strict=True)
    ]
