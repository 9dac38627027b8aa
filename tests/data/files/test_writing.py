from __future__ import annotations

import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.files import formats, partial
from glassmaster.data.files.formats import DeliveryFormat
from glassmaster.data.files.partial import PARTIAL_MARK, check_output
from glassmaster.data.files.tags import carry
from glassmaster.data.files.writer import check_space, create_audio
from glassmaster.models.errors import DeliveryError, OutputError, ParameterError

FORMS = [
    ("wav", "16"),
    ("wav", "24"),
    ("wav", "32f"),
    ("flac", "16"),
    ("flac", "24"),
    ("aiff", "16"),
    ("aiff", "24"),
    ("aiff", "32f"),
]
WAV = DeliveryFormat("wav", "16", 44_100, 2)
SILENCE = np.zeros((2, 1000), np.int32)


def put(path: Path, delivery: DeliveryFormat = WAV, block: Any = SILENCE, **options: Any) -> Path:
    with create_audio(path, delivery, frames=block.shape[1], **options) as writer:
        writer.write(block)
        return writer.commit()


def refusal(path: Path, *args: Any, **options: Any) -> OutputError:
    with pytest.raises(OutputError) as caught:
        put(path, *args, **options)
    assert caught.value.exit_code == 74
    assert path.name in str(caught.value)
    return caught.value


