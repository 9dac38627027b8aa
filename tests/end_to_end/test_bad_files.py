from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Audio

RATE = 44_100
HOSTILE = (  # their headers announce far more than there is
    "2 GB LIST",
    "4.29 GHz",
    "65535 channels",
    "200k chunks",
    "ID3 of 256 MB without it",
)
MASTERED = ("plain", "cut in half", "ds64 of 4 EB", "streamed", "MP3 as wav", "FLAC of 2^36 frames")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def write(folder: Path, samples: Any, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    path = folder / "mix.wav"
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def refused(run: Any, path: Path, code: str) -> None:
    """Hold a refusal of `analyze` and of `master` against what every one has to be."""
    before = names(path.parent) if path.parent.name != "dev" else set()
    for command in ("analyze", "master"):
        started = time.monotonic()
        options = ("-o", path.parent / "never.wav") if before and command == "master" else ()
        done = run(command, path, *options, "--json")
        assert time.monotonic() - started < 10.0
        assert (done.code, done.error_code) == (65, code)
        assert done.file["status"] == "error"
        assert done.file["error"]["path"] == str(path)
        assert done.err.count("\n") == 1
        assert path.name in done.err
        if before:
            assert names(path.parent) == before


def cases(table: str) -> list[str]:
    from importlib.util import module_from_spec, spec_from_file_location

    place = Path(__file__).parents[1] / "data" / "files" / "test_bad_input.py"
    specification = spec_from_file_location("bad_input_names", place)
    assert specification is not None
    assert specification.loader is not None
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return list(getattr(module, table))


@pytest.mark.parametrize("case", cases("REFUSED"))
def test_bad_file_is_refused(run: Any, bytesmith: Any, bad_input: ModuleType, case: str) -> None:
    code, make = bad_input.REFUSED[case]
    refused(run, bytesmith.file("mix.wav", make(bytesmith)), code)


@pytest.mark.parametrize("case", cases("TAKEN"))
def test_odd_file_is_analyzed_and_commented(
    run: Any, bytesmith: Any, bad_input: ModuleType, case: str
) -> None:
    frames, findings, make = bad_input.TAKEN[case]
    done = run("analyze", bytesmith.file("mix.wav", make(bytesmith)), "--json")
    if case == "two frames":  # digital silence
        assert (done.code, done.error_code) == (65, "silent")
        return
    assert done.code == 0
    assert set(findings) <= done.warnings
    assert done.file["duration_s"] * done.file["sample_rate"] == pytest.approx(frames)


def test_low_sample_rate_is_told_once(run: Any, bytesmith: Any) -> None:
    done = run("analyze", bytesmith.file("mix.wav", bytesmith.wav(rate=22_050)), "--json")
    told = [warning["message"] for warning in done.file["warnings"]]
    assert [message for message in told if "22050" in message] == [
        "The sample rate of 22050 Hz leaves no treble to work on."
    ]


@pytest.mark.parametrize("case", MASTERED)
def test_odd_file_is_mastered_in_full(
    run: Any, bytesmith: Any, bad_input: ModuleType, tmp_path: Path, case: str
) -> None:
    frames, findings, make = bad_input.TAKEN[case]
    mix = bytesmith.file("mix.wav", make(bytesmith))
    done = run("master", mix, "-o", tmp_path / "m.wav", "--json")
    assert done.code == 0
    assert set(findings) <= done.warnings
    assert soundfile.info(tmp_path / "m.wav").frames == frames


@pytest.mark.parametrize("case", HOSTILE)
def test_lying_headers_take_no_memory(
    spawn: Any, bytesmith: Any, bad_input: ModuleType, case: str
) -> None:
    code, make = bad_input.REFUSED[case]
    path = bytesmith.file("mix.wav", make(bytesmith))
    cap = 2 << 30  # address space, of which numba and numpy reserve most without using it
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (cap, cap))}
    done = spawn("analyze", path, "--json", timeout=30, **limits)
    assert (done.code, done.error_code) == (65, code)


