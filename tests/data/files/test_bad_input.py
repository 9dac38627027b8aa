from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glassmaster.data.files import flac_frames
from glassmaster.data.files.reader import open_audio
from glassmaster.models.errors import AudioFileError, GlassmasterError, UnsupportedAudioError

Make = Callable[[Any], bytes]


def read_all(path: Path, **options: float) -> tuple[int, list[str]]:
    with open_audio(path, **options) as reader:
        total = 0
        while (block := reader.read(10_000)).shape[1]:
            total += block.shape[1]
        findings = reader.findings()
    for finding in findings:
        # a plain sentence, as it stands under the name of the file
        assert finding.message[0].isupper()
        assert finding.message[-1] == "."
        assert path.name not in finding.message
    return total, [finding.code for finding in findings]


def refusal(path: Path, **options: float) -> GlassmasterError:
    with pytest.raises((AudioFileError, UnsupportedAudioError)) as caught:
        read_all(path, **options)
    error = caught.value
    assert "\n" not in str(error)
    assert path.name in str(error)
    assert error.path == str(path)
    return error


def flipped(data: bytes, at: float) -> bytes:
    damaged = bytearray(data)
    damaged[int(len(data) * at)] ^= 0x55
    return bytes(damaged)


REFUSED: dict[str, tuple[str, Make]] = {
    "0 bytes": ("empty_file", lambda f: b""),
    "1 byte": ("unreadable", lambda f: b"R"),
    "RIFF only": ("unreadable", lambda f: b"RIFF"),
    "RIFF, no WAVE": ("unreadable", lambda f: b"RIFF\x04\0\0\0AVI LIST"),
    "no chunks": ("no_audio", lambda f: f.riff()),
    "no data chunk": ("no_audio", lambda f: f.riff(f.fmt())),
    "0 frames": ("no_audio", lambda f: f.riff(f.fmt(), f.chunk(b"data", b""))),
    "sizes 0": ("no_audio", lambda f: f.riff(f.fmt(), f.data(0), size=0)),
    "2 GB LIST": ("no_audio", lambda f: f.riff(f.fmt(), f.chunk(b"LIST", b"INFO", 0x7FFF_FFFF))),
    "200k chunks": (
        "no_audio",
        lambda f: f.riff(f.fmt(), *[f.chunk(b"JUNK", b"")] * 200_000, f.data()),
    ),
    "odd chunk without pad": ("no_audio", lambda f: f.riff(f.fmt(), b"abc \3\0\0\0xyz", f.data())),
    "format breaks off": ("unreadable", lambda f: f.riff(f.chunk(b"fmt ", b"\1\0\2\0"), f.data())),
    "0 channels": ("bad_channels", lambda f: f.wav(channels=0)),
    "65535 channels": ("bad_channels", lambda f: f.wav(channels=65_535)),
    "3 channels": ("channels", lambda f: f.wav(channels=3)),
    "6 channels": ("channels", lambda f: f.wav(channels=6)),
    "8 channels": ("channels", lambda f: f.wav(channels=8)),
    "0 Hz": ("bad_sample_rate", lambda f: f.wav(rate=0)),
    "1 Hz": ("bad_sample_rate", lambda f: f.wav(rate=1)),
    "4.29 GHz": ("bad_sample_rate", lambda f: f.wav(rate=4_290_000_000)),
    "768 kHz": ("unsupported_sample_rate", lambda f: f.wav(rate=768_000)),
    "7999 Hz": ("unsupported_sample_rate", lambda f: f.wav(rate=7_999)),
    "384001 Hz": ("unsupported_sample_rate", lambda f: f.wav(rate=384_001)),
    "0 bits": ("unsupported_codec", lambda f: f.wav(bits=0)),
    "unknown codec": ("unsupported_codec", lambda f: f.wav(tag=0x1234)),
    "1 frame": ("too_short", lambda f: f.riff(f.fmt(), f.chunk(b"data", b"\1\0\1\0"))),
    "AIFF 0 Hz": ("bad_sample_rate", lambda f: f.aiff(rate=0)),
    "AIFF rate not a number": (
        "bad_sample_rate",
        lambda f: f.aiff().replace(f.aiff()[28:38], b"\x7f\xff" + b"\xff" * 8),
    ),
    "AIFF 6 channels": ("channels", lambda f: f.aiff(channels=6)),
    "AIFF unknown codec": ("unsupported_codec", lambda f: f.aiff(codec=b"QDM2\0\0")),
    "AIFF 0 frames": ("no_audio", lambda f: f.aiff(frames=0)),
    "AIFF header only": ("no_audio", lambda f: f.aiff()[:12]),
    "CAF rate not a number": ("bad_sample_rate", lambda f: f.caf(rate=float("nan"))),
    "CAF 0 channels": ("bad_channels", lambda f: f.caf(channels=0)),
    "CAF unknown codec": ("unsupported_codec", lambda f: f.caf(codec=b"aac ")),
    "CAF header only": ("no_audio", lambda f: f.caf()[:60]),
    "W64 with a chunk of negative size": (
        "unreadable",
        lambda f: (d := f.encode("W64", "PCM_16"))[:56] + bytes(8) + d[64:],
    ),
    "text": ("unreadable", lambda f: b"Dear engineer,\nhere is my song.\n"),
    "html": ("unreadable", lambda f: b"\n<!DOCTYPE html><html>404</html>"),
    "png": ("unreadable", lambda f: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "zip": ("unreadable", lambda f: b"PK\x03\x04" + bytes(100)),
    "ffconcat": ("unreadable", lambda f: b"ffconcat version 1.0\nfile /etc/passwd\n"),
    "HLS": ("unreadable", lambda f: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    "HLS over http": ("unreadable", lambda f: b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n"),
    "SDP": ("unreadable", lambda f: b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"),
    "M4A without moov": ("unreadable", lambda f: b"\0\0\0\x1cftypM4A \0\0\0\0" + bytes(64)),
    "random bytes": ("unreadable", lambda f: np.random.default_rng(3).bytes(4000)),
    "random bytes after a frame sync": (
        "unreadable",
        lambda f: b"\xff\xfb\x90\x64" + np.random.default_rng(3).bytes(4000),
    ),
    "FLAC header only": ("unreadable", lambda f: f.encode("FLAC", "PCM_16")[:30]),
    "FLAC of a frame's beginning": (
        "no_audio",
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), 0)[:100],
    ),
    "FLAC of unknown length without frames": (
        "unreadable",
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), 0)[:80],
    ),
    "FLAC with a damaged frame": ("corrupt", lambda f: flipped(f.encode("FLAC", "PCM_16"), 0.5)),
    "MP3 with a hole": (
        "corrupt",
        lambda f: (d := f.encode("MP3", "MPEG_LAYER_III"))[:20_000] + bytes(3000) + d[23_000:],
    ),
    "Vorbis with a damaged page": ("corrupt", lambda f: flipped(f.encode("OGG", "VORBIS"), 0.5)),
    "Opus with a damaged page": (
        "corrupt",
        lambda f: flipped(f.encode("OGG", "OPUS", 48_000), 0.5),
    ),
    "Vorbis with a missing page": ("corrupt", lambda f: without_a_page(f.encode("OGG", "VORBIS"))),
    "Ogg of another codec": (
        "unsupported_codec",
        lambda f: f.ogg_page(b"Speex   "),
    ),
    "ID3 of 256 MB without it": ("unreadable", lambda f: f.id3((1 << 28) - 1, bytes(5000))),
}


