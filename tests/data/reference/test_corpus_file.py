from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.features import content
from glassmaster.data.reference import corpus as module
from glassmaster.data.reference.corpus import (
    ReferenceCorpus,
    Track,
    empty_corpus,
    merged,
    read_corpus,
    write_corpus,
)
from glassmaster.data.reference.production import BANDS, FIGURES, Production
from glassmaster.models.errors import CatalogueError
from glassmaster.models.mel_statistics import STATISTICS


def made(*names: str, seed: int = 0) -> ReferenceCorpus:
    rng = np.random.default_rng(seed)
    count = len(names)

    def drawn(width: int) -> np.ndarray:
        return rng.normal(size=(count, width)).astype(np.float32).astype(np.float64)

    figures = drawn(len(FIGURES))
    figures[:, 1] = np.nan  # undefined ones stay so
    tracks = tuple(
        Track(
            f"album/{name}", "album", name, "Ärtist", "CC0", "album_1.deb", "ab" * 32, 61.5, 120.0
        )
        for name in names
    )
    production = Production(figures, drawn(BANDS), drawn(BANDS), drawn(BANDS))
    return ReferenceCorpus(
        "mine", tracks, production, drawn(len(STATISTICS)), drawn(len(content.CONTENT))
    )


def assert_same(one: ReferenceCorpus, other: ReferenceCorpus) -> None:
    assert (one.name, one.tracks) == (other.name, other.tracks)
    for name in ("figures", "mid_db", "side_db", "correlation"):
        np.testing.assert_array_equal(
            getattr(one.production, name), getattr(other.production, name)
        )
    np.testing.assert_array_equal(one.statistics, other.statistics)
    np.testing.assert_array_equal(one.content, other.content)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for corpus in (made("a", "b"), empty_corpus("none")):
        path = tmp_path / f"{corpus.name}.corpus"
        write_corpus(path, corpus)
        assert_same(read_corpus(path), corpus)
        before = path.read_bytes()
        write_corpus(path, corpus)
        assert path.read_bytes() == before


def test_tracks_are_replaced_by_their_names() -> None:
    old, new = made("a", "c"), made("b", "c", seed=1)
    whole = merged(old, new)
    assert [track.title for track in whole.tracks] == ["a", "b", "c"]
    np.testing.assert_array_equal(whole.content[0], old.content[0])
    np.testing.assert_array_equal(whole.content[1:], new.content)
    left = whole.without(np.array([True, False, True]))
    assert [track.title for track in left.tracks] == ["b"]
    np.testing.assert_array_equal(left.statistics, new.statistics[:1])


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _not_finite(body: bytes) -> bytes:
    return body[:-4] + np.float32(np.nan).tobytes()


def _fewer_tracks(body: bytes) -> bytes:
    return _changed_head(body, lambda told: told.update(tracks=json.dumps([])))


def _no_tracks(body: bytes) -> bytes:
    return _changed_head(body, lambda told: told.update(tracks="nonsense"))


def _another_kind(body: bytes) -> bytes:
    return _changed_head(body, lambda told: told.update(kind="network"))


def _changed_head(body: bytes, change: Callable[[dict[str, str]], None]) -> bytes:
    length = int.from_bytes(body[:8], "little")
    head = json.loads(body[8 : 8 + length])
    change(head["__metadata__"])
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + body[8 + length :]


@pytest.mark.parametrize(
    "damage",
    [
        *(lambda _: b"", _cut, lambda body: body + b"x", _fewer_tracks, _no_tracks),
        *(_another_kind, _not_finite),
    ],
)
def test_a_damaged_corpus_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.corpus"
    write_corpus(path, made("a", "b"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CatalogueError) as caught:
        read_corpus(path)
    assert caught.value.code == "corpus_damaged"
    assert "\n" not in caught.value.message
    assert caught.value.path == str(path)


def test_a_corpus_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.corpus"
    write_corpus(path, made("a"))
    monkeypatch.setattr(module, "DEFINITION", "0" * 64)
    with pytest.raises(CatalogueError, match="build it again") as caught:
        read_corpus(path)
    assert caught.value.code == "corpus_version"


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_corpus(tmp_path / "gone.corpus")
    assert caught.value.code == "no_corpus"


@pytest.mark.parametrize(
    ("artist", "title", "label"),
    [("A", "T", "A: T"), ("", "T", "T"), ("A", "", "A: song.ogg"), ("", "", "song.ogg")],
)
def test_a_track_has_a_label(artist: str, title: str, label: str) -> None:
    track = Track("album/x/song.ogg", "album", title, artist, "", "", "", 60.0)
    assert track.label == label