def tone(seconds: float = 2.0, level: float = 0.3) -> Any:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return level * np.stack((np.sin(2e3 * time_s), np.sin(2.2e3 * time_s)), axis=1)


@pytest.mark.parametrize(
    ("code", "value", "everywhere"),
    [
        ("non_finite", np.nan, False),
        ("non_finite", np.inf, False),
        ("non_finite", -np.inf, False),
        ("non_finite", np.nan, True),
        ("absurd_level", 1e30, False),
        ("absurd_level", 1e30, True),
    ],
)
def test_samples_that_are_no_audio(
    run: Any, tmp_path: Path, code: str, value: float, everywhere: bool
) -> None:
    samples = tone()
    samples[slice(None) if everywhere else 70_000] = value
    refused(run, write(tmp_path, samples), code)


@pytest.mark.parametrize("code", ["silent"])
@pytest.mark.parametrize("samples", [np.zeros((RATE, 2)), np.zeros((400 * RATE, 1))])
def test_silence_is_refused(run: Any, tmp_path: Path, code: str, samples: Any) -> None:
    refused(run, write(tmp_path, samples, subtype="PCM_16"), code)


@pytest.mark.parametrize(
    ("name", "level"), [("one LSB", 2.0**-15), ("denormal", 1e-40), ("1e-20", 1e-20)]
)
def test_what_is_next_to_silence_is_never_raised(
    run: Any, tmp_path: Path, name: str, level: float
) -> None:
    signs = np.random.default_rng(5).choice((-level, level), (2 * RATE, 2))
    path = write(tmp_path, signs.astype(np.float32))
    done = run("master", path, "-o", tmp_path / "m.wav", "--json")
    if done.code == 65:
        assert done.error_code == "silent"
        assert names(tmp_path) == {"mix.wav"}
        return
    assert done.code == 0
    assert done.file["loudness_gain_db"] == 0.0
    assert "loudness_undefined" in done.warnings
    assert np.abs(soundfile.read(tmp_path / "m.wav")[0]).max() < 1e-4


def test_dc_only_is_not_raised(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path, np.full((2 * RATE, 2), 0.25))
    done = run("master", path, "-o", tmp_path / "m.wav", "--json")
    if done.code == 65:
        assert done.error_code == "silent"
        return
    assert done.code == 0
    assert "dc_offset" in done.warnings
    assert done.file["after"]["true_peak_dbtp"] <= -1.0


def test_hot_float_mix_is_mastered(run: Any, tmp_path: Path, song: Audio) -> None:
    path = write(tmp_path, 3.5 * song.samples.T)  # +7 dBFS
    done = run("master", path, "-o", tmp_path / "m.wav", "--lufs", "-14", "--json")
    assert done.code == 0
    assert done.file["before"]["sample_peak_dbfs"] > 5.0
    assert done.file["after"]["integrated_lufs"] == pytest.approx(-14.0, abs=0.1)


def faulty(song: Audio, fault: str) -> Any:
    samples = song.samples.T.astype(np.float64)
    left = samples[:, :1]
    return {
        "clipped": np.clip(4.0 * samples, -0.9, 0.9),
        "one_sided": np.concatenate((left, 0.0 * left), axis=1),
        "phase": np.concatenate((left, -left), axis=1),
        "dc_offset": 0.6 * samples + 0.1,
    }[fault]


@pytest.mark.parametrize("fault", ["clipped", "one_sided", "phase", "dc_offset"])
def test_faulty_mix_is_mastered_with_a_warning(
    run: Any, tmp_path: Path, song: Audio, fault: str
) -> None:
    path = write(tmp_path, faulty(song, fault), subtype="PCM_24")
    done = run("master", path, "-o", tmp_path / "m.wav", "--json")
    assert done.code == 0
    assert fault in done.warnings
    assert done.file["after"]["true_peak_dbtp"] <= -1.0
    assert run("check", tmp_path / "m.wav", "--profile", "default").code == 0