def leftovers(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if PARTIAL_MARK in name]


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    channels=st.integers(1, 2),
    frames=st.integers(1, 9000),
    cut=st.integers(0, 9000),
    rate=st.sampled_from([8_000, 44_100, 96_000, 384_000]),
)
def test_every_bit_comes_back(
    form: tuple[str, str],
    channels: int,
    frames: int,
    cut: int,
    rate: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    delivery = DeliveryFormat(*form, rate, channels)
    rng = np.random.default_rng(frames)
    block: Any
    if delivery.is_float:
        block = (rng.standard_normal((channels, frames)) * 3).astype(np.float32)
    else:
        full = 1 << delivery.bits - 1
        block = rng.integers(-full, full, (channels, frames), np.int32)
        block[:, 0] = -full
        block[:, -1] = full - 1
    path = tmp_path_factory.mktemp("out") / "a"
    with create_audio(path, delivery, frames=frames) as writer:
        writer.write(block[:, :cut])
        writer.write(block[:, cut:])
        assert not path.exists()
        writer.commit()
    # An independent reader takes the codes as they are, left-aligned in 32 bits.
    if delivery.is_float:
        back, found = soundfile.read(path, dtype="float32", always_2d=True)
    else:
        back, found = soundfile.read(path, dtype="int32", always_2d=True)
        back = back >> 32 - delivery.bits
    assert np.array_equal(back.T, block)
    assert found == rate
    assert path.stat().st_size <= delivery.estimated_bytes(frames)
    assert soundfile.info(path).format == form[0].upper()
    assert soundfile.info(path).subtype == {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}[form[1]]


def test_wav_is_plain(tmp_path: Path) -> None:
    data = put(tmp_path / "a.wav", DeliveryFormat("wav", "24", 48_000, 2)).read_bytes()
    assert data[:4] == b"RIFF"
    # PCM, 2 channels, 48 kHz, 288 000 bytes a second, 6 bytes a frame, 24 bits
    assert data[12:36] == b"fmt " + struct.pack("<IHHIIHH", 16, 1, 2, 48_000, 288_000, 6, 24)


@pytest.mark.parametrize("form", FORMS)
def test_same_audio_gives_the_same_bytes(
    tmp_path: Path, form: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = DeliveryFormat(*form, 44_100, 2)
    block = SILENCE.astype(np.float32) if delivery.is_float else SILENCE
    tags = {"title": "Song", "software": "Glassmaster"}
    one = put(tmp_path / "one", delivery, block, tags=tags).read_bytes()
    if delivery.is_float:
        # The time of writing would stand in these four bytes.
        at = one.index(b"PEAK") + 12
        assert one[at : at + 4] == bytes(4)
    assert put(tmp_path / "two", delivery, block, tags=tags).read_bytes() == one


def test_more_than_4_gb_become_rf64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 2 · 3 bytes a frame: 0xFFFF0000 bytes are 715 816 960 frames.
    delivery = DeliveryFormat("wav", "24", 96_000, 2)
    assert delivery.major_format(715_816_960) == "WAV"
    assert delivery.major_format(715_816_961) == "RF64"
    monkeypatch.setattr(formats, "LARGEST_CHUNKED_BYTES", 5_999)
    block = np.arange(2000, dtype=np.int32).reshape(2, 1000)
    path = put(tmp_path / "a.wav", delivery, block, tags={"title": "Song"})
    data = path.read_bytes()
    assert (data[:4], data[12:16]) == (b"RF64", b"ds64")
    assert int.from_bytes(data[28:36], "little") == 6000
    assert np.array_equal(soundfile.read(path, dtype="int32")[0].T >> 8, block)


def test_too_large_for_aiff_is_refused_at_once(tmp_path: Path) -> None:
    delivery = DeliveryFormat("aiff", "24", 96_000, 2)
    with pytest.raises(OutputError) as caught:
        create_audio(tmp_path / "a.aiff", delivery, frames=800_000_000)
    assert caught.value.code == "too_large_for_aiff"
    assert os.listdir(tmp_path) == []


def test_blocks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    float_form = DeliveryFormat("wav", "32f", 44_100, 2)
    with create_audio(tmp_path / "a.wav", WAV, frames=10) as writer:
        for block in (SILENCE.astype(np.float32), SILENCE[:1], SILENCE.astype(np.int16)):
            with pytest.raises(ParameterError):
                writer.write(block)
        for code in (32_768, -32_769):
            with pytest.raises(DeliveryError) as caught:
                writer.write(np.full((2, 1), code, np.int32))
            assert caught.value.code == "out_of_range"
        writer.write(SILENCE[:, :0])
        assert soundfile.info(writer.finish()).frames == 0
    with create_audio(tmp_path / "b.wav", float_form, frames=10) as writer:
        for value in (np.nan, np.inf, -np.inf):
            with pytest.raises(DeliveryError) as caught:
                writer.write(np.array([[0.0], [value]], np.float32))
            assert caught.value.code == "non_finite"
    assert os.listdir(tmp_path) == []


def test_abort_and_errors_leave_nothing(tmp_path: Path) -> None:
    writer = create_audio(tmp_path / "a.wav", WAV, frames=1000)
    writer.write(SILENCE)
    assert len(leftovers(tmp_path)) == 1
    assert all(name.startswith(".") for name in os.listdir(tmp_path))
    writer.abort()
    writer.abort()
    assert os.listdir(tmp_path) == []


def test_interruption_leaves_nothing(tmp_path: Path) -> None:
    def work() -> None:
        with create_audio(tmp_path / "a.wav", WAV, frames=1000) as writer:
            writer.write(SILENCE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert os.listdir(tmp_path) == []


def test_finished_file_can_be_read_back_under_its_hidden_name(tmp_path: Path) -> None:
    with create_audio(tmp_path / "a.wav", WAV, frames=1000) as writer:
        writer.write(SILENCE)
        hidden = writer.finish()
        assert soundfile.info(hidden).frames == 1000
        assert not (tmp_path / "a.wav").exists()
        writer.commit()
    assert os.listdir(tmp_path) == ["a.wav"]


def test_existing_file_survives_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"precious")
    assert refusal(path).code == "exists"
    with create_audio(path, WAV, frames=1000, force=True) as writer:
        writer.write(SILENCE)
        assert path.read_bytes() == b"precious"
    assert path.read_bytes() == b"precious"
    put(path, force=True)
    assert soundfile.info(path).frames == 1000
    assert os.listdir(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("has_links", [True, False])
def test_file_that_appears_meanwhile_survives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    if not has_links:
        monkeypatch.setattr(partial.os, "link", refuse)
    path = tmp_path / "a.wav"
    with create_audio(path, WAV, frames=1000) as writer:
        writer.write(SILENCE)
        path.write_bytes(b"precious")
        with pytest.raises(OutputError) as caught:
            writer.commit()
    assert caught.value.code == "exists"
    assert path.read_bytes() == b"precious"
    path.unlink()
    put(path)
    assert os.listdir(tmp_path) == ["a.wav"]


def test_input_is_never_overwritten(tmp_path: Path) -> None:
    mix = put(tmp_path / "mix.wav")
    other = tmp_path / "other.wav"
    os.link(mix, other)
    (tmp_path / "link.wav").symlink_to("mix.wav")
    for name in ("mix.wav", "other.wav", "link.wav", "../" + tmp_path.name + "/mix.wav"):
        with pytest.raises(OutputError) as caught:
            check_output(tmp_path / name, [tmp_path / "absent.wav", mix], force=True)
        assert caught.value.code == "would_overwrite_input"
    check_output(tmp_path / "new.wav", [mix], force=False)


def test_links_are_replaced_and_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious.wav"
    precious.write_bytes(b"precious")
    link, dangling = tmp_path / "link.wav", tmp_path / "dangling.wav"
    link.symlink_to("precious.wav")
    dangling.symlink_to("absent.wav")
    for path in (link, dangling):
        assert refusal(path).code == "exists"
        put(path, force=True)
        assert not path.is_symlink()
    assert precious.read_bytes() == b"precious"


def test_folders_and_devices_are_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/null")):
        assert refusal(path, force=True).code == "not_a_file"


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "absent" / "a.wav").code == "no_directory"
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "a.wav").code == "no_directory"
    assert refusal(tmp_path / ("n" * 256)).code == "name_too_long"
    monkeypatch.setattr(partial.os, "access", lambda *_: False)
    assert refusal(tmp_path / "a.wav").code == "read_only"


def test_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".wav")
    assert put(path) == path


