from __future__ import annotations

from pathlib import Path

import pytest

from glassmaster.data.corpus.shard import ShardSong, write_shard
from glassmaster.models.errors import CatalogueError
from glassmaster.training.learning.smoke import generated_songs
from glassmaster.training.learning.songs import shard_songs

SPLITS = ("fit", "validation", "calibration")


@pytest.fixture(scope="module")
def songs() -> dict[str, list[ShardSong]]:
    return {
        split: generated_songs(2, 7.0, split=split, first=10 * place)
        for place, split in enumerate(SPLITS)
    }


def test_splits_beside_a_shard_are_its_own(
    songs: dict[str, list[ShardSong]], tmp_path: Path
) -> None:
    path = tmp_path / "shard.bin"
    write_shard(path, [song for each in songs.values() for song in each])
    with pytest.raises(CatalogueError):  # none of them is among the songs of the splits that ship
        shard_songs(str(path), weighting="flat")
    (tmp_path / "splits").mkdir()
    for split, own in songs.items():
        rows = [f"{s.identity},{s.package},f,c,{s.artist},yes\n" for s in own]
        text = "identity,package,file,component,artist,is_target\n" + "".join(rows)
        (tmp_path / "splits" / f"{split}.csv").write_text(text, encoding="utf-8")
    found = shard_songs(str(path), weighting="flat")
    for split in SPLITS:
        identities = {song.identity for song in songs[split]}
        assert set(getattr(found, split).identities) == identities
