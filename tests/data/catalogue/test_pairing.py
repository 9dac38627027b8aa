from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glassmaster.data.alignment.alignment import Alignment, Segment
from glassmaster.data.catalogue.candidates import are_copies, may_be_copies, without_copies
from glassmaster.data.catalogue.measuring import Facts
from glassmaster.data.catalogue.names import Role, parse
from glassmaster.data.catalogue.pairing import Candidate, Refused, choose, orient
from glassmaster.data.catalogue.records import Comparison, Status
from glassmaster.data.catalogue.roles import Song

ROOT = Path("/studio")
FACTS = Facts("WAV", "PCM_24", False, 24, 44_100, 2, 44_100 * 200, -20.0, 8.0, -4.0, 16.0, "", {})
ALIGNMENT = Alignment(
    44_100, 44_100, (Segment(0, 44_100 * 200, 0, 0.0),), 0.0, 1, 9.0, 1.5, 1.0, 1.0, None, None,
    1.0, -24.0, -15.0, 0.0, ("Both begin at the same sample.",),
)  # fmt: skip


def song(path: str, lufs: float = -20.0, plr_db: float = 16.0, **facts: Any) -> Song:
    full = ROOT / path
    measured = replace(FACTS, integrated_lufs=lufs, plr_db=plr_db, **facts)
    return Song(f"{path:x>64}"[-64:], full, 0, parse(full, ROOT), measured)


def mastered(path: str, **facts: Any) -> Song:
    return song(path, -10.0, 9.0, **facts)


def paired(*pairs: tuple[Song, Song, Alignment], decisions: Any = None) -> Any:
    candidates = []
    for one, two, alignment in pairs:
        oriented = orient(one, two)
        assert oriented is not None
        candidates.append(Candidate(*oriented, alignment))
    roots = {each.path: ROOT for pair in pairs for each in pair[:2]}
    return choose(candidates, (), decisions or {}, roots).pairs


MIX, MASTER = song("Mixes/Song mix.wav"), mastered("MASTERS/01 Song.wav")


def test_names_and_levels_that_agree_are_sure() -> None:
    (pair,) = paired((MASTER, MIX, ALIGNMENT))
    assert (pair.mix_path, pair.master_path) == (MIX.path, MASTER.path)
    assert pair.status is Status.SURE
    assert pair.confidence > 0.9
    assert "Both begin at the same sample." in pair.reasons


def test_levels_alone_tell_a_master() -> None:
    (pair,) = paired((song("a/Song.wav"), mastered("b/Song.wav"), ALIGNMENT))
    assert (pair.mix_path.parent.name, pair.status) == ("a", Status.SURE)


@pytest.mark.parametrize(
    ("mix", "master", "alignment", "reason"),
    [
        (mastered("Song mix.wav"), song("Song master.wav"), ALIGNMENT, "The names say"),
        (song("Song mix.wav"), mastered("Song mix v2.wav"), ALIGNMENT, "Both are called mix"),
        (song("Song instrumental mix.wav"), MASTER, ALIGNMENT, "instrumental version"),
        (MIX, MASTER, replace(ALIGNMENT, unlike_share=0.03), "3.0% of what is heard"),
        (MIX, MASTER, replace(ALIGNMENT, mix_share=0.6), "edit"),
        (MIX, MASTER, replace(ALIGNMENT, residual_db=-9.0), "unexplained"),
        (MIX, mastered("Song master.mp3", lossy=True, codec="MPEG_LAYER_III"), ALIGNMENT, "loss"),
    ],
)
def test_doubts_are_never_sure(mix: Song, master: Song, alignment: Alignment, reason: str) -> None:
    (pair,) = paired((mix, master, alignment))
    assert pair.status is Status.UNSURE
    assert pair.confidence < 0.7
    assert any(reason in each for each in pair.reasons)


def test_what_is_only_louder_may_be_a_listening_copy() -> None:
    flat = replace(ALIGNMENT, tone_db=0.05)
    (pair,) = paired((song("a/Song.wav"), mastered("b/Song.wav"), flat))
    assert pair.status is Status.UNSURE
    (pair,) = paired((MIX, MASTER, flat))
    assert pair.status is Status.SURE