def test_space_is_checked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    check_space(tmp_path / "a.wav", 3_900_000)
    with pytest.raises(OutputError) as caught:
        create_audio(tmp_path / "a.wav", WAV, frames=1_000_000)
    assert caught.value.code == "disk_full"
    assert os.listdir(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("form", FORMS)
def test_full_disk(tiny_disk: Path, form: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glassmaster.data.files.writer.check_space", lambda *_: None)
    delivery = DeliveryFormat(*form, 44_100, 2)
    noise: Any = np.random.default_rng(1).integers(-32_768, 32_768, (2, 400_000), np.int32)
    if delivery.is_float:
        noise = noise.astype(np.float32)
    path = tiny_disk / "a.out"
    path.write_bytes(b"precious")
    error = refusal(path, delivery, noise, force=True)
    assert error.code == "disk_full"
    assert path.read_bytes() == b"precious"
    assert os.listdir(tiny_disk) == ["a.out"]


def test_file_size_limit_counts_as_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError) as caught:
            put(tmp_path / "a.wav", WAV, np.zeros((2, 100_000), np.int32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.code == "disk_full"
    assert os.listdir(tmp_path) == []


def test_killed_process_leaves_only_a_hidden_file_that_goes_next_time(tmp_path: Path) -> None:
    program = (
        "import sys, time, numpy as np\n"
        "from glassmaster.data.files.formats import DeliveryFormat\n"
        "from glassmaster.data.files.writer import create_audio\n"
        "writer = create_audio(sys.argv[1], DeliveryFormat('wav', '16', 44100, 2), frames=1000)\n"
        "writer.write(np.zeros((2, 1000), np.int32))\n"
        "print('written', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "a.wav")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        living = leftovers(tmp_path)
        put(tmp_path / "b.wav")
        assert leftovers(tmp_path) == living
        child.kill()
    assert sorted(os.listdir(tmp_path)) == sorted(["b.wav", *living])
    put(tmp_path / "a.wav")
    assert sorted(os.listdir(tmp_path)) == ["a.wav", "b.wav"]


def test_strange_hidden_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    (tmp_path / f"a{PARTIAL_MARK}1").touch()
    put(tmp_path / "a.wav")
    assert set(os.listdir(tmp_path)) == {".hidden", "a.wav", f"a{PARTIAL_MARK}1"}


TAGS = {
    "title": "Lied Nr. 1 ♪",
    "copyright": "C",
    "software": "Studio 3 (libsndfile-1.0.31)",
    "artist": "A",
    "comment": "c" * 2000,
    "date": "2024-02-29",
    "album": "Al",
    "license": "CC0",
    "tracknumber": "3",
    "genre": "Polka",
}


@pytest.mark.parametrize(
    ("container", "lost"),
    [
        ("wav", ("license",)),
        ("flac", ()),
        ("aiff", ("date", "album", "license", "tracknumber", "genre")),
    ],
)
def test_tags_come_back(tmp_path: Path, container: str, lost: tuple[str, ...]) -> None:
    delivery = DeliveryFormat(container, "24", 44_100, 2)
    carried, missing = carry(TAGS, delivery)
    assert missing == lost
    path = put(tmp_path / "a", delivery, tags=carried)
    with soundfile.SoundFile(path) as file:
        back = file.copy_metadata()
    expected = {key: value for key, value in TAGS.items() if key not in lost}
    assert back.pop("software").startswith("Studio 3 (libsndfile-1.")
    expected.pop("software")
    assert back == expected


@pytest.mark.parametrize("container", ["wav", "flac", "aiff"])
def test_longest_tags_come_back_all_together(tmp_path: Path, container: str) -> None:
    delivery = DeliveryFormat(container, "16", 44_100, 2)
    tags = {key: key[0] * (100 if key == "software" else 2000) for key in TAGS}
    carried, _ = carry(tags, delivery)
    path = put(tmp_path / "a", delivery, tags=carried)
    with soundfile.SoundFile(path) as file:
        back = file.copy_metadata()
        assert file.frames == 1000
    assert back.pop("software").startswith("s" * 100)
    carried.pop("software")
    assert back == carried
