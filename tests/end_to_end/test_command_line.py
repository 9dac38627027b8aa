from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from glassmaster.data.audio import Audio

HEAVY = (
    *("torch", "torchaudio", "scipy", "librosa", "hydra", "omegaconf", "mlflow", "lightning"),
    *("onnx", "onnxruntime", "pyloudnorm"),
)

WRONG = {
    "no command": (),
    "unknown command": ("polish", "MIX"),
    "unknown option": ("master", "MIX", "--louder"),
    "no mix": ("master",),
    "no value": ("master", "MIX", "--lufs"),
    "bad choice": ("master", "MIX", "--format", "mp3"),
    "bad depth": ("master", "MIX", "--bit-depth", "12"),
    "no number": ("master", "MIX", "--lufs", "abc"),
    "NaN": ("master", "MIX", "--lufs", "nan"),
    "infinite": ("master", "MIX", "--lufs", "inf", "--nearest"),
    "far too quiet": ("master", "MIX", "--lufs", "-1000"),
    "too loud": ("master", "MIX", "--lufs", "3"),
    "peak NaN": ("master", "MIX", "--true-peak", "nan"),
    "peak above full scale": ("master", "MIX", "--true-peak", "1"),
    "amount above 1": ("master", "MIX", "--amount", "1.5"),
    "amount NaN": ("master", "MIX", "--amount", "nan"),
    "rate 0": ("master", "MIX", "--sample-rate", "0"),
    "rate negative": ("master", "MIX", "--sample-rate", "-44100"),
    "rate too low": ("master", "MIX", "--sample-rate", "100"),
    "rate too high": ("master", "MIX", "--sample-rate", "1000000"),
    "rate no number": ("master", "MIX", "--sample-rate", "44.1k"),
    "unknown profile": ("master", "MIX", "--profile", "moon"),
    "profile as a path": ("master", "MIX", "--profile", "../profiles/cd"),
    "float in FLAC": ("master", "MIX", "--format", "flac", "--bit-depth", "32f"),
    "unknown ending": ("master", "MIX", "-o", "OUT/m.mp3"),
    "no ending": ("master", "MIX", "-o", "OUT/m"),
    "two mixes into a file": ("master", "MIX", "MIX", "-o", "OUT/m.wav"),
    "one recipe of two mixes": ("master", "MIX", "MIX", "--recipe", "OUT/r.yaml"),
    "check without profile": ("check", "MIX"),
    "check unknown profile": ("check", "MIX", "--profile", "moon"),
    "render without output": ("render", "OUT/r.yaml", "MIX"),
    "analyze nothing": ("analyze",),
    "shortened option": ("analyze", "MIX", "--deb"),
    "option that could be two": ("master", "MIX", "--re", "OUT"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_64_with_a_document(run: Any, mix: Path, tmp_path: Path, case: str) -> None:
    words = [word.replace("MIX", str(mix)).replace("OUT", str(tmp_path)) for word in WRONG[case]]
    before = sorted(mix.parent.iterdir())
    done = run(*words, "--json")
    assert done.code == 64
    assert done.document["files"] == []
    assert done.document["error"]["code"]
    assert "glassmaster: " in done.err
    assert len(done.err.rstrip("\n").rsplit("glassmaster: ", 1)[1].splitlines()) == 1
    plain = run(*words)
    assert plain.code == 64
    assert list(tmp_path.iterdir()) == []
    assert sorted(mix.parent.iterdir()) == before


def test_a_shortened_option_is_no_option(run: Any, mix: Path) -> None:
    done = run("analyze", mix, "--jso")  # which would otherwise be JSON in one place only
    assert done.code == 64
    assert "--jso" in done.err


def test_messages_move_no_cursor(run: Any, mix: Path, other_mix: Path, tmp_path: Path) -> None:
    sly = tmp_path / "\x1b[2J\nx"
    for words in (
        ("master", mix, other_mix, "-o", sly),
        ("master", mix, "-o", sly),
        ("master", mix, "-o", tmp_path / "\x1b.flac", "--format", "wav"),
        ("analyze", mix, "--\x1b[2J"),
    ):
        done = run(*words)
        assert done.code == 64
        assert "\x1b" not in done.err
        assert "\\x1b" in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_are_instant_and_light(
    spawn: Any, command: list[str], option: str
) -> None:
    fastest_s = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run([*command, option], capture_output=True, text=True, check=True)
        fastest_s = min(fastest_s, time.perf_counter() - started)
    assert "glassmaster" in done.stdout
    assert fastest_s < 0.5
    code = f"import sys; from glassmaster.inference.cli import main; main([{option!r}])"
    tail = "; print(*sys.modules, file=sys.stderr)"
    listed = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in listed.stderr.split()}
    assert loaded.isdisjoint({"numpy", "numba", "soundfile", "yaml", *HEAVY})


def test_every_command_has_help(run: Any) -> None:
    for name in ("master", "render", "analyze", "check", "listen", "warm"):
        done = subprocess.run(
            [sys.executable, "-m", "glassmaster.inference.program", name, "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
        assert f"glassmaster {name}" in done.stdout


def test_a_master_imports_nothing_heavy(mix: Path, tmp_path: Path) -> None:
    code = (
        # numba takes scipy where it finds it; what is None here cannot be imported by anyone
        f"import sys; sys.modules.update(dict.fromkeys({HEAVY}));"
        "from glassmaster.inference.cli import main;"
        f"status = main(['master', {str(mix)!r}, '-o', {str(tmp_path / 'm.wav')!r},"
        f" '--report', {str(tmp_path)!r}, '--recipe', {str(tmp_path / 'r.yaml')!r}]);"
        "print(*(name for name, module in sys.modules.items() if module)); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "numba" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_installed_program_is_the_same(mix: Path, run: Any) -> None:
    program = Path(sys.executable).with_name("glassmaster")
    done = subprocess.run(
        [program, "analyze", mix, "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout) == run("analyze", mix, "--json").document


def test_check_says_2_where_a_file_does_not_comply(run: Any, mix: Path) -> None:
    done = run("check", mix, "--profile", "ebu_r128", "--json")
    assert done.code == 2
    assert done.file["complies"] is False
    assert any("-23.0" in violation for violation in done.file["violations"])
    done = run("check", mix, "--profile", "all", "--json")
    assert done.code == 2
    listed = {each["profile"]: each["complies"] for each in done.file["profiles"]}
    assert listed["ebu_r128"] is False
    assert listed["default"] is True
    assert {"cd", "spotify", "youtube", "atsc_a85"} < set(listed)


def scaled_noise(lufs: float, folder: Path, name: str) -> Path:
    """Write band-limited noise in both channels, at a loudness known from BS.1770's own filters."""
    rng = np.random.default_rng(9)
    noise = sosfilt(butter(4, 8_000, fs=48_000, output="sos"), rng.standard_normal(10 * 48_000))
    # BS.1770-5, Annex 1, Tables 1 and 2
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
    shelf_back = [1.0, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    weighted = sosfilt([[*shelf, *shelf_back], high_pass], noise)
    loudness = -0.691 + 10.0 * np.log10(2.0 * np.mean(weighted**2))
    scaled = noise * 10.0 ** ((lufs - loudness) / 20.0)
    path = folder / name
    soundfile.write(path, np.stack((scaled, scaled), axis=1), 48_000, subtype="FLOAT")
    return path


@pytest.mark.parametrize(("lufs", "code"), [(-23.0, 0), (-23.15, 0), (-22.7, 2), (-23.3, 2)])
def test_check_tells_compliance_by_tenths(run: Any, tmp_path: Path, lufs: float, code: int) -> None:
    path = scaled_noise(lufs, tmp_path, "noise.wav")
    done = run("check", path, "--profile", "ebu_r128", "--json")
    assert done.code == code
    assert done.file["integrated_lufs"] == pytest.approx(lufs, abs=0.05)


def test_status_of_several_files_is_the_worst(
    run: Any, mix: Path, other_mix: Path, tmp_path: Path, song: Audio
) -> None:
    text = tmp_path / "text.wav"
    text.write_bytes(b"no audio at all")
    done = run("analyze", mix, text, other_mix, "--json")
    assert done.code == 65
    assert [entry["status"] for entry in done.document["files"]] == ["ok", "error", "ok"]
    good = scaled_noise(-23.0, tmp_path, "good.wav")
    assert run("check", good, mix, "--profile", "ebu_r128").code == 2
    assert run("check", mix, text, good, "--profile", "ebu_r128").code == 65

    out = tmp_path / "out"
    out.mkdir()
    hard = ("-o", out, "--lufs", "-5")
    assert run("master", mix, other_mix, *hard).code == 3
    assert run("master", mix, text, *hard).code == 65
    (out / "mix-master.wav").write_bytes(b"mine")
    done = run("master", text, mix, other_mix, *hard, "--json")
    assert done.code == 74
    assert [entry["exit_code"] for entry in done.document["files"]] == [65, 74, 3]
