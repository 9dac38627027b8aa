from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.inference.presets.given import GivenSettings
from glassmaster.inference.presets.reading import read_given_settings
from glassmaster.inference.presets.sheet import absolute_key
from glassmaster.inference.presets.template import template
from glassmaster.inference.recipe import Delivery, Recipe, save_recipe
from glassmaster.models.errors import GlassmasterError, ParameterError, RecipeError
from glassmaster.models.settings import BLOCKS, default_settings

Read = Callable[..., GivenSettings]

DELIVERY = Delivery("default", "wav", "24", 44_100)


def test_a_recipe_speaks_of_every_block(tmp_path: Path) -> None:
    chosen = default_settings().with_block("limiter", {}).with_block("imager", {"low_width": 0.5})
    recipe = Recipe(chosen, DELIVERY, None, "network", {})
    path = tmp_path / "r.yaml"
    save_recipe(recipe, path, force=False)
    found = read_given_settings(path)
    assert (found.form, found.stages, found.findings) == ("recipe", tuple(BLOCKS), ())
    assert (found.recipe, found.settings, found.delivery) == (recipe, chosen, DELIVERY)


def test_settings_by_hand_speak_of_their_blocks_alone(read: Read) -> None:
    found = read("settings:\n  imager: {low_width: 0}\n  equalizer:\n    low_gain_db: -2\n")
    assert (found.form, found.stages) == ("settings", ("equalizer", "imager"))
    assert (found.recipe, found.delivery, found.findings) == (None, None, ())
    chosen = default_settings().with_block("equalizer", {"low_gain_db": -2.0})
    assert found.settings == chosen.with_block("imager", {"low_width": 0.0})


def test_a_block_may_be_copied_from_a_recipe(read: Read) -> None:
    short = read("settings: {saturator: {mix: 0.2}}")
    assert (
        read("settings: {saturator: {bypass: false, values: {mix: 0.2}}}").settings
        == short.settings
    )
    found = read("settings: {saturator: {bypass: true}}")
    assert found.stages == ("saturator",)
    assert found.settings["saturator"].bypass


def test_settings_by_hand_may_have_a_delivery(read: Read) -> None:
    delivery = "{profile: default, container: wav, bit_depth: 24, sample_rate: 44100}"
    found = read(f"settings: {{imager: {{low_width: 0}}}}\ndelivery: {delivery}\n")
    assert found.delivery == DELIVERY


