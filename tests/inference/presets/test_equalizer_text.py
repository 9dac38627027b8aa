from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.inference.presets.bands import Band, shelf_q
from glassmaster.inference.presets.equalizer_text import read_equalizer_text
from glassmaster.inference.presets.equalizing import HEARD_HZ
from glassmaster.inference.presets.given import GivenSettings
from glassmaster.models.errors import RecipeError
from glassmaster.models.processors.equalizer import LEVEL_CENTERS_HZ, ResolvedEqualizer

Read = Callable[..., GivenSettings]

AUTO_EQ = """Preamp: -6.2 dB
Filter 1: ON LSC Fc 105 Hz Gain 5.5 dB Q 0.70
Filter 2: ON PK Fc 180 Hz Gain -3.1 dB Q 0.90
Filter 3: ON HSC Fc 10000 Hz Gain -2.0 dB Q 0.70
"""
ROOM_EQ_WIZARD = """Filter Settings file

Room EQ V5.20
Dated: Sep 22, 2021 7:35:47 PM

Notes:

Equaliser: Generic
AVG
Filter  1: ON  PK       Fc   78.55 Hz  Gain  -4.30 dB  Q  2.914
Filter  2: ON  PK       Fc   248.15 Hz  Gain  -3.70 dB  Q  1.879
Filter  3: ON  None
"""


def response_db(found: GivenSettings) -> np.ndarray:
    answer: np.ndarray = ResolvedEqualizer(found.settings["equalizer"].values).response_db(
        HEARD_HZ, 48_000
    )
    return answer


def level_free(bands: list[Band]) -> np.ndarray:
    def total(hz: np.ndarray) -> np.ndarray:
        return np.sum([band.response_db(hz) for band in bands], axis=0)

    return total(HEARD_HZ) - total(LEVEL_CENTERS_HZ).mean()


def codes(found: GivenSettings) -> list[str]:
    return [finding.code for finding in found.findings]


def test_a_file_of_autoeq_is_taken_over(read: Read) -> None:
    found = read(AUTO_EQ, "ParametricEQ.txt")
    assert (found.form, found.stages, found.thresholds) == ("Equalizer APO", ("equalizer",), ())
    values = found.settings["equalizer"].values
    assert not found.settings["equalizer"].bypass
    assert all(found.settings[name].bypass for name in ("imager", "saturator", "deesser"))
    assert values["low_shelf_gain_db"] == 5.5
    assert values["low_shelf_frequency_hz"] == 105.0
    assert (values["low_gain_db"], values["low_frequency_hz"], values["low_q"]) == (-3.1, 180, 0.9)
    assert values["high_shelf_gain_db"] == -2.0
    assert codes(found) == ["equalizer_taken_over", "level_left_out"]
    assert "-6.2 dB" in found.findings[1].message


