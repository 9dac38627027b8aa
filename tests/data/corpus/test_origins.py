from __future__ import annotations

import pytest

from glassmaster.data.corpus.components import Origin, components
from glassmaster.data.corpus.origins import artist_keys, artist_of_file, upstream_game


@pytest.mark.parametrize(
    ("package", "game"),
    [
        ("hedgewars-data", "hedgewars"),
        ("wesnoth-1.16-music", "wesnoth"),
        ("colobot-common-sounds", "colobot"),
        ("planetblupi-music-ogg", "planetblupi"),
        ("krank", "krank"),
        ("data", "data"),
        ("supertuxkart-data", "supertux"),
    ],
)
def test_package_names_lead_to_their_game(package: str, game: str) -> None:
    assert upstream_game(package) == game


@pytest.mark.parametrize(
    ("credit", "keys"),
    [
        ("Chris Leutwyler & Max Freeman", {"chris leutwyler", "max freeman"}),
        ("Joseph G. Toscano (Zhaytee)", {"joseph g toscano", "zhaytee"}),
        ("http://zhaymusic.com/", {"zhaytee"}),
        ("www.indiedb.com/members/crystan", {"crystan"}),
        ('Christian "Crystan" Hoffmann', {"christian hoffmann", "crystan"}),
        ("Manuel 'Vanethian' Marino", {"manuel marino", "vanethian"}),
        ("Àlex Almarza", {"alex almarza"}),
        ("Leandros.Ntounis", {"leandros ntounis"}),
        ("Klaus Halfmann aka Hasi50", {"klaus halfmann", "hasi50"}),
        ("Someone feat. Someone Else", {"someone", "someone else"}),
        ("Orchestra, Conductor: Simon Schindler", {"simon schindler"}),
        ("JOHN MICHEL, CELLO", {"john michel"}),
        ("Grady O'Connell", {"grady o connell"}),
        ("Various Artists", set()),
        ("", set()),
    ],
)
def test_credits_name_their_artists_in_one_spelling(credit: str, keys: set[str]) -> None:
    assert artist_keys(credit) == keys


@pytest.mark.parametrize(
    ("file", "artist"),
    [
        ("music/ingame/Olivier_Militon.-.Apnee.ogg", "Olivier Militon"),
        ("03 - Robert van Herk - Architectural Contemplations.ogg", "Robert van Herk"),
        ("01 - title.ogg", ""),
        ("theme.ogg", ""),
        ("well-known.ogg", ""),
    ],
)
def test_file_names_may_begin_with_the_artist(file: str, artist: str) -> None:
    assert artist_of_file(file) == artist


def test_artist_game_and_recording_connect_packages() -> None:
    tracks = [
        Origin("a/1", "a", "Jane Doe"),
        Origin("b-data/1", "b-data", "jane_doe & John"),
        Origin("b-music/1", "b-music", ""),
        Origin("c/1", "c", ""),
        Origin("d/1", "d", "John Smith"),
        Origin("e/1", "e", ""),
    ]
    found = components(tracks, [("c/1", "b-music/1"), ("d/1", "e@sid/unlisted")])
    assert found == {
        "a/1": "a",
        "b-data/1": "a",
        "b-music/1": "a",
        "c/1": "a",
        "d/1": "d",
        "e/1": "d",
    }


def test_tracks_without_artist_stay_apart() -> None:
    found = components([Origin("x/1", "x", ""), Origin("y/1", "y", "")])
    assert found == {"x/1": "x", "y/1": "y"}
