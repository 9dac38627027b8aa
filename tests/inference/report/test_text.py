from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.files.info import FileInfo
from glassmaster.data.findings import Finding
from glassmaster.data.metering.report import LoudnessReport
from glassmaster.inference.compliance import check_compliance
from glassmaster.inference.profiles import load_profile, profile_names
from glassmaster.inference.report.facts import (
    LABELS,
    duration,
    equalizer_response_db,
    figure,
    frequency,
    playback,
    response_points,
)
from glassmaster.inference.report.text import analysis_text, check_text, error_text, master_text
from glassmaster.inference.results import MasteringResult
from glassmaster.models.errors import RecipeError, UnsupportedAudioError
from glassmaster.models.settings import BLOCKS, ChainSettings


def words(text: str) -> str:
    return " ".join(text.split())


def with_settings(result: MasteringResult, settings: ChainSettings) -> MasteringResult:
    return replace(result, recipe=replace(result.recipe, settings=settings))


def test_every_block_has_a_label() -> None:
    assert list(LABELS) == list(BLOCKS)


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (-11.04, 1, False, "-11.0"),
        (-0.04, 1, False, "0.0"),
        (-0.04, 1, True, "0.0"),
        (2.0, 1, True, "+2.0"),
        (2.0, 0, False, "2"),
        (None, 1, True, "n/a"),
    ],
)
def test_figures(value: float | None, digits: int, signed: bool, text: str) -> None:
    assert figure(value, digits, signed=signed) == text


def test_frequencies_and_lengths() -> None:
    assert [frequency(hz) for hz in (31.5, 999.0, 1000.0, 4500.0)] == [
        "31.5 Hz", "999 Hz", "1 kHz", "4.5 kHz",
    ]  # fmt: skip
    assert [duration(s) for s in (0.25, 9.994, 59.6, 232.0)] == [
        "0.25 s", "9.99 s", "1:00", "3:52",
    ]  # fmt: skip


def test_master_tells_the_key_figures_in_order(result: MasteringResult) -> None:
    text = master_text(result, Path("song.yaml"), None)
    head, *rest = text.splitlines()
    assert head == ("song.flac → song-master.wav: -12.2 LUFS, -1.10 dBTP, meets “Release master”")
    flat = words("\n".join(rest))
    expected = (
        "before after",
        "integrated -21.3 -12.2 LUFS",
        "loudness range 6.7 5.8 LU",
        "true peak -3.40 -1.10 dBTP",
        "PLR 17.9 11.1 dB",
        "short-term maximum -17.6 -9.1 LUFS",
        "Equalizer The equalizer was decided by a die.",
        "De-esser The deesser was decided by a die.",
        "below 100 Hz 1.0 2.6 dB",
        "100 Hz to 900 Hz 0.5 1.3 dB",
        "above 4.5 kHz 0.0 0.7 dB",
        "Loudness +3.3 dB into the chain, +6.4 dB before the limiter",
        "Ceiling -1.00 dBTP, release 137 ms; predicted before correction to cost 0.9 LU",
        "at most 3.7 dB for 95 % of the time",
        "At playback, by levels as of 2026-11-20",
        "Apple Music plays it at -3.8 dB",
        "Warnings",
        "! The audio is clipped in 3 places.",
        "nothing is trained",
        "Recipe song.yaml",
    )
    places = [flat.find(part) for part in expected]
    assert [part for part, place in zip(expected, places, strict=True) if place < 0] == []
    assert places == sorted(places)
    assert "Report" not in flat


def test_lines_are_short_and_plain(
    result: MasteringResult, info: FileInfo, analysis: Analysis
) -> None:
    wordy = Finding("wordy", "and so on " * 40)
    reports = [check_compliance(analysis.loudness, load_profile(name)) for name in profile_names()]
    for text in (
        master_text(replace(result, findings=(wordy,)), None, Path("song-report.html")),
        analysis_text(Path("song.flac"), info, analysis, (wordy,)),
        check_text(Path("song.flac"), analysis, (wordy,), "all", reports),
    ):
        assert max(map(len, text.splitlines())) <= 96
        assert "\x1b" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_violations_are_told(results: Callable[..., MasteringResult]) -> None:
    text = words(master_text(results(profile="club"), None, None))
    assert "does not meet “Club and DJ”" in text
    assert "! integrated loudness is -12.20 LUFS; wanted is -9.0 ± 1" in text


