from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.files.reader import open_audio


def test_integers_arrive_exactly(forge: Any) -> None:
    codes = np.array([[-(1 << 23), -1, 0, 1, 12_345, (1 << 23) - 1]], np.int64).T
    packed = (codes & 0xFF_FFFF).astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    path = forge.file(
        "mix.wav", forge.riff(forge.fmt(channels=1, bits=24), forge.chunk(b"data", packed))
    )
    with open_audio(path) as reader:
        block = reader.read(100)
        assert reader.info.bit_depth == 24
    assert block.dtype == np.float32
    assert np.array_equal(block[0].astype(np.float64) * (1 << 23), codes[:, 0])


def test_unsigned_bytes_are_centered(forge: Any) -> None:
    data = forge.riff(forge.fmt(channels=1, bits=8), forge.chunk(b"data", bytes((0, 128, 255, 64))))
    with open_audio(forge.file("mix.wav", data)) as reader:
        assert reader.read(9).tolist() == [[-1.0, 0.0, 127 / 128, -0.5]]


def test_what_exceeds_float32_becomes_infinite(forge: Any) -> None:
    values = np.array([0.5, 1e300, -1e300, 2.4], "<f8").tobytes()
    data = forge.riff(forge.fmt(channels=1, bits=64, tag=3), forge.chunk(b"data", values))
    with open_audio(forge.file("mix.wav", data)) as reader:
        assert reader.read(9).tolist() == [[0.5, np.inf, -np.inf, np.float32(2.4)]]


def test_big_endian_wav(forge: Any) -> None:
    pcm = np.array([1, -2, 3, -4], ">i2").tobytes()
    chunks = (forge.fmt(order=">"), forge.chunk(b"data", pcm, order=">"))
    with open_audio(forge.file("mix.wav", forge.riff(*chunks, root=b"RIFX"))) as reader:
        assert (reader.read(9) * 32_768).tolist() == [[1, 3], [-2, -4]]


