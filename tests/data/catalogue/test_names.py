from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glassmaster.data.catalogue.names import Role, alike_titles, parse, plain_words


@pytest.mark.parametrize(
    ("path", "title", "role", "version", "variants"),
    [
        ("Song_mix_v3.wav", "song", "mix", 3, []),
        ("Song (Master 24-44).wav", "song", "master", 0, []),
        ("MASTERS/03 Song.flac", "song", "master", 0, []),
        ("Client A/Mixes/BigTune_MIX_FINAL_v2.wav", "big tune", "mix", 2, []),
        ("Blue Sky - Instrumental.wav", "blue sky", "", 0, ["instrumental"]),
        ("Instrumentals/Blue Sky mix.wav", "blue sky", "mix", 0, ["instrumental"]),
        ("Blue Sky (Radio Edit) MST.wav", "blue sky", "master", 0, ["edit"]),
        ("BlueSky_MST_2448.wav", "blue sky", "master", 0, []),
        ("Artist - Blue Sky [Mix 4] 24b48k.wav", "artist blue sky", "mix", 4, []),
        ("Blue Sky pre-master.wav", "blue sky", "mix", 0, []),
        ("Blue Sky for mastering.wav", "blue sky", "mix", 0, []),
        ("Blue Sky unmastered.wav", "blue sky", "mix", 0, []),
        ("Stems/Blue Sky/drums.wav", "drums", "stem", 0, []),
        ("Stems/Blue Sky mix drums.wav", "blue sky drums", "stem", 0, []),
        ("Mixes/01_blue-sky_vox_up_R2.wav", "blue sky", "mix", 2, ["vocal up"]),
        ("Blue Sky TV mix.aif", "blue sky", "", 0, ["tv"]),
        ("2021-03-14 Blue Sky Mix5.wav", "blue sky", "mix", 5, []),
        ("bluesky_final_master2.wav", "bluesky", "master", 2, []),
        ("Blue Sky (Club Mix).wav", "blue sky", "", 0, ["club"]),
        ("Blue Sky (Club Mix) Master.wav", "blue sky", "master", 0, ["club"]),
        ("Live Forever mix1.wav", "live forever", "mix", 1, []),
        ("Master of Puppets mix 3.wav", "master of puppets", "mix", 3, []),
        ("mix.wav", "", "mix", 0, []),
        ("Master.wav", "", "master", 0, []),
        ("BLUE SKY_NO VOX_MASTERED.wav", "blue sky", "master", 0, ["instrumental"]),
        ("Été à Paris_mix.wav", "ete a paris", "mix", 0, []),
        ("Blue Sky limited ref.mp3", "blue sky", "listening copy", 0, []),
        ("A1 Blue Sky_master_vinyl.wav", "blue sky", "master", 0, []),
        ("MASTERS/Blue Sky mix.wav", "blue sky", "mix", 0, []),
        ("Blue Sky_Remastered.flac", "blue sky", "master", 0, []),
        ("Blue Sky acapella.wav", "blue sky", "", 0, ["a cappella"]),
        ("Blue Sky 88.2k 24bit MASTERED.wav", "blue sky", "master", 0, []),
    ],
)
def test_names_of_studios(
    path: str, title: str, role: str, version: int, variants: list[str]
) -> None:
    found = parse(path)
    assert (found.title, found.role.value, found.version) == (title, role, version)
    assert sorted(found.variants) == variants


def test_name_wins_over_folder() -> None:
    assert not parse("MASTERS/Song.wav").role_in_name
    assert parse("MASTERS/Song mix.wav").role is Role.MIX


def test_folders_above_the_scanned_one_say_nothing() -> None:
    assert parse("/jobs/masters/2020/Song.wav", "/jobs/masters/2020").role is Role.UNSAID
    assert parse("/jobs/2020/masters/Song.wav", "/jobs/2020/masters").role is Role.MASTER


def test_later_versions_are_greater() -> None:
    names = ["Song mix1", "Song mix 2", "Song mix v10", "Song mix v10 final"]
    orders = [parse(f"{name}.wav").order for name in names]
    assert orders == sorted(orders)
    assert parse("Song 20240102 mix.wav").order > parse("Song 20231231 mix.wav").order


def test_titles_are_alike_with_an_artist_before_them() -> None:
    assert alike_titles("blue sky", "anna lind blue sky")
    assert alike_titles("blue sky", "blue sky")
    assert not alike_titles("blue sky", "blue moon")
    assert not alike_titles("", "")


@given(st.text(max_size=60))
@example("\N{MATHEMATICAL DOUBLE-STRUCK CAPITAL S}")
def test_any_name_can_be_read(name: str) -> None:
    stem = name.replace("/", "").replace("\0", "")
    found = parse(f"folder/{stem}.wav")
    assert found.version >= 0
    assert plain_words(found.title) == found.title