def test_a_loudness_that_was_not_reached_is_told(results: Callable[..., MasteringResult]) -> None:
    assert "-12.2 LUFS is the nearest safe loudness" in words(
        master_text(results(shortfall_lufs=-8.0), None, None)
    )
    assert "nearest safe" not in master_text(results(), None, None)


def test_a_recipe_keeps_no_reasons(result: MasteringResult) -> None:
    basis = "Settings from the recipe, chosen by hand."
    rendered = replace(result, prediction=None, limiting=None, basis=basis)
    text = words(master_text(rendered, None, None))
    assert "Equalizer As the recipe says." in text
    assert "Saturator Bypassed." in text
    assert "Limiter Ceiling -1.00 dBTP, release 137 ms. " in text
    assert f"Basis {basis}" in text


def test_no_correction_leaves_the_plain_prediction(result: MasteringResult) -> None:
    exact = replace(result, delivered=replace(result.delivered, corrections=0))
    assert "137 ms; predicted to cost 0.9 LU" in words(master_text(exact, None, None))


def test_mono_is_told_twice(result: MasteringResult) -> None:
    loudness = LoudnessReport(-14.0, -12.0, -11.0, 4.0, -1.1, 12.9, 10.9, -10.99)
    mono = replace(
        result,
        before=replace(result.before, channels=1),
        delivered=replace(result.delivered, loudness=loudness),
    )
    text = words(master_text(mono, None, None))
    assert "-14.0 LUFS (-11.0 as dual mono), -1.10 dBTP" in text
    assert "as dual mono -21.3 -11.0 LUFS" in text


def test_unsafe_names_are_shown_as_escapes(results: Callable[..., MasteringResult]) -> None:
    text = master_text(results("\x1b[2Jgpj\u202e.wav"), None, None)
    assert text.startswith("\\x1b[2Jgpj\\u202e.wav → ")


def test_what_a_recipe_says_moves_no_cursor(result: MasteringResult) -> None:
    sly = replace(result, basis="Settings by \x1b[31m\x1b[2J\nnobody.")
    text = master_text(sly, None, None)
    assert "\x1b" not in text
    assert "\\x1b[31m\\x1b[2J\\nnobody." in text
    error = RecipeError("r.yaml: has unknown entries: \x1b[2J\nx", code="damaged_recipe")
    assert error_text(error) == (
        "error: r.yaml: has unknown entries: \\x1b[2J\\nx [damaged_recipe]"
    )


def test_analysis_tells_every_meter(info: FileInfo, analysis: Analysis) -> None:
    text = words(analysis_text(Path("song.flac"), info, analysis, analysis.findings))
    for part in (
        "song.flac: FLAC PCM_24, 44100 Hz, stereo, 3:52",
        "integrated -21.3 LUFS",
        "short-term maximum -17.6 LUFS",
        "momentary maximum -15.2 LUFS",
        "loudness range 6.7 LU",
        "true peak -3.40 dBTP",
        "sample peak -3.6 dBFS",
        "PLR 17.9 dB",
        "PSR 14.2 dB",
        "crest factor 17.3 dB",
        "correlation 0.64",
        "clipped runs 3",
        "DC offset 0.002, -0.001 % of full scale",
        # a quarter of mid's power is side's
        "side, % 20 20 20",
        "correlation 0.60 0.60 0.60",
        "20 Hz to 120 Hz -44.0 -33.5 -27.2",
        "4.5 kHz to 20 kHz n/a n/a n/a",
        "Warnings: ! The audio is clipped in 3 places.",
    ):
        assert part in text
    # twelve bands of -30 dB each, but for the slope
    level = 10.0 * math.log10(
        1.25 * sum(10.0 ** (-3.0 - 0.03 * (m + 0.5) / 12.0) for m in range(-6, 6))
    )
    octaves = dict(
        zip(*(re.findall(r"[\d.k-]+", line) for line in analysis_lines(text)), strict=True)
    )
    assert float(octaves["1k"]) == pytest.approx(level, abs=0.06)