@pytest.mark.parametrize(
    ("container", "subtype", "name", "kind"),
    [
        ("WAV", "PCM_16", "a.wav", "WAV"),
        ("WAVEX", "PCM_24", "a.wav", "WAV"),
        ("RF64", "PCM_24", "a.wav", "WAV"),
        ("W64", "PCM_24", "a.w64", "W64"),
        ("AIFF", "PCM_24", "a.aif", "AIFF"),
        ("AIFF", "FLOAT", "a.aifc", "AIFF"),
        ("CAF", "PCM_24", "a.caf", "CAF"),
        ("CAF", "ALAC_24", "a.caf", "CAF"),
        ("FLAC", "PCM_24", "a.flac", "FLAC"),
    ],
)
def test_lossless_containers(
    forge: Any, container: str, subtype: str, name: str, kind: str
) -> None:
    audio = np.round(forge.noise.astype(np.float64) * 8192) / 8192
    path = forge.file(name, forge.encode(container, subtype, audio=audio))
    with open_audio(path) as reader:
        assert np.array_equal(reader.read(200_000), audio.T.astype(np.float32))
        assert reader.read(1).shape == (2, 0)
        assert reader.findings() == ()
        info = reader.info
    assert (info.container, info.codec, info.frames) == (kind, subtype, 132_300)
    assert (info.sample_rate, info.channels, info.lossy) == (44_100, 2, False)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_lossy_wav_is_named(forge: Any, subtype: str) -> None:
    audio = forge.noise[:8000, :1] if subtype == "GSM610" else forge.noise[:8000]
    with open_audio(forge.file("a.wav", forge.encode("WAV", subtype, audio=audio))) as reader:
        assert reader.read(20_000).shape[1] >= 8000
        assert [finding.code for finding in reader.findings()] == ["lossy_source"]
        assert reader.info.bit_depth is None


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 90_000), min_size=1, max_size=12))
def test_blocks_of_any_size_make_the_same_whole(
    sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("blocks") / "a.flac"
    frames = 150_000
    codes = np.random.default_rng(5).integers(-(1 << 15), 1 << 15, (frames, 2)).astype(np.int16)
    soundfile.write(path, codes, 48_000, subtype="PCM_16")
    pieces = []
    with open_audio(path) as reader:
        for turn in range(10_000):
            block = reader.read(sizes[turn % len(sizes)] + 500)
            assert block.flags.c_contiguous
            if block.shape[1] == 0:
                break
            pieces.append(block)
    assert np.array_equal(np.concatenate(pieces, axis=1) * 32_768, codes.T)


@pytest.mark.parametrize(
    ("container", "subtype", "rate"),
    [("MP3", "MPEG_LAYER_III", 44_100), ("OGG", "VORBIS", 44_100), ("OGG", "OPUS", 48_000)],
)
def test_decoder_delay_is_compensated(forge: Any, container: str, subtype: str, rate: int) -> None:
    audio = np.zeros((100_001, 2), np.float32)
    audio[70_000] = 0.9
    path = forge.file("a.x", forge.encode(container, subtype, rate, audio))
    with open_audio(path) as reader:
        decoded = reader.read(200_000)
    assert decoded.shape == (2, 100_001)
    assert int(np.argmax(np.abs(decoded[0]))) == 70_000


def without_first_mp3_frame(data: bytes) -> bytes:
    # MPEG-1 layer III at 128 kbit/s and 44.1 kHz: 144 · 128000 / 44100 bytes, rounded down.
    assert data[:3] == b"\xff\xfb\x90"
    return data[417:]


def test_mp3_without_a_header_is_read_in_full(forge: Any) -> None:
    audio = np.zeros((100_000, 2), np.float32)
    audio[70_000] = 0.9
    data = without_first_mp3_frame(forge.encode("MP3", "MPEG_LAYER_III", audio=audio))
    with open_audio(forge.file("a.mp3", data)) as reader:
        decoded = reader.read(200_000)
        assert "truncated" not in [finding.code for finding in reader.findings()]
        assert reader.frames == decoded.shape[1]
    # LAME's delay of 576 frames stays in front.
    assert 100_000 + 576 <= decoded.shape[1] < 100_000 + 576 + 2 * 1152
    assert int(np.argmax(np.abs(decoded[0]))) == 70_576


def test_joined_mp3_files_are_read_in_full(forge: Any) -> None:
    one = forge.encode("MP3", "MPEG_LAYER_III")
    two = forge.encode("MP3", "MPEG_LAYER_III", audio=forge.noise[:88_200])
    with open_audio(forge.file("a.mp3", one + two)) as reader:
        assert reader.read(300_000).shape[1] >= 132_300 + 88_200
        assert "wrong_length" in [finding.code for finding in reader.findings()]


def test_chained_ogg_is_read_as_one(forge: Any) -> None:
    one = forge.encode("OGG", "VORBIS")
    two = forge.encode("OGG", "VORBIS", audio=forge.noise[:88_200])
    first = forge.file("one.ogg", one)
    with open_audio(first) as reader:
        expected = reader.read(200_000)
    with open_audio(forge.file("a.ogg", one + two)) as reader:
        assert reader.frames == 132_300 + 88_200
        decoded = reader.read(300_000)
        assert decoded.shape[1] == 132_300 + 88_200
        assert [finding.code for finding in reader.findings()] == ["chained", "lossy_source"]
    assert np.array_equal(decoded[:, :132_300], expected)


def test_chain_of_different_rates_is_refused(forge: Any) -> None:
    from glassmaster.models.errors import UnsupportedAudioError

    data = forge.encode("OGG", "VORBIS") + forge.encode("OGG", "VORBIS", 48_000)
    with pytest.raises(UnsupportedAudioError) as caught:
        open_audio(forge.file("a.ogg", data))
    assert caught.value.code == "chained"


def test_reading_is_repeatable_and_ends_quietly(forge: Any) -> None:
    with open_audio(forge.file("a.wav", forge.wav())) as reader:
        assert reader.read(0).shape == (2, 0)
        assert reader.read(20_001).shape == (2, 20_000)
        assert reader.read(1).shape == (2, 0)
        reader.close()
        assert reader.read(1).shape == (2, 0)


def test_texts_and_what_cannot_be_read_are_named(forge: Any) -> None:
    title = forge.chunk(b"INAM", b"Song\0")
    chunks = (
        forge.chunk(b"bext", bytes(602)),
        forge.fmt(),
        forge.chunk(b"LIST", b"INFO" + title),
        forge.data(),
        forge.chunk(b"iXML", b"<x/>"),
        forge.chunk(b"cue ", bytes(4)),
    )
    with open_audio(forge.file("a.wav", forge.riff(*chunks))) as reader:
        assert dict(reader.info.tags) == {"title": "Song"}
        assert reader.info.unread == ("broadcast extension (bext)", "iXML", "cue points")


def test_flac_picture_and_foreign_comments_are_named(forge: Any) -> None:
    data = forge.encode("FLAC", "PCM_16")
    entries = [b"ISRC=DEXX12600001", b"TITLE=Song", b"albumartist=A"]
    comments = bytes(4) + len(entries).to_bytes(4, "little")
    comments += b"".join(len(each).to_bytes(4, "little") + each for each in entries)
    blocks = b"\4" + len(comments).to_bytes(3, "big") + comments + b"\x86\0\0\x20" + bytes(32)
    audio = data.index(b"\xff\xf8")
    path = forge.file("a.flac", data[:4] + b"\0" + data[5:42] + blocks + data[audio:])
    with open_audio(path) as reader:
        assert reader.info.unread == ("ISRC", "albumartist", "cover art")
        assert dict(reader.info.tags) == {"title": "Song"}
        assert reader.read(200_000).shape[1] == 132_300


def test_id3_picture_is_named(forge: Any) -> None:
    picture = b"APIC" + (100).to_bytes(4, "big") + bytes(2) + bytes(100)
    data = forge.id3(len(picture), picture) + forge.encode("MP3", "MPEG_LAYER_III")
    with open_audio(forge.file("a.mp3", data)) as reader:
        assert reader.info.unread == ("cover art",)