def test_a_file_of_room_eq_wizard_is_taken_over(read: Read) -> None:
    found = read(ROOM_EQ_WIZARD, "filters.txt")
    assert found.form == "Room EQ Wizard"
    values = found.settings["equalizer"].values
    assert (values["low_gain_db"], values["low_q"]) == (-4.3, 2.914)
    assert (values["low_mid_gain_db"], values["low_mid_q"]) == (-3.7, 1.879)
    assert codes(found) == ["equalizer_taken_over"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_line_ends_and_decimal_commas_of_other_systems(
    read: Read, encoding: str, end: str
) -> None:
    text = f"# für Köln\n{AUTO_EQ}".replace("\n", end)
    text = text.replace("5.5", "5,5").replace("0.70", "0,70")
    found = read(text.encode(encoding), "eq.txt")
    assert found.settings == read(AUTO_EQ, "plain.txt").settings
    assert codes(found) == ["equalizer_taken_over", "level_left_out"]


# the table of the wiki's configuration reference, and what its program makes of it
SHELVES = [
    ("LSC Fc 150 Hz Gain 6 dB Q 0.6", "low_shelf", 150.0, 0.6),
    ("LSC 9.6 dB Fc 150 Hz Gain 6 dB", "low_shelf", 150.0, shelf_q(0.8, 6.0)),
    ("LS Fc 150 Hz Gain 6 dB", "low_shelf", 150.0, shelf_q(0.9, 6.0)),
    ("LS 12dB Fc 150 Hz Gain 6 dB", "low_shelf", 150.0 * 10 ** (6 / 80), math.sqrt(0.5)),
    ("LS 6dB Fc 150 Hz Gain 6 dB", "low_shelf", 150.0 * 10 ** (6 / 40), shelf_q(0.5, 6.0)),
    ("HS 12dB Fc 5000 Hz Gain -6 dB", "high_shelf", 5000.0 / 10 ** (6 / 80), math.sqrt(0.5)),
    ("HSC Fc 5000 Hz Gain 4 dB", "high_shelf", 5000.0, shelf_q(0.9, 4.0)),
    (f"HS Fc 5000 Hz Gain 4 dB Q {math.sqrt(0.5)}", "high_shelf", 5000 / 10**0.05, 0.7071),
]


@pytest.mark.parametrize(("line", "kind", "hz", "q"), SHELVES)
def test_shelves_by_middle_and_by_corner(
    read: Read, line: str, kind: str, hz: float, q: float
) -> None:
    found = read(f"Filter: ON {line}\n", "eq.txt")
    gain_db = float(line.split("Gain")[1].split()[0])
    wanted_db = level_free([Band("", kind, hz, gain_db, q)])  # type: ignore[arg-type]
    assert np.abs(response_db(found) - wanted_db).max() < 0.35
    corner = [value for key, value in found.settings["equalizer"].values.items() if kind in key][1]
    if math.isclose(q, math.sqrt(0.5), rel_tol=1e-3):
        assert corner == pytest.approx(hz)


@pytest.mark.parametrize(
    ("line", "q"),
    [
        ("PEQ Fc 300 Hz Gain 2 dB BW Oct 1", 1.41421),
        ("Modal Fc 300 Hz Gain 2 dB Q 2 T60 target 100 ms", 2.0),
        ("PK Gain 2 dB Q 1,25 Fc 0.3 kHz", 1.25),
        ("PK Fc 300,0 Hz Gain 2 dB Q 0,5", 0.5),
    ],
)
def test_other_names_of_a_bell(read: Read, line: str, q: float) -> None:
    values = read(f"Filter 1: ON {line}", "eq.txt").settings["equalizer"].values
    assert values["low_q"] == pytest.approx(q, rel=1e-4)


def test_a_graphic_equalizer_is_fitted(read: Read) -> None:
    found = read("GraphicEQ: 20 0; 100 3; 1000 0; 20000 -2\n", "eq.txt")
    assert codes(found) == ["equalizer_fitted"]
    wanted_db = np.interp(
        np.log(HEARD_HZ), np.log([20.0, 100.0, 1000.0, 20_000.0]), [0.0, 3.0, 0.0, -2.0]
    )
    error_db = response_db(found) - wanted_db
    assert np.abs(error_db - error_db.mean()).max() < 1.2


def test_what_is_not_understood_is_named_with_its_line(read: Read) -> None:
    text = (
        "Filter 1: ON PK Fc 300 Hz Gain 2 dB Q 1\n"
        "Filter 2: ON LP Fc 16000 Hz\n"
        "Filter 3: ON XYZ Fc 16000 Hz\n"
        "Filter 4: OFF PK Fc 300 Hz Gain 2 dB Q 1\n"
        "Delay: 5 ms\n"
        "# a remark\n"
        "what is this\n"
        "Channel: L\n"
        "Filter 5: ON PK Fc 900 Hz Gain -2 dB Q 1\n"
        "Channel: L R\n"
        "Filter 6: ON PK Fc 2000 Hz Gain 1 dB Q 1\n"
    )
    found = read(text, "eq.txt")
    (told,) = [each.message for each in found.findings if each.code == "left_out_of_file"]
    for words in ("low-pass", "line 2", "XYZ", "line 3", "Delay", "“what is this” (line 7)"):
        assert words in told
    assert "channel L alone" in told
    assert "remark" not in told
    assert "filters_off" in codes(found)
    values = found.settings["equalizer"].values
    assert values["high_mid_gain_db"] == 1.0
    assert -2.0 not in values.values()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Filter 1: ON PK Fc 100 Hz Q 2\n", "line 1: the filter PK lacks its Gain"),
        ("\nFilter 1: ON PK Gain 2 dB Q 2\n", "line 2: the filter PK lacks its Fc"),
        ("Filter 1: ON PK Fc 100 Hz Gain 2 dB\n", "lacks its Q"),
        ("Filter 1: ON PK Fc 100 Hz Gain 2..5 dB Q 1\n", "'2..5' is no number"),
        ("Filter 1: ON PK Fc 1 Hz Gain 2 dB Q 1\n", "frequency in Hz is 1"),
        ("Filter 1: ON PK Fc 100 Hz Gain 200 dB Q 1\n", "gain in dB is 200"),
        ("Filter 1: ON PK Fc 100 Hz Gain 2 dB Q 0\n", "Q is 0"),
        ("Filter 1: ON LSC 30 dB Fc 100 Hz Gain 20 dB\n", "no shelf"),
        ("Filter 1: ON LSC Fc 100 Hz Gain 1e9 dB\n", "gain in dB is 1e+09"),
        ("Filter 1: ON None\n", "no filter that can be read"),
        ("Filter 1: ON LP Fc 100 Hz\n", "no filter that can be read"),
        ("Filter 1: ON PK Fc 12,500 Hz Gain 2 dB Q 1\n", "'12,500' may be 12.500 or 12500"),
        ("Preamp: loud\n", "no preamp"),
        ("GraphicEQ: 20 1 2; 30\n", "no point of a curve"),
        ("GraphicEQ: ;\n", "points in Hz and dB"),
        ("GraphicEQ: 0 1; 30 2\n", "frequency in Hz is 0"),
        ("GraphicEQ: 20 1; nan 2\n", "frequency in Hz is nan"),
        ("GraphicEQ: 20 1; 30 inf\n", "gain in dB is inf"),
        ("Filter 1: ON PK Fc 99 Hz Gain 1 dB Q 1\n" * 300, "more than 200 filters"),
    ],
)
def test_damaged_filters_are_refused_by_line(read: Read, text: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(text, "eq.txt")
    assert "eq.txt: " in caught.value.message
    assert words in caught.value.message


NUMBERS = st.one_of(
    st.floats(-1e9, 1e9).map(str), st.sampled_from(["", "-", "1,5", "nan", "1e999"])
)
LINES = st.builds(
    "Filter {}: ON {} Fc {} Hz Gain {} dB Q {}".format,
    st.integers(0, 99),
    st.sampled_from(["PK", "LS", "LSC", "HS 6dB", "HSC 1 dB", "HP", "LP", "NO", "AP", "None", "ß"]),
    NUMBERS,
    NUMBERS,
    NUMBERS,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=30)), min_size=1, max_size=3))
def test_no_text_does_more_than_to_be_refused(lines: list[str]) -> None:
    try:
        found = read_equalizer_text("\n".join(lines))
    except RecipeError:
        return
    values = found.settings["equalizer"].values
    assert all(math.isfinite(value) for value in values.values())
    assert found.findings