REFUSED = [
    ("settings: {equalizer: {low_gain: 1}}", "equalizer: has unknown entries: low_gain"),
    ("settings: {equalizer: {low_gain_db: 12}}", "equalizer: low_gain_db is 12.0; it must lie in"),
    ("settings: {equaliser: {low_gain_db: 1}}", "there is no block 'equaliser'; there are equal"),
    ("settings: {equalizer: {low_gain_db: '1,5'}}", "equalizer: low_gain_db is '1,5'; write 1.5"),
    ("settings: {equalizer: {low_gain_db: loud}}", "low_gain_db is 'loud', no number"),
    ("settings: {equalizer: {low_gain_db: true}}", "low_gain_db is True, no number"),
    ("settings: {equalizer: {low_gain_db: .inf}}", "low_gain_db is inf"),
    ("settings: {equalizer: {low_gain_db: .nan}}", "low_gain_db is nan"),
    ("settings: {equalizer: {low_gain_db: 1}}\nfoo: 1", "has unknown entries: foo"),
    ("settings: {equalizer: {bypass: 1}}", "equalizer: bypass is 1"),
    ("settings: {equalizer: [1]}", "equalizer: holds no parameters"),
    ("settings: {equalizer: {values: [1]}}", "equalizer: values holds no parameters"),
    ("settings: {equalizer: {values: {}, low_gain_db: 1}}", "unknown entries: low_gain_db"),
    ("settings: {}", "settings holds no blocks"),
    ("settings: 7", "settings holds no blocks"),
    ("settings: {imager: {low_width: 1}}\ndelivery: {profile: cd}", "delivery lacks 'container'"),
    ("settings: {imager: {low_width: 1}}\ndelivery: 7", "delivery holds no entries"),
    ("settings: {deesser: {threshold_db: 3, threshold_dbfs: -30}}", "deesser: give either"),
    ("settings: {deesser: {ratio_dbfs: 3}}", "unknown entries: ratio_dbfs"),
    ("settings: {compressor: {ratio: 2}}", "compressor: lacks attack_ms, release_ms"),
    ("settings: {compressor: {ratio: 2, attack_ms: 1, release_ms: 9}}", "either threshold_dbfs or"),
    (
        "settings: {compressor: {ratio: 0.5, attack_ms: 1, release_ms: 9, threshold_db: 1}}",
        "compressor: ratio is 0.5; it must lie in",
    ),
    (
        "settings: {multiband_compressor: {low_ratio: 2}, compressor: "
        "{ratio: 2, attack_ms: 1, release_ms: 9, threshold_db: 1}}",
        "give either compressor or multiband_compressor",
    ),
    ("settings: {equalizer: {bands: [], low_q: 1}}", "either bands or low_q"),
    ("settings: {equalizer: {bands: []}}", "no list of 1 to"),
    ("settings: {equalizer: {bands: [{gain_db: 1}]}}", "equalizer: band 1: lacks frequency_hz"),
    ("settings: {equalizer: {bands: [{type: comb}]}}", "band 1: type is 'comb'; there are bell"),
    ("settings: {equalizer: {bands: [7]}}", "band 1 holds no parameters"),
    ("settings: {equalizer: {bands: [{frequency_hz: 9e5, gain_db: 1}]}}", "band 1: its frequency"),
    ("settings: {equalizer: {bands: [{foo: 1}]}}", "band 1: has unknown entries: foo"),
    ("settings: {imager: {low_width: 1}, imager: {low_width: 0}}", "two entries 'imager'"),
    ("settings: &a {imager: *a}", "YAML aliases"),
    ("settings: [", "not valid YAML"),
    ("settings: {imager: " + "[" * 30 + "]" * 30 + "}", "nested deeper"),
    ("what: ever", "has none of the forms"),
    ("a line of text", "has no entries"),
    ("[]", "has no entries"),
    ("recipe: 9", "is of version 9"),
    ("recipe: 1", "lacks 'delivery'"),
    ('<REAPER_PROJECT 0.1 "6.0"\n  <FXCHAIN\n', "is of REAPER"),
    ("<REAPER_PRESET_LIBRARY VST_ReaEQ\n", "is of REAPER"),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "is no text"),
    (b"\xff\xfes\x00e\x00t", "is damaged: truncated data"),
    (b"x" * (1 << 20) + b"x", "is larger than"),
    (b"", "empty file"),
]


@pytest.mark.parametrize(("content", "words"), REFUSED)
def test_what_cannot_be_read_is_refused_by_file_and_entry(
    read: Read, content: str | bytes, words: str
) -> None:
    with pytest.raises((RecipeError, ParameterError)) as caught:
        read(content)
    message = caught.value.message
    assert words in message
    assert "human.yaml: " in message
    assert message.count("human.yaml") == 1
    assert "\n" not in message
    assert caught.value.path is not None


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "human.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(RecipeError, match=re.escape(str(path))):
        read_given_settings(path)


TABLES = [
    "frequency,gain,q,type\n250,-2.5,1.2,bell\n9000,1.5,,high shelf\n30,,,high-pass\n",
    "Frequency (Hz);Gain (dB);Q;Type\n250;-2,5;1,2;Peak\n9000;1,5;;HS\n30;;;HP\n",
    "q\tfc\tgain\tkind\n1.2\t250\t-2.5\tPK\n\t9000\t1.5\tHighShelf\n\t30\t\tLow Cut\n",
]