def without_a_page(data: bytes) -> bytes:
    pages = data.split(b"OggS")
    return b"OggS".join(pages[:5] + pages[6:])


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_code(forge: Any, case: str) -> None:
    code, make = REFUSED[case]
    error = refusal(forge.file("mix.wav", make(forge)))
    assert error.code == code
    assert error.exit_code == 65


TAKEN: dict[str, tuple[int, list[str], Make]] = {
    "plain": (20_000, [], lambda f: f.wav()),
    "384 kHz": (20_000, [], lambda f: f.wav(rate=384_000)),
    "192 kHz": (20_000, [], lambda f: f.wav(rate=192_000)),
    "32 kHz": (20_000, [], lambda f: f.wav(rate=32_000)),
    "22.05 kHz": (20_000, [], lambda f: f.wav(rate=22_050)),
    "12345 Hz": (20_000, [], lambda f: f.wav(rate=12_345)),
    "8 kHz": (20_000, [], lambda f: f.wav(rate=8_000)),
    "mono": (40_000, [], lambda f: f.wav(channels=1)),
    "u8": (40_000, ["low_bit_depth"], lambda f: f.wav(bits=8)),
    "two frames": (2, [], lambda f: f.riff(f.fmt(), f.chunk(b"data", bytes(8)))),
    "cut in half": (10_000, ["truncated"], lambda f: f.wav()[: 44 + 40_000]),
    "cut within a frame": (10_000, ["truncated"], lambda f: f.wav()[: 44 + 40_003]),
    "ds64 of 4 EB": (20_000, ["truncated"], lambda f: f.rf64(1 << 62)),
    "RF64": (20_000, [], lambda f: f.rf64(80_000)),
    "BW64": (20_000, [], lambda f: f.rf64(80_000, b"BW64")),
    "streamed": (20_000, [], lambda f: f.riff(f.fmt(), f.data(0xFFFF_FFFF), size=0xFFFF_FFFF)),
    "streamed by SoX": (20_000, [], lambda f: f.riff(f.fmt(), f.data(0x7FFF_F000))),
    "trailing junk": (20_000, [], lambda f: f.wav() + b"junk" * 1000),
    "ID3 before RIFF": (20_000, [], lambda f: f.id3(500, bytes(500)) + f.wav()),
    "AIFF": (20_000, ["extension_mismatch"], lambda f: f.aiff()),
    "AIFF cut": (7_486, ["truncated", "extension_mismatch"], lambda f: f.aiff()[:29_998]),
    "AIFF with more frames announced": (
        20_000,
        ["truncated", "extension_mismatch"],
        lambda f: f.aiff(frames=40_000),
    ),
    "CAF": (20_000, ["extension_mismatch"], lambda f: f.caf()),
    "CAF of size -1": (20_000, ["extension_mismatch"], lambda f: f.caf(-1)),
    "CAF cut": (10_000, ["truncated", "extension_mismatch"], lambda f: f.caf()[: 68 + 40_000]),
    "CAF of 1 EB": (20_000, ["truncated", "extension_mismatch"], lambda f: f.caf(1 << 60)),
    "FLAC as wav": (132_300, ["extension_mismatch"], lambda f: f.encode("FLAC", "PCM_16")),
    "MP3 as wav": (
        132_300,
        ["extension_mismatch", "lossy_source"],
        lambda f: f.encode("MP3", "MPEG_LAYER_III"),
    ),
    "FLAC of 2^36 frames": (
        132_300,
        ["extension_mismatch", "truncated"],
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), (1 << 36) - 1),
    ),
    "FLAC of unknown length": (
        132_300,
        ["extension_mismatch"],
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), 0),
    ),
    "FLAC longer than it says": (
        132_300,
        ["wrong_length", "extension_mismatch"],
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), 50_000),
    ),
    "FLAC with ID3v1 behind": (
        132_300,
        ["extension_mismatch"],
        lambda f: f.encode("FLAC", "PCM_16") + b"TAG" + bytes(125),
    ),
    "FLAC of unknown length with ID3v1 behind": (
        132_300,
        ["extension_mismatch"],
        lambda f: f.flac_with_total(f.encode("FLAC", "PCM_16"), 0) + b"TAG" + bytes(125),
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_read_in_full_and_commented(forge: Any, case: str) -> None:
    frames, findings, make = TAKEN[case]
    assert read_all(forge.file("mix.wav", make(forge))) == (frames, findings)


def test_missing_amount_is_named(forge: Any) -> None:
    path = forge.file("mix.wav", forge.wav()[: 44 + 40_000])
    with open_audio(path) as reader:
        message = reader.findings()[0].message
    # 40 000 of 80 000 bytes at 192 000 bytes a second.
    assert "0.208 s (40000 of 80000 bytes)" in message


def test_truncated_flac_gives_every_whole_frame_and_says_so(forge: Any) -> None:
    data = forge.encode("FLAC", "PCM_16")
    path = forge.file("mix.flac", data[: len(data) // 2])
    frames, findings = read_all(path)
    # Half of the bytes of noise are half of the audio, in blocks of 4096.
    assert frames % 4096 == 0
    assert abs(frames - 66_150) < 4096
    assert findings == ["truncated"]


@pytest.mark.parametrize(
    ("container", "codec", "rate", "name"),
    [
        ("MP3", "MPEG_LAYER_III", 44_100, "mix.mp3"),
        ("OGG", "VORBIS", 44_100, "mix.ogg"),
        ("OGG", "OPUS", 48_000, "mix.opus"),
    ],
)
def test_truncated_lossy_file_is_read_and_said_so(
    forge: Any, container: str, codec: str, rate: int, name: str
) -> None:
    data = forge.encode(container, codec, rate)
    frames, findings = read_all(forge.file(name, data[: len(data) // 2]))
    assert 30_000 < frames < 80_000
    assert sorted(findings) == ["lossy_source", "truncated"]


def test_damaged_flac_names_the_time(forge: Any) -> None:
    path = forge.file("mix.flac", flipped(forge.encode("FLAC", "PCM_16"), 0.5))
    # Half of 3 s, to the preceding block of 4096 at 44.1 kHz: 16 · 4096 / 44100 s.
    assert "1.486 s" in str(refusal(path))


def test_flac_with_a_frame_missing_is_corrupt_where_it_is_missing(forge: Any) -> None:
    data = forge.encode("FLAC", "PCM_16", audio=forge.noise[: 4096 * 8])
    starts = [i for i in range(86, len(data) - 5) if data[i : i + 4] == data[86:90]]
    third, fourth = (next(i for i in starts if data[i + 4] == number) for number in (3, 4))
    error = refusal(forge.file("mix.flac", data[:third] + data[fourth:]))
    assert error.code == "corrupt"
    assert "0.279 s" in str(error)  # 3 · 4096 / 44100


def test_longer_than_the_limit(forge: Any) -> None:
    path = forge.file("mix.flac", forge.encode("FLAC", "PCM_16"))
    assert refusal(path, longest_s=2.9).code == "too_long"
    assert read_all(path, longest_s=3.0)[0] == 132_300


def test_huge_id3_tag_does_not_hang(forge: Any) -> None:
    size = (1 << 28) - 1
    mp3 = forge.encode("MP3", "MPEG_LAYER_III")
    path = forge.sparse("mix.mp3", forge.id3(size), 10 + size, mp3)
    start = time.monotonic()
    assert read_all(path)[0] == 132_300
    assert time.monotonic() - start < 10.0


@pytest.mark.parametrize("head", [b"OggS", b"\xff\xfb\x90\x64", b"fLaC", b"caff\0\1\0\0"])
def test_huge_empty_files_do_not_hang(forge: Any, head: bytes) -> None:
    path = forge.sparse("mix.wav", head, 1 << 28)
    start = time.monotonic()
    refusal(path)
    assert time.monotonic() - start < 5.0


def test_files_full_of_page_marks_do_not_hang(forge: Any) -> None:
    ogg = forge.encode("OGG", "VORBIS")
    start = time.monotonic()
    assert refusal(forge.file("mix.ogg", ogg + b"OggS" * 1_000_000)).code == "corrupt"
    assert time.monotonic() - start < 5.0


MP3_HEADER = b"\xff\xfb\x90\x64"  # MPEG-1 layer III at 128 kbit/s and 44.1 kHz: 417 bytes a frame


@pytest.mark.parametrize("mark", [MP3_HEADER, b"\xff\xf2\x1c\0"], ids=["plausible", "reserved"])
def test_mp3_full_of_headers_that_lead_nowhere_does_not_hang(forge: Any, mark: bytes) -> None:
    # among them pairs of true frames, after each of which the search begins anew
    frame = MP3_HEADER.ljust(417, b"\0")
    data = frame * 3 + (mark * 15_000 + frame * 2) * 330
    start = time.monotonic()
    assert refusal(forge.file("mix.mp3", data)).code == "corrupt"
    assert time.monotonic() - start < 5.0


def test_mp3_with_many_small_faults_is_read(forge: Any) -> None:
    frame = MP3_HEADER.ljust(417, b"\0")
    with open_audio(forge.file("mix.mp3", frame * 3 + (b"\0" + frame * 2) * 1500)) as reader:
        assert reader.info.frames == 3003 * 1152 - 529  # the delay of the decoder


@pytest.mark.parametrize("kind", ["marks", "headers"])
def test_flac_full_of_marks_is_given_up_early(
    forge: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    looks = 0
    original = flac_frames._frame

    def counted(*arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        return original(*arguments)

    monkeypatch.setattr(flac_frames, "_frame", counted)
    data = forge.encode("FLAC", "PCM_16", audio=forge.noise[:9000])
    # the first frame's header once more is sound, but no next frame
    again = b"\xff\xf8" if kind == "marks" else data[86 : 86 + 6]
    path = forge.file("mix.flac", data + again * (8_000_000 // len(again)))
    assert read_all(path)[0] == 9000
    assert looks < 300_000


def test_neither_missing_nor_odd_things_are_opened(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.wav").code == "not_found"
    assert refusal(tmp_path).code == "not_a_file"
    os.mkfifo(tmp_path / "pipe.wav")
    assert refusal(tmp_path / "pipe.wav").code == "not_a_file"
    assert refusal(Path("/dev/zero")).code == "not_a_file"
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    assert refusal(tmp_path / "loop.wav").code == "not_found"


def test_nul_in_a_name_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError) as caught:
        open_audio(f"{tmp_path}/a\0b.wav")
    assert caught.value.code == "not_found"


def test_unreadable_file(forge: Any) -> None:
    path = forge.file("mix.wav", forge.wav())
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)
    try:
        assert refusal(path).code == "permission"
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize(
    "name", ["-dash.wav", "a;rm -rf $(x) `y`.wav", "n" * 246 + ".wav", " .wav"]
)
def test_odd_names_are_read(
    forge: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forge.file(name, forge.wav())
    monkeypatch.chdir(tmp_path)
    assert read_all(Path(name)) == (20_000, [])


def test_symbolic_link_is_read(forge: Any, tmp_path: Path) -> None:
    forge.file("mix.wav", forge.wav())
    (tmp_path / "link.wav").symlink_to("mix.wav")
    assert read_all(tmp_path / "link.wav") == (20_000, [])


def test_no_descriptor_stays_open(forge: Any) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    cases = [make(forge) for _, make in REFUSED.values()] + [forge.wav(), forge.caf(-1)]
    before = descriptors()
    for data in cases:
        path = forge.file("mix.wav", data)
        try:
            read_all(path)
        except GlassmasterError:
            continue
    assert descriptors() == before


def test_mutated_headers_are_refused_or_read(forge: Any) -> None:
    seeds = [
        forge.wav(),
        forge.aiff(),
        forge.caf(),
        forge.rf64(80_000),
        forge.encode("FLAC", "PCM_16", audio=forge.noise[:9000]),
        forge.encode("OGG", "VORBIS", audio=forge.noise[:9000]),
        forge.encode("MP3", "MPEG_LAYER_III", audio=forge.noise[:9000]),
        forge.encode("W64", "PCM_16", audio=forge.noise[:9000]),
    ]
    rng = np.random.default_rng(11)
    outcomes = set()
    for turn in range(800):
        data = bytearray(seeds[turn % len(seeds)])
        for at in rng.integers(0, 120, rng.integers(1, 5)):
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))])
        path = forge.file("mix.wav", bytes(data[: len(data) // int(rng.integers(1, 3))]))
        try:
            read_all(path)
            outcomes.add("read")
        except (AudioFileError, UnsupportedAudioError) as error:
            outcomes.add(error.code)
    assert {"read", "unreadable", "no_audio", "channels"} <= outcomes
