from __future__ import annotations

import dataclasses
import math
from datetime import date
from importlib.resources import files

import pytest
import yaml

from glassmaster.data.metering.report import LoudnessReport
from glassmaster.inference import profiles
from glassmaster.inference.compliance import check_compliance
from glassmaster.inference.profiles import DeliveryProfile, load_profile, profile_names
from glassmaster.models.errors import UsageError

STATED = {  # from the standards and the dated sources the profiles name
    "ebu_r128": {"target_lufs": -23.0, "tolerance_lu": 0.2, "true_peak_dbtp": -1.0},
    "ebu_r128_s1": {"target_lufs": -23.0, "short_term_max_lufs": -18.0},
    "atsc_a85": {"target_lufs": -24.0, "tolerance_lu": 2.0, "true_peak_dbtp": -2.0},
    "cd": {"sample_rate": 44_100, "bit_depth": "16"},
    "spotify": {"playback_lufs": -14.0, "turns_up": True, "louder_true_peak_dbtp": -2.0},
    "youtube": {"playback_lufs": -14.0, "turns_up": False},
    "apple_music": {"playback_lufs": -16.0},
    "youtube_music": {"playback_lufs": -7.0, "turns_up": False, "purpose": "playback"},
    "soundcloud": {"playback_lufs": None, "true_peak_dbtp": -1.0, "confidence": "conflicting"},
    "qobuz": {"playback_lufs": None, "confidence": "unknown"},
    "aes_td1008": {"playback_lufs": -16.0, "true_peak_dbtp": -1.0},
    "aes_td1008_album": {"playback_lufs": -14.0, "true_peak_dbtp": -1.0, "purpose": "playback"},
    "default": {"target_lufs": None, "aim_lufs": -11.0, "true_peak_dbtp": -1.0},
}


def report(
    lufs: float | None, peak_dbtp: float | None = -3.0, short_term_lufs: float | None = None
) -> LoudnessReport:
    values: dict[str, float | None] = dict.fromkeys(
        field.name for field in dataclasses.fields(LoudnessReport)
    )
    values |= {
        "integrated_lufs": lufs,
        "dual_mono_lufs": lufs,
        "true_peak_dbtp": peak_dbtp,
        "short_term_max_lufs": short_term_lufs,
    }
    return LoudnessReport(**values)