@pytest.mark.parametrize("text", TABLES)
def test_a_table_of_filters_is_taken_over(read: Read, text: str) -> None:
    found = read(text, "bands.csv")
    assert (found.form, found.stages) == ("table of filters", ("equalizer",))
    assert [each.code for each in found.findings] == ["equalizer_taken_over"]
    values = found.settings["equalizer"].values
    assert (values["low_gain_db"], values["low_frequency_hz"], values["low_q"]) == (-2.5, 250, 1.2)
    assert (values["high_shelf_gain_db"], values["high_shelf_frequency_hz"]) == (1.5, 9000)
    assert values["high_pass_frequency_hz"] == 30.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("freq,gain\n250,loud\n", "line 2: its gain is 'loud', no number"),
        ("freq,gain\n,3\n", "line 2: its frequency is '', no number"),
        ("freq,gain\n\n", "no filter that can be read"),
        ('freq;gain\n"12,500";1\n', "line 2: '12,500' may be 12.500 or 12500"),
        ("freq,gain\n" + "9" * 200_000 + ",1\n", "is no table: field larger"),
        ("freq,gain,type\n100,2,tilt\n", "no filter that can be read"),
        ("freq,gain\n" + "100,1\n" * 300, "more than 200 filters"),
    ],
)
def test_a_damaged_table_is_refused_by_line(read: Read, text: str, words: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(words)):
        read(text, "bands.csv")


def test_what_a_table_holds_besides_is_named(read: Read) -> None:
    found = read("freq,gain,colour,type\n100,1,red,bell\n200,1,,tilt\n", "bands.csv")
    (told,) = [each.message for each in found.findings if each.code == "left_out_of_file"]
    assert "the column 'colour'" in told
    assert "'tilt' (line 3)" in told


CAMILLA = """
title: living room
devices: {samplerate: 48000, chunksize: 1024}
secrets: {a: 1}
filters:
  rumble: {type: Biquad, parameters: {type: Highpass, freq: 30, q: 0.7071}}
  mud: {type: Biquad, parameters: {type: Peaking, freq: 250, gain: -3, bandwidth: 1}}
  air: {type: Biquad, parameters: {type: Highshelf, freq: 8000, gain: 2, slope: 12}}
  room: {type: Conv, parameters: {type: Wav, filename: room.wav}}
  notch: {type: Biquad, parameters: {type: Notch, freq: 50, q: 10}}
  off: {type: Biquad, parameters: {type: Peaking, freq: 900, gain: 7, q: 1}}
  left: {type: Biquad, parameters: {type: Peaking, freq: 900, gain: 6, q: 1}}
  unused: {type: Biquad, parameters: {type: Peaking, freq: 900, gain: 5, q: 1}}
pipeline:
  - {type: Filter, channels: [0, 1], names: [rumble, mud, room, notch]}
  - {type: Filter, names: [air]}
  - {type: Filter, bypassed: true, names: ["off"]}
  - {type: Filter, channels: [0], names: [left]}
  - {type: Mixer, name: wide}
"""


def test_filters_of_camilladsp_are_taken_over_in_the_order_of_the_pipeline(read: Read) -> None:
    found = read(CAMILLA, "config.yml")
    assert (found.form, found.stages) == ("CamillaDSP", ("equalizer",))
    values = found.settings["equalizer"].values
    assert values["high_pass_frequency_hz"] == 30.0
    assert (values["low_gain_db"], values["high_shelf_gain_db"]) == (-3.0, 2.0)
    assert values["low_q"] == pytest.approx(1.41421, rel=1e-4)
    assert not {5.0, 6.0, 7.0} & set(values.values())
    assert [each.code for each in found.findings] == ["equalizer_taken_over", "left_out_of_file"]
    told = found.findings[1].message
    for words in ("secrets", "room (Conv Wav)", "notch (Biquad Notch)", "off (bypassed)", "wide"):
        assert words in told
    assert "left (for the channels [0] alone)" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filters: {}\npipeline: []", "has no equalizer and no compressor"),
        ("filters: 7", "its filters are no entries"),
        ("filters: {}\npipeline: 7", "its pipeline is no list"),
        ("filters: {}\npipeline: [7]", "7 is no step"),
        ("filters: {}\npipeline: [{type: Filter, names: [a]}]", "the pipeline names 'a'"),
        ("filters: {a: {type: Biquad, parameters: {type: Peaking}}}", "filters: a: is damaged: it"),
        ("filters: {a: 7}", "filters: a: is damaged"),
        ("filters: {a: {parameters: {}}}", "filters: a: is damaged: it lacks 'type'"),
        ("filters: {a: {type: Gain, parameters: {gain: .inf}}}", "filters: a: gain is inf"),
        (
            "processors: {a: {type: Compressor, parameters: "
            "{attack: -1, release: 1, threshold: 0, factor: 2}}}",
            "processors: a: the compressor a: attack_ms is -1000",
        ),
        ("processors: {a: {type: RACE}}", "Left out of the file: a (RACE)"),
    ],
)
def test_a_damaged_file_of_camilladsp_is_refused_by_entry(
    read: Read, text: str, words: str
) -> None:
    with pytest.raises(RecipeError, match=re.escape(words)):
        read(text, "config.yml")