def test_leading_silence_is_kept(run: Any, tmp_path: Path, song: Audio) -> None:
    samples = np.concatenate((np.zeros((20 * RATE, 2)), song.samples.T))
    path = write(tmp_path, samples, subtype="PCM_24")
    assert run("master", path, "-o", tmp_path / "m.wav").code == 0
    master, _ = soundfile.read(tmp_path / "m.wav")
    assert len(master) == len(samples)
    assert np.abs(master[: 19 * RATE]).max() < 2.0**-21  # nothing but dither


@pytest.mark.parametrize(("sounding", "code"), [(1, 65), (2 * RATE, 0)])
def test_three_minutes_of_silence_around_a_sound_are_quick(
    run: Any, tmp_path: Path, sounding: int, code: int
) -> None:
    samples = np.zeros((180 * RATE, 2), np.int16)
    samples[90 * RATE : 90 * RATE + sounding] = 20_000 * np.cos(0.05 * np.arange(sounding)[:, None])
    path = tmp_path / "mix.flac"
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    started = time.monotonic()
    done = run("master", path, "-o", tmp_path / "m.wav", "--json")
    assert time.monotonic() - started < 30.0
    assert done.code == code
    if code == 65:  # a single click is no music
        assert done.error_code == "silent"
        return
    assert done.file["after"]["true_peak_dbtp"] <= -1.0
    assert soundfile.info(tmp_path / "m.wav").frames == 180 * RATE


def test_what_is_no_regular_file(run: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    refused(run, tmp_path / "missing.wav", "not_found")
    refused(run, tmp_path / "pipe.wav", "not_a_file")
    refused(run, tmp_path / "folder.wav", "not_a_file")
    refused(run, Path("/dev/zero"), "not_a_file")


NAMES = {
    "dash": "-dash.wav",
    "shell": "a;touch owned $(touch owned) `touch owned` 'q' \"q\" |.wav",
    "right to left": "cod‮vaw.exe.wav",
    "newline": "two\nlines.wav",
    "escape": "\x1b[31mred\x1b[0m.wav",
    "no text": os.fsdecode(b"caf\xe9.wav"),
    "250 bytes": "n" * 246 + ".wav",
    "255 bytes of more": "ü" * 125 + "a.wav",
    "markup": "<script>alert(1)<img src=x>.wav",
    "no ending": "mix",
}


@pytest.mark.parametrize("kind", NAMES)
def test_odd_names(
    run: Any, mix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = NAMES[kind]
    (tmp_path / name).write_bytes(mix.read_bytes())
    words = ("--", name) if name.startswith("-") else (name,)
    options = ("--json", "--report", "reports")
    done = run("master", *options, *words)
    assert done.code == 0
    made = names(tmp_path) - {name, "reports"}
    assert len(made) == 1
    (output,) = made
    assert output.endswith("-master.wav")
    assert output.isprintable()
    assert "‮" not in done.err
    assert "\x1b" not in done.err
    (page,) = (tmp_path / "reports").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "‮" not in text


@pytest.mark.parametrize("kind", ["shell", "no text"])
def test_odd_names_in_refusals(spawn: Any, tmp_path: Path, kind: str) -> None:
    name = NAMES[kind]
    (tmp_path / name).write_bytes(b"no audio")
    done = spawn("master", name, "--json", cwd=tmp_path)
    assert done.code == 65
    assert done.err.count("\n") == 1
    assert names(tmp_path) == {name}


def test_input_is_never_touched(run: Any, sha256: Any, mix: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mix.wav"
    copy.write_bytes(mix.read_bytes())
    before = (sha256(copy), copy.stat().st_ino, copy.stat().st_mtime_ns)
    (tmp_path / "link.wav").symlink_to(copy)
    os.link(copy, tmp_path / "twin.wav")
    for output in ("mix.wav", "link.wav", "twin.wav"):
        done = run("master", copy, "-o", tmp_path / output, "--force", "--json")
        assert (done.code, done.error_code) == (74, "would_overwrite_input")
    assert (sha256(copy), copy.stat().st_ino, copy.stat().st_mtime_ns) == before
    assert names(tmp_path) == {"mix.wav", "link.wav", "twin.wav"}