@pytest.mark.parametrize("name", STATED)
def test_profiles_say_what_their_sources_say(name: str) -> None:
    profile = load_profile(name)
    assert {key: getattr(profile, key) for key in STATED[name]} == STATED[name]


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_is_complete_dated_and_of_the_right_types(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.title
    assert len(profile.source) > 20
    assert date(2026, 1, 1) <= date.fromisoformat(profile.date)
    assert profile.purpose in ("production", "playback")
    assert profile.bit_depth in ("16", "24", "32f")
    assert -12.0 <= profile.true_peak_dbtp <= 0.0
    assert 0.0 < profile.most_limiting_lu <= 3.0
    assert 0.0 < profile.tolerance_lu <= 2.0
    for key in ("target_lufs", "playback_lufs", "short_term_max_lufs"):
        value = getattr(profile, key)
        assert value is None or -30.0 <= value <= -5.0
    if profile.purpose == "playback":  # is a preview, never a production target
        assert profile.target_lufs is None
        is_known = profile.confidence not in ("conflicting", "unknown")
        assert profile.playback_lufs is not None or not is_known


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_has_a_date_and_a_source_of_its_own(name: str) -> None:
    path = files("glassmaster.configs") / "profiles" / f"{name}.yaml"
    stated = yaml.safe_load(path.read_text("utf-8"))
    assert str(stated["date"]) == load_profile(name).date
    assert stated["source"]


@pytest.mark.parametrize("key", ["date", "source"])
def test_neither_date_nor_source_is_inherited(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    read = profiles._read

    def without(name: str) -> dict[str, object]:
        return {k: v for k, v in read(name).items() if (name, k) != ("cd", key)}

    monkeypatch.setattr(profiles, "_read", without)
    with pytest.raises(UsageError, match=f"profile cd has no {key}"):
        load_profile.__wrapped__("cd")
    assert load_profile.__wrapped__("club").name == "club"


def test_default_comes_first() -> None:
    names = profile_names()
    assert names[0] == "default"
    assert list(names[1:]) == sorted(names[1:])


@pytest.mark.parametrize("name", ["moon", "", "../profiles/cd", "cd.yaml", "CD"])
def test_unknown_profile_is_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError, match="choose from default") as caught:
        load_profile(name)
    assert caught.value.code == "unknown_profile"


@pytest.mark.parametrize(
    ("name", "lufs", "gain_db"),
    [
        ("spotify", -10.0, -4.0),
        ("spotify", -20.0, 6.0),
        ("youtube", -10.0, -4.0),
        ("youtube", -20.0, 0.0),
        ("deezer", -10.0, -5.0),
        ("deezer", -20.0, None),  # whether it turns up is not known
        ("soundcloud", -10.0, None),
        ("qobuz", -10.0, None),
        ("youtube_music", -6.0, -1.0),
        ("youtube_music", -11.0, 0.0),
        ("default", -10.0, None),
    ],
)
def test_playback_gain(name: str, lufs: float, gain_db: float | None) -> None:
    assert load_profile(name).playback_gain_db(lufs) == gain_db


@pytest.mark.parametrize(
    ("lufs", "ceiling"),
    # a master made at the threshold may come out 0.1 LU louder
    [
        (-13.89, -2.0),
        (-13.9, -1.0),
        (-14.0 + 0.1, -1.0),
        (-14.0, -1.0),
        (-20.0, -1.0),
        (None, -1.0),
    ],
)
def test_louder_masters_have_another_ceiling(lufs: float | None, ceiling: float) -> None:
    assert load_profile("spotify").ceiling_dbtp(lufs) == ceiling


@pytest.mark.parametrize(
    ("name", "loudness", "violations"),
    [
        ("ebu_r128", report(-23.0), 0),
        ("ebu_r128", report(-23.2), 0),
        ("ebu_r128", report(-22.8), 0),
        ("ebu_r128", report(-22.79), 1),
        ("ebu_r128", report(-23.21), 1),
        ("ebu_r128", report(-23.0, -1.0), 0),
        ("ebu_r128", report(-23.0, -0.99), 1),
        ("ebu_r128", report(-20.0, 0.5), 2),
        ("ebu_r128", report(None), 1),
        ("ebu_r128", report(None, None), 1),
        ("ebu_r128_s1", report(-23.0, -3.0, -18.0), 0),
        ("ebu_r128_s1", report(-23.0, -3.0, -17.9), 1),
        ("default", report(None, None), 0),
        ("default", report(-5.0, -1.0), 0),
        ("spotify", report(-13.0, -1.5), 1),
        ("spotify", report(-13.95, -1.05), 0),
        ("spotify", report(-15.0, -1.5), 0),
    ],
)
def test_compliance(name: str, loudness: LoudnessReport, violations: int) -> None:
    found = check_compliance(loudness, load_profile(name))
    assert len(found.violations) == violations
    assert found.complies == (violations == 0)
    assert found.profile == name


@pytest.mark.parametrize(("name", "rule"), [("spotify", "advised"), ("ebu_r128", "allowed")])
def test_services_advise_and_standards_forbid(name: str, rule: str) -> None:
    found = check_compliance(report(-23.0, -0.5), load_profile(name))
    assert found.violations == (f"true peak is -0.50 dBTP; at most -1.00 is {rule}",)


def test_mono_is_held_against_targets_as_dual_mono() -> None:
    profile = load_profile("ebu_r128")
    mono = dataclasses.replace(report(-23.0 - 10.0 * math.log10(2.0)), dual_mono_lufs=-23.0)
    assert check_compliance(mono, profile).complies
    assert not check_compliance(dataclasses.replace(mono, dual_mono_lufs=-26.0), profile).complies


def test_profile_cannot_be_changed() -> None:
    profile: DeliveryProfile = load_profile("cd")
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.true_peak_dbtp = 0.0  # type: ignore[misc]