NAMES = (
    *("settings", "filters", "processors", "pipeline", "type", "parameters", "names"),
    *("equalizer", "compressor", "bands", "values", "bypass", "gain", "freq", "q", "a"),
)
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["settings", "filters", "processors"]), TREES, min_size=1))
def test_no_tree_of_entries_does_more_than_to_be_refused(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "tree.yaml"
    path.write_text(yaml.safe_dump(tree), "utf-8")
    with contextlib.suppress(GlassmasterError):  # and nothing else is raised
        assert read_given_settings(path).stages


LONG = {
    "spaces": "Filter" + " " * 900_000,
    "lines": "\n" * 900_000,
    "spaces before": " " * 900_000 + "x",
    "digits": "Filter " + "1" * 900_000,
    "letters": "Preamp: 1 dB\n" + "a" * 900_000,
    "type": "Filter: ON " + "L" * 400_000 + " " * 400_000,
    "slope": "Filter: ON LSC " + "1" * 900_000,
    "values": "Filter: ON PK " + "Fc Q Gain " * 90_000,
    "words": "Filter: ON PK " + "BW     " * 120_000,
    "columns": "freq,gain," + "(" * 900_000,
    "tab stops": "freq\tgain\n" + "\t" * 900_000,
    "commands": "Preamp: 1 dB\n" + "a:\n" * 300_000,
    "curve": "GraphicEQ: " + "9 1;" * 200_000,
}


@pytest.mark.parametrize("case", LONG)
def test_no_text_takes_more_time_than_its_length_is_worth(read: Read, case: str) -> None:
    began = time.process_time()
    with contextlib.suppress(RecipeError):
        assert all(len(each.message) < 2000 for each in read(LONG[case]).findings)
    assert time.process_time() - began < 5.0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_to_be_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    with contextlib.suppress(GlassmasterError):
        read_given_settings(path)


def test_the_template_says_of_every_parameter_what_the_chain_does(read: Read) -> None:
    found = read(template())
    assert found.stages == tuple(BLOCKS)
    assert found.thresholds == ()
    for name, specs in BLOCKS.items():
        assert not found.settings[name].bypass
        part = template().split(f"\n  {name}:\n")[1].split("\n\n")[0]
        lines = {line.split(":")[0].strip(): line for line in part.splitlines()}
        assert list(lines) == [spec.key for spec in specs]  # all of them, in order, nothing else
        for spec in specs:
            assert found.settings[name].values[spec.key] == spec.default
            unit = f" {spec.unit}" if spec.unit else ""
            assert f"# {spec.low:g} to {spec.high:g}{unit}; " in lines[spec.key]
            if key := absolute_key(spec):
                assert f"or {key}" in lines[spec.key]


def test_the_other_ways_that_the_template_shows_are_read(read: Read) -> None:
    text = template().split("# Two blocks may be written otherwise.")[1]
    shown = [line[2:] for line in text.splitlines() if line.startswith("#   ")]
    found = read("settings:\n" + "\n".join(shown))
    assert found.stages == ("equalizer", "multiband_compressor")
    assert found.settings["equalizer"].values["high_pass_frequency_hz"] == 28.0


def test_the_template_keeps_to_the_width_of_a_page() -> None:
    assert max(map(len, template().splitlines())) <= 100