def analysis_lines(text: str) -> tuple[str, str]:
    found = re.search(r"octave, Hz (.*?) level, dBFS (.*?) side", text)
    assert found is not None
    return found[1], found[2]


def test_analysis_without_loudness(info: FileInfo, undefined: Analysis) -> None:
    text = words(analysis_text(Path("x.wav"), info, undefined, ()))
    assert "integrated n/a LUFS" in text
    assert "as dual mono n/a LUFS" in text
    assert "level, dBFS n/a n/a" in text
    assert "correlation n/a n/a n/a" in text
    assert "Warnings" not in text
    assert "nan" not in text.lower()


def test_check_tells_each_profile(analysis: Analysis) -> None:
    names = ("club", "spotify", "default")
    reports = [check_compliance(analysis.loudness, load_profile(name)) for name in names]
    text = check_text(Path("song.flac"), analysis, (), "all", reports)
    flat = words(text)
    assert "-21.3 LUFS, -3.40 dBTP, meets 2 of 3 profiles" in flat
    assert "fails Club and DJ integrated loudness is -21.30 LUFS; wanted is -9.0 ± 1" in flat
    assert "meets Spotify plays it at +7.3 dB" in flat
    single = check_text(Path("song.flac"), analysis, (), "club", reports[:1])
    assert "does not meet “Club and DJ”" in single.splitlines()[0]


def test_errors_keep_their_code() -> None:
    error = UnsupportedAudioError("x.wav: is silent; check it", code="silent")
    assert error_text(error) == "error: x.wav: is silent; check it [silent]"


def test_playback_names_the_services_only(result: MasteringResult) -> None:
    previews = {each.profile.name: each for each in playback(result.delivered.loudness)}
    assert {"spotify", "apple_music", "youtube"} <= previews.keys()
    assert not {"default", "club", "ebu_r128"} & previews.keys()
    # published: -14 LUFS, and at most -2 dBTP for masters that are louder
    assert previews["spotify"].gain_db == pytest.approx(-1.8)
    assert previews["spotify"].violations == ("true peak is -1.10 dBTP; at most -2.00 is advised",)
    # sources name three levels for one, and none at all for the other
    assert previews["soundcloud"].gain_db is previews["qobuz"].gain_db is None


def test_response_points_find_the_peak(result: MasteringResult) -> None:
    points = dict(response_points(result))
    assert 3 <= len(points) <= 9
    assert list(points) == sorted(points)
    assert max(points, key=lambda hz: points[hz]) == 1000.0
    # a bell of 4 dB, less the mean that the equalizer takes out
    assert points[1000.0] - points[31.5] == pytest.approx(4.0, abs=0.1)
    assert min(points) == 31.5
    assert max(points) == 16_000.0


def test_response_points_tell_the_curve(result: MasteringResult) -> None:
    settings = result.recipe.settings.with_block("equalizer", {"low_shelf_gain_db": -3.0})
    shelved = with_settings(result, settings)
    points = response_points(shelved)
    grid_hz = np.geomspace(31.5, 16_000.0, 200)
    response_db = equalizer_response_db(shelved, grid_hz)
    assert response_db is not None
    told_db = np.interp(
        np.log(grid_hz), [math.log(hz) for hz, _ in points], [db for _, db in points]
    )
    assert np.abs(told_db - response_db).max() < 0.25


def test_response_points_stop_at_the_rate(result: MasteringResult) -> None:
    low = replace(result, before=replace(result.before, sample_rate=8000))
    assert max(hz for hz, _ in response_points(low)) == 3150.0
    bypassed = result.recipe.settings.with_block("equalizer", {}, bypass=True)
    assert response_points(with_settings(result, bypassed)) == ()