def test_what_is_neither_mix_nor_master_is_no_pair() -> None:
    assert orient(song("Song mix.wav"), song("Song mix v2.wav")) is None
    assert orient(song("Song.wav"), song("Song (2).wav", -20.3)) is None
    assert orient(song("Song mix.wav"), mastered("Song limited ref.wav")) is None
    assert orient(song("Stems/Song drums.wav"), MASTER) is None
    assert orient(song("Song mix.wav"), song("Song (2).wav")) is None


def test_the_mix_that_explains_most_is_taken_and_then_the_latest() -> None:
    first, second = song("Song mix v1.wav"), song("Song mix v2.wav")
    closer = replace(ALIGNMENT, residual_db=-25.0)
    (pair,) = paired((first, MASTER, closer), (second, MASTER, ALIGNMENT))
    assert pair.mix_path == first.path
    (pair,) = paired((first, MASTER, ALIGNMENT), (second, MASTER, ALIGNMENT))
    assert pair.mix_path == second.path
    part = replace(closer, mix_share=0.5)
    (pair,) = paired((first, MASTER, part), (second, MASTER, ALIGNMENT))
    assert pair.mix_path == second.path


def test_a_master_is_no_mix_of_a_louder_one() -> None:
    quiet, middle, loud = song("a.wav"), song("b.wav", -14.0, 12.0), mastered("c.wav")
    found = paired((quiet, middle, ALIGNMENT), (quiet, loud, ALIGNMENT), (middle, loud, ALIGNMENT))
    assert all(pair.mix_path != middle.path for pair in found if pair.status is Status.SURE)


def test_decisions_are_kept() -> None:
    key = (MIX.sha256, MASTER.sha256)
    (pair,) = paired((MIX, MASTER, ALIGNMENT), decisions={key: Status.REJECTED})
    assert pair.status is Status.REJECTED
    doubtful = replace(ALIGNMENT, mix_share=0.5)
    (pair,) = paired((MIX, MASTER, doubtful), decisions={key: Status.CONFIRMED})
    assert (pair.status, pair.confidence) == (Status.CONFIRMED, 1.0)


def test_refusals_are_remarks_where_names_suggest_a_pair() -> None:
    outcome = choose((), (Refused(MIX, MASTER, "another version"),), {}, {})
    assert outcome.remarks == {MIX.sha256: "another version", MASTER.sha256: "another version"}


def test_artist_and_album_come_from_tags_and_folders() -> None:
    mix = song("Ebba/First/Mixes/Song mix.wav")
    (pair,) = paired((mix, mastered("Ebba/First/MASTERS/01 Song.wav"), ALIGNMENT))
    assert (pair.artist, pair.album, pair.title) == ("Ebba", "First", "song")
    tagged = mastered("x/01 Song.wav", tags={"artist": "Los", "album": "Dos", "title": "Tres"})
    (pair,) = paired((mix, tagged, ALIGNMENT))
    assert (pair.artist, pair.album, pair.title) == ("Los", "Dos", "Tres")


def test_the_best_of_copies_stands_for_them() -> None:
    fine = song("x/Song.wav", sample_rate=96_000, frames=96_000 * 200)
    named = song("Song mix.wav")
    coarse = song("Song mix 16.wav", bit_depth=16)
    lossy = song("Song.mp3", lossy=True)
    assert may_be_copies(fine, coarse)
    assert not may_be_copies(named, MASTER)
    same, other = replace(ALIGNMENT, worst_db=-50.0), replace(ALIGNMENT, worst_db=-20.0)
    assert are_copies(named, coarse, Comparison(same, ""))
    assert not are_copies(named, coarse, Comparison(other, ""))
    assert are_copies(named, lossy, Comparison(other, ""))
    songs = [fine, named, coarse, lossy]
    kept, others = without_copies(songs, [(fine, named), (named, coarse), (lossy, coarse)])
    (best,) = kept
    assert best.name.role is Role.MIX
    assert set(others) == {each.sha256 for each in songs} - {best.sha256}
