from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyebur128
import pytest
import soundfile
from scipy.signal import resample_poly

from glassmaster.data.audio import Audio
from glassmaster.data.synthetic import compose

FORMS = [
    (container, depth)
    for container in ("wav", "flac", "aiff")
    for depth in ("16", "24", "32f")
    if (container, depth) != ("flac", "32f")
]
SUBTYPES = {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}


def measure(path: Path) -> tuple[float, float]:
    """Return integrated loudness, mono as dual mono, and true peak by libebur128.

    Its filters are bilinear, 0.2 LU off at 8 kHz, so low rates are converted for it.
    """
    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    factor = -(-44_100 // rate)
    if factor > 1:
        samples, rate = resample_poly(samples, factor, 1, axis=0), rate * factor
    if samples.shape[1] == 1:
        samples = np.repeat(samples, 2, axis=1)
    mode = pyebur128.MeasurementMode.MODE_I | pyebur128.MeasurementMode.MODE_TRUE_PEAK
    state = pyebur128.R128State(2, rate, mode)
    state.add_frames(np.ascontiguousarray(samples).ravel(), len(samples))
    peak = max(pyebur128.get_true_peak(state, channel) for channel in range(2))
    return pyebur128.get_loudness_global(state), 20.0 * math.log10(peak)


def write(path: Path, audio: Audio, subtype: str = "PCM_24") -> Path:
    soundfile.write(path, audio.samples.T, audio.sample_rate, subtype=subtype)
    return path


def test_defaults_give_a_safe_master_beside_the_mix(run: Any, tmp_path: Path, song: Audio) -> None:
    mix = write(tmp_path / "mix.wav", song)
    before = mix.read_bytes()
    done = run("master", mix, "--json")
    assert done.code == 0
    output = tmp_path / "mix-master.wav"
    assert sorted(tmp_path.iterdir()) == [output, mix]
    assert mix.read_bytes() == before
    info = soundfile.info(output)
    assert (info.samplerate, info.channels, info.subtype) == (44_100, 2, "PCM_24")
    assert info.frames == song.samples.shape[1]
    lufs, peak_dbtp = measure(output)
    assert lufs <= -11.0 + 0.1
    assert peak_dbtp <= -1.0 + 0.1
    entry = done.file
    assert entry["output"] == str(output)
    assert entry["after"]["integrated_lufs"] == pytest.approx(lufs, abs=0.05)
    assert entry["after"]["true_peak_dbtp"] == pytest.approx(peak_dbtp, abs=0.15)
    assert entry["after"]["true_peak_dbtp"] <= -1.0
    assert entry["limiting"]["loss_lu"] <= 1.0 + 0.05
    assert entry["limiting"]["reduction_db"] <= 3.0 + 0.05


def test_people_read_stderr_and_stdout_stays_empty(run: Any, mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, "-o", tmp_path / "m.wav")
    assert done.code == 0
    assert "LUFS" in done.err
    assert "dBTP" in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize(("container", "depth"), FORMS)
def test_every_form(run: Any, mix: Path, tmp_path: Path, container: str, depth: str) -> None:
    output = tmp_path / f"m.{container}"
    done = run("master", mix, "-o", output, "--bit-depth", depth, "--json")
    assert done.code == 0
    info = soundfile.info(output)
    assert (info.format, info.subtype) == (container.upper(), SUBTYPES[depth])
    assert info.frames == soundfile.info(mix).frames
    assert measure(output)[1] <= -1.0 + 0.1
    assert done.file["delivery"]["container"] == container


def test_format_beats_the_name_and_folder_takes_it(run: Any, mix: Path, tmp_path: Path) -> None:
    assert run("master", mix, "-o", tmp_path, "--format", "flac").code == 0
    assert soundfile.info(tmp_path / "mix-master.flac").format == "FLAC"


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_delivery_rate(run: Any, mix: Path, tmp_path: Path, rate: int) -> None:
    output = tmp_path / "m.wav"
    done = run("master", mix, "-o", output, "--sample-rate", rate, "--lufs", "-14", "--json")
    assert done.code == 0
    info = soundfile.info(output)
    assert info.samplerate == rate
    assert info.frames == -(-soundfile.info(mix).frames * rate // 44_100)
    lufs, peak_dbtp = measure(output)
    assert lufs == pytest.approx(-14.0, abs=0.1)
    assert peak_dbtp <= -1.0 + 0.1


@pytest.mark.parametrize("rate", [8_000, 11_025, 32_000, 96_000, 192_000])
def test_source_rate_is_kept(run: Any, tmp_path: Path, rate: int) -> None:
    source = compose(3, duration_s=4.0, sample_rate=max(rate, 22_050)).mix.samples
    mix = write(tmp_path / "mix.wav", Audio(source[:, : 4 * rate], rate))
    output = tmp_path / "m.wav"
    done = run("master", mix, "-o", output, "--lufs", "-16", "--json")
    assert done.code == 0
    assert soundfile.info(output).samplerate == rate
    assert soundfile.info(output).frames == soundfile.info(mix).frames
    assert ("low_sample_rate" in done.warnings) == (rate < 16_000)
    lufs, peak_dbtp = measure(output)
    assert lufs == pytest.approx(-16.0, abs=0.1)
    assert peak_dbtp <= -1.0 + 0.1


def test_mono_is_measured_as_dual_mono(run: Any, tmp_path: Path, song: Audio) -> None:
    mix = write(tmp_path / "mono.wav", Audio(song.samples[:1], song.sample_rate))
    output = tmp_path / "m.wav"
    done = run("master", mix, "-o", output, "--lufs", "-15", "--json")
    assert done.code == 0
    assert soundfile.info(output).channels == 1
    assert measure(output)[0] == pytest.approx(-15.0, abs=0.1)
    after = done.file["after"]
    assert after["dual_mono_lufs"] == pytest.approx(-15.0, abs=0.1)
    assert after["dual_mono_lufs"] - after["integrated_lufs"] == pytest.approx(3.0103, abs=1e-3)


@pytest.mark.parametrize("target", [-23.0, -18.5, -14.0, -12.5])
def test_loudness_is_reached(run: Any, mix: Path, tmp_path: Path, target: float) -> None:
    output = tmp_path / "m.wav"
    done = run("master", mix, "-o", output, "--lufs", target, "--json")
    assert done.code == 0
    lufs, peak_dbtp = measure(output)
    assert lufs == pytest.approx(target, abs=0.1)
    assert done.file["after"]["integrated_lufs"] == pytest.approx(target, abs=0.1)
    assert peak_dbtp <= -1.0 + 0.1


@pytest.mark.parametrize("ceiling", [-6.0, -2.0, -0.1])
def test_ceiling_is_kept(run: Any, mix: Path, tmp_path: Path, ceiling: float) -> None:
    output = tmp_path / "m.wav"
    arguments = ("--true-peak", ceiling, "--lufs", "-16", "--bit-depth", "16", "--json")
    done = run("master", mix, "-o", output, *arguments)
    assert done.code in (0, 2)
    assert done.file["after"]["true_peak_dbtp"] <= ceiling
    assert measure(output)[1] <= ceiling + 0.1


def test_amount_0_leaves_only_gain_and_limiter(
    run: Any, mix: Path, tmp_path: Path, song: Audio, read_samples: Any
) -> None:
    output = tmp_path / "m.wav"
    arguments = ("--amount", "0", "--lufs", "-24", "--bit-depth", "32f", "--json")
    done = run("master", mix, "-o", output, *arguments)
    assert done.code == 0
    bypassed = {name for name, block in done.file["settings"].items() if block["bypass"]}
    assert bypassed == set(done.file["settings"]) - {"limiter"}
    assert " is moved by " not in "".join(
        reason["text"]
        for reason in done.file["reasons"]
        if not reason["text"].endswith("\N{MULTIPLICATION SIGN} 0: the block is bypassed).")
    )
    gain = 10.0 ** ((-24.0 - done.file["before"]["integrated_lufs"]) / 20.0)
    samples, _ = read_samples(output)
    # far below the ceiling the limiter does nothing: the master is the mix, turned down
    actual = np.sum(samples * song.samples.T) / np.sum(song.samples.astype(float) ** 2)
    assert 20.0 * np.log10(actual / gain) == pytest.approx(0.0, abs=0.1)
    assert np.max(np.abs(samples - actual * song.samples.T)) < 1e-6


def test_target_out_of_reach_is_refused_and_the_nearest_can_be_had(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    output = tmp_path / "m.wav"
    refused = run("master", mix, "-o", output, "--lufs", "-5", "--json")
    assert refused.code == 3
    assert refused.error_code == "target_out_of_reach"
    assert list(tmp_path.iterdir()) == []
    nearest = refused.file["nearest_lufs"]
    assert -20.0 < nearest < -5.0
    told = math.floor(10.0 * nearest) / 10.0  # rounded to louder, it would be refused
    assert f"is {told:.1f} LUFS" in refused.file["error"]["message"]
    assert "mix.wav" in refused.file["error"]["message"]

    taken = run("master", mix, "-o", output, "--lufs", "-5", "--nearest", "--json")
    assert taken.code == 0
    assert measure(output)[0] == pytest.approx(nearest, abs=0.1)
    # what was named as safe is accepted when asked for
    asked = run("master", mix, "-o", output, "--lufs", f"{told:.1f}", "--force")
    assert asked.code == 0


@pytest.mark.parametrize(
    ("profile", "lufs", "tolerance", "ceiling"),
    [("ebu_r128", -23.0, 0.2, -1.0), ("atsc_a85", -24.0, 2.0, -2.0)],
)
def test_broadcast_profiles(
    run: Any, mix: Path, tmp_path: Path, profile: str, lufs: float, tolerance: float, ceiling: float
) -> None:
    output = tmp_path / "m.wav"
    done = run("master", mix, "-o", output, "--profile", profile, "--json")
    assert done.code == 0
    assert done.file["compliance"]["complies"] is True
    assert measure(output)[0] == pytest.approx(lufs, abs=tolerance)
    assert measure(output)[1] <= ceiling + 0.1
    assert run("check", output, "--profile", profile).code == 0


def test_cd_profile_gives_16_bit_at_44100(run: Any, tmp_path: Path) -> None:
    mix = write(tmp_path / "mix.wav", compose(4, duration_s=4.0, sample_rate=48_000).mix)
    output = tmp_path / "m.wav"
    assert run("master", mix, "-o", output, "--profile", "cd").code == 0
    info = soundfile.info(output)
    assert (info.samplerate, info.subtype) == (44_100, "PCM_16")
    assert info.frames == 4 * 44_100


def test_several_mixes_into_a_folder(run: Any, mix: Path, other_mix: Path, tmp_path: Path) -> None:
    done = run("master", mix, other_mix, "-o", tmp_path, "--json")
    assert done.code == 0
    assert [Path(entry["output"]).name for entry in done.document["files"]] == [
        "mix-master.wav",
        "other-master.wav",
    ]
    assert len(list(tmp_path.iterdir())) == 2


def test_two_mixes_of_one_name_do_not_replace_each_other(
    run: Any, song: Audio, other_mix: Path, tmp_path: Path
) -> None:
    for folder in ("a", "b", "out"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "a" / "mix.wav", song)
    (tmp_path / "b" / "mix.wav").write_bytes(other_mix.read_bytes())
    mixes = (tmp_path / "a" / "mix.wav", tmp_path / "b" / "mix.wav")
    done = run("master", *mixes, "-o", tmp_path / "out", "--force", "--json")
    assert done.code == 74
    assert [entry["exit_code"] for entry in done.document["files"]] == [0, 74]
    assert "another mix of this run" in done.err


def test_tags_are_carried(run: Any, tmp_path: Path, song: Audio) -> None:
    mix = tmp_path / "mix.flac"
    with soundfile.SoundFile(mix, "w", 44_100, 2, "PCM_24", format="FLAC") as file:
        file.title, file.artist = "Ünïcode_song", "Somebody"
        file.write(song.samples.T)
    for name in ("m.flac", "m.wav"):
        assert run("master", mix, "-o", tmp_path / name).code == 0
        with soundfile.SoundFile(tmp_path / name) as file:
            assert (file.title, file.artist) == ("Ünïcode_song", "Somebody")


def test_intermediate_audio_goes_to_temp_dir_and_leaves_nothing(
    run: Any, mix: Path, tmp_path: Path
) -> None:
    (tmp_path / "temp").mkdir()
    arguments = ("--temp-dir", tmp_path / "temp")
    assert run("master", mix, "-o", tmp_path / "m.wav", *arguments).code == 0
    assert list((tmp_path / "temp").iterdir()) == []
    missing = ("--temp-dir", tmp_path / "missing", "--json")
    done = run("master", mix, "-o", tmp_path / "n.wav", *missing)
    assert (done.code, done.error_code) == (74, done.file["error"]["code"])
    assert "--temp-dir" in done.file["error"]["message"]
    assert not (tmp_path / "n.wav").exists()


def test_short_and_quiet_mixes_get_no_loudness_gain(run: Any, tmp_path: Path, song: Audio) -> None:
    loud = song.samples[:, 44_100 : 44_100 + 17_000]  # 385 ms
    mix = write(tmp_path / "short.wav", Audio(loud, 44_100))
    done = run("master", mix, "-o", tmp_path / "m.wav", "--json")
    assert done.code == 0
    assert "loudness_undefined" in done.warnings
    assert done.file["loudness_gain_db"] == 0.0
    assert done.file["before"]["integrated_lufs"] is None
    assert done.file["after"]["integrated_lufs"] is None
    assert done.file["limiting"] is None
    assert done.file["after"]["true_peak_dbtp"] <= -1.0
    assert soundfile.info(tmp_path / "m.wav").frames == 17_000


def test_reference_levels_agree_with_libebur128(run: Any, mix: Path, other_mix: Path) -> None:
    done = run("analyze", mix, other_mix, "--json")
    for path, entry in zip((mix, other_mix), done.document["files"], strict=True):
        lufs, peak_dbtp = measure(path)
        assert entry["integrated_lufs"] == pytest.approx(lufs, abs=0.02)
        assert entry["true_peak_dbtp"] == pytest.approx(peak_dbtp, abs=0.15)
