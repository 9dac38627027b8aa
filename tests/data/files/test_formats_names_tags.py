from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassmaster.data.files.formats import DeliveryFormat
from glassmaster.data.files.names import display_name, output_name
from glassmaster.data.files.tags import carry, tags_lost
from glassmaster.models.errors import UsageError


def test_float_flac_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        DeliveryFormat("flac", "32f", 44_100, 2)
    assert caught.value.code == "format_mismatch"
    assert caught.value.exit_code == 64


@pytest.mark.parametrize(
    "fields",
    [
        ("mp3", "16", 44_100, 2),
        ("wav", "32", 44_100, 2),
        ("wav", "16", 7_999, 2),
        ("wav", "16", 384_001, 2),
        ("wav", "16", 44_100, 0),
        ("wav", "16", 44_100, 3),
    ],
)
def test_unknown_forms_are_refused(fields: tuple[str, str, int, int]) -> None:
    with pytest.raises(UsageError) as caught:
        DeliveryFormat(*fields)
    assert caught.value.code == "unknown_format"


def test_sizes() -> None:
    delivery = DeliveryFormat("wav", "24", 96_000, 2)
    assert delivery.audio_bytes(1000) == 6000
    assert (delivery.bits, delivery.is_float) == (24, False)


def test_unsafe_characters_are_shown_as_escapes() -> None:
    assert display_name("a\x1b[2Jb\n\u202egpj.wav") == "a\\x1b[2Jb\\n\\u202egpj.wav"
    assert display_name("Straße ♪ 東京.wav") == "Straße ♪ 東京.wav"
    assert display_name(os.fsdecode(b"\xff.wav")) == "\\udcff.wav"


def test_output_names() -> None:
    assert output_name("/music/My Mix.v2.wav", "-master.flac") == "My Mix.v2-master.flac"
    assert output_name("-dash.wav", ".wav") == "-dash.wav"
    assert output_name("a\u202eb\nc.wav", ".wav") == "a_b_c.wav"


@given(stem=st.text(min_size=1, max_size=300).filter(lambda text: "/" not in text))
def test_output_names_always_fit(stem: str) -> None:
    name = output_name(f"x{stem}.wav", "-master.wav")
    assert len(os.fsencode(name)) <= 255
    assert name.endswith("-master.wav")
    assert name[0] == "x"
    assert "/" not in name


def test_long_names_are_cut_between_characters() -> None:
    # 255 bytes less 4 for the suffix are 251: 125 characters of two bytes.
    assert output_name("ä" * 200 + ".wav", ".wav") == "ä" * 125 + ".wav"


def test_lost_tags_are_named() -> None:
    delivery = DeliveryFormat("wav", "16", 44_100, 2)
    carried, lost = carry(
        {"title": "T\0", "license": "CC0", "comment": "c" * 2001, "date": "", "mood": "blue"},
        delivery,
    )
    assert carried == {"title": "T"}
    assert lost == ("license", "comment", "mood")
    finding = tags_lost(lost, ("iXML",), delivery)
    assert finding is not None
    assert finding.code == "tags_lost"
    assert finding.message == "The WAV file does not carry license, comment, mood, iXML."
    assert tags_lost((), (), delivery) is None
