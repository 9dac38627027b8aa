from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassmaster.data.analysis import Analysis, analyze
from glassmaster.data.audio import ArrayReader, Audio
from glassmaster.inference.blending import SCALED, blended, named_blend, origins_of
from glassmaster.inference.intervals import block_of
from glassmaster.inference.origins import still_kept
from glassmaster.inference.predictor import Interval, Prediction, Reason
from glassmaster.inference.recipe import Delivery, Recipe, load_recipe, save_recipe
from glassmaster.models.errors import ParameterError, RecipeError, UsageError
from glassmaster.models.moves import QUANTITIES
from glassmaster.models.settings import BLOCKS, default_settings

SHEET = (
    "settings:\n"
    "  equalizer: {low_gain_db: -2}\n"
    "  multiband_compressor: {low_ratio: 3, high_trim_db: 2}\n"
    "  imager: {bypass: true}\n"
    "  limiter: {release_ms: 77}\n"
)
INTERVALS: dict[str, Interval] = {name: (-1.0, 2.0) for name in QUANTITIES}
KNOBS: dict[str, Interval] = {"limiter.release_ms": (50.0, 300.0), "imager.low_width": (0.5, 1.0)}


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "human.yaml"
    path.write_text(SHEET, "utf-8")
    return path


@pytest.fixture(scope="module")
def analysis(song: Audio) -> Analysis:
    return analyze(ArrayReader(song))


@pytest.fixture
def prediction() -> Prediction:
    whole = (
        default_settings()
        .with_block("equalizer", {"high_shelf_gain_db": 4.0, "high_shelf_frequency_hz": 5000.0})
        .with_block("multiband_compressor", {"low_ratio": 2.0})
        .with_block("imager", {"high_width": 1.4})
        .with_block("limiter", {"release_ms": 150.0})
    )
    reasons = tuple(Reason(name, f"The {name}, by the model.") for name in BLOCKS)
    return Prediction(whole, INTERVALS | KNOBS, reasons)


def test_without_a_word_everything_is_the_predictors(
    prediction: Prediction, analysis: Analysis
) -> None:
    found = blended(prediction, named_blend(None, []), analysis)
    assert found.settings == prediction.settings
    assert found.prediction == prediction
    assert found.findings == ()


@pytest.mark.parametrize("text", ["0.5", "equalizer=0.5,multiband_compressor=0.5,0.5", "0.5,0.5"])
def test_one_amount_for_all(prediction: Prediction, analysis: Analysis, text: str) -> None:
    found = blended(prediction, named_blend(text, []), analysis)
    assert found.settings == prediction.settings.scaled(0.5)
    (told,) = found.findings
    assert (told.code, told.message) == ("amount", "50% of each move was applied.")


@pytest.mark.parametrize("text", ["equalizer=0.5,imager=0", "imager=0,1,equalizer=0.5"])
def test_an_amount_for_each(prediction: Prediction, analysis: Analysis, text: str) -> None:
    found = blended(prediction, named_blend(text, []), analysis)
    assert found.settings["equalizer"] == prediction.settings.scaled(0.5)["equalizer"]
    assert found.settings["imager"].bypass
    for name in ("multiband_compressor", "limiter"):
        assert found.settings[name] == prediction.settings[name]
    (told,) = found.findings
    assert "50% of equalizer" in told.message
    assert "0% of imager" in told.message


def test_what_is_kept_is_kept_whole_and_said_so(
    prediction: Prediction, analysis: Analysis, sheet: Path
) -> None:
    blend = named_blend("0.5", [f"equalizer={sheet}", f"imager={sheet}"])
    found = blended(prediction, blend, analysis)
    assert found.settings["equalizer"].values["low_gain_db"] == -2.0
    assert found.settings["equalizer"].values["high_shelf_gain_db"] == 0.0
    assert found.settings["imager"].bypass
    scaled = prediction.settings.scaled(0.5)
    for name in ("multiband_compressor", "deesser", "saturator", "limiter"):
        assert found.settings[name] == scaled[name]
    reasons = {each.block: each.text for each in found.prediction.reasons}
    assert reasons["equalizer"] == "Kept from human.yaml."
    assert reasons["imager"] == "Kept from human.yaml, bypassed."
    assert reasons["limiter"] == "The limiter, by the model."
    assert [each.block for each in found.prediction.reasons] == list(BLOCKS)
    names = found.prediction.intervals
    assert not [name for name in names if name.startswith(("response", "width", "imager"))]
    assert len([name for name in names if name.startswith("reduction")]) == 8
    assert "limiter.release_ms" in names
    (told,) = [each.message for each in found.findings if each.code == "amount"]
    assert "whole: equalizer, imager." in told


def test_a_kept_compressor_keeps_its_trims_and_the_equalizer_leaves_them_out(
    prediction: Prediction, analysis: Analysis, sheet: Path
) -> None:
    found = blended(prediction, named_blend(None, [f"multiband_compressor={sheet}"]), analysis)
    values = found.settings["multiband_compressor"].values
    assert (values["low_ratio"], values["high_trim_db"]) == (3.0, 2.0)
    assert 1.0 < found.settings["equalizer"].values["high_shelf_gain_db"] < 3.2
    told = [each.text for each in found.prediction.reasons if each.block == "equalizer"]
    assert told[0] == "The equalizer, by the model."
    assert "trims of human.yaml" in told[1]
    both = [f"multiband_compressor={sheet}", f"equalizer={sheet}"]
    kept = blended(prediction, named_blend(None, both), analysis)
    assert kept.settings["equalizer"].values["low_gain_db"] == -2.0


def test_findings_of_a_file_are_told_once_where_they_matter(
    prediction: Prediction, analysis: Analysis, tmp_path: Path
) -> None:
    path = tmp_path / "rack.yaml"
    path.write_text(
        "settings:\n"
        "  equalizer: {bands: [{frequency_hz: 300, gain_db: 3}]}\n"
        "  compressor: {threshold_dbfs: -90, ratio: 2, attack_ms: 20, release_ms: 200}\n",
        "utf-8",
    )
    tone = blended(prediction, named_blend(None, [f"equalizer={path}"]), analysis)
    assert [each.code for each in tone.findings] == ["equalizer_taken_over"]
    assert tone.findings[0].message.startswith("rack.yaml: ")
    words = [f"{name}={path}" for name in ("equalizer", "multiband_compressor")]
    all_of_it = blended(prediction, named_blend(None, words), analysis)
    assert [each.code for each in all_of_it.findings] == [
        "equalizer_taken_over",
        "compressor_in_bands",
        "compressor_held",
        "threshold_held",
    ]


def test_a_level_of_a_stage_that_is_not_kept_does_not_matter(
    prediction: Prediction, analysis: Analysis, tmp_path: Path
) -> None:
    path = tmp_path / "human.yaml"
    path.write_text("settings: {equalizer: {}, deesser: {threshold_dbfs: -1}}", "utf-8")
    blended(prediction, named_blend(None, [f"equalizer={path}"]), analysis)
    with pytest.raises(ParameterError, match=r"human\.yaml: deesser: threshold_dbfs is -1\.0 dBFS"):
        blended(prediction, named_blend(None, [f"deesser={path}"]), analysis)


WRONG: list[tuple[str | None, list[str], str]] = [
    (None, ["equaliser=HUMAN"], "with a stage of equalizer, deesser"),
    (None, ["equalizer"], "write STAGE=FILE"),
    (None, ["equalizer="], "write STAGE=FILE"),
    (None, ["=HUMAN"], "write STAGE=FILE"),
    (None, ["equalizer=HUMAN", "equalizer=HUMAN"], "names equalizer twice"),
    (None, ["deesser=HUMAN"], "human.yaml: says nothing of the deesser, but of equalizer, multi"),
    ("equalizer=0.5", ["equalizer=HUMAN"], "equalizer is kept whole by --lock and scaled by"),
    ("stereo_imager=0", [], "for each once of equalizer, deesser"),
    ("limiter=0.5", [], "for each once of equalizer"),
    ("equalizer=0.5,equalizer=0.4", [], "for each once"),
    ("equalizer=1.5", [], "it lies in 0..1"),
    ("-0.1", [], "it lies in 0..1"),
    ("nan", [], "it lies in 0..1"),
    ("", [], "it lies in 0..1"),
    ("0.5,", [], "it lies in 0..1"),
    ("=0.5", [], "it lies in 0..1"),
    ("equalizer:0.5", [], "it lies in 0..1"),
]


@pytest.mark.parametrize(("amount", "locks", "words"), WRONG)
def test_what_makes_no_sense_is_refused(
    sheet: Path, amount: str | None, locks: list[str], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        named_blend(amount, [each.replace("HUMAN", str(sheet)) for each in locks])
    assert words in caught.value.message


def test_a_limiter_cannot_be_kept_bypassed(tmp_path: Path) -> None:
    path = tmp_path / "human.yaml"
    path.write_text("settings: {limiter: {bypass: true}}", "utf-8")
    with pytest.raises(UsageError, match="cannot be bypassed"):
        named_blend(None, [f"limiter={path}"])


def test_the_amount_of_all_may_stand_beside_what_is_kept(sheet: Path) -> None:
    blend = named_blend("0.3,imager=0", [f"equalizer={sheet}"])
    assert blend.amounts["imager"] == 0.0
    assert blend.amounts["multiband_compressor"] == 0.3


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(SCALED), st.floats(0.0, 1.0)), st.floats(0.0, 1.0))
def test_amounts_are_read_as_they_are_written(own: dict[str, float], general: float) -> None:
    words = [f"{name}={amount!r}" for name, amount in own.items()]
    blend = named_blend(",".join([repr(general), *words]), [])
    assert blend.amounts == {**dict.fromkeys(SCALED, general), **own}
    assert blend.locks == {}


def test_every_quantity_is_about_a_block() -> None:
    assert {block_of(name) for name in QUANTITIES} == {
        "equalizer",
        "imager",
        "multiband_compressor",
        "limiter",
    }
    assert block_of("response_db@31.5") == "equalizer"  # the point is no knob's


Refuse = Callable[[str, str], RecipeError]


@pytest.fixture
def refuse(tmp_path: Path, sheet: Path) -> Refuse:
    """Save a recipe with a kept block, change its text, and return why it is not read again."""
    blend = named_blend(None, [f"equalizer={sheet}"])
    chosen = default_settings().with_block("limiter", {}).with_block("equalizer", {})
    delivery = Delivery("default", "wav", "24", 44_100)
    recipe = Recipe(chosen, delivery, None, "network", {}, kept=origins_of(blend, chosen))
    path = tmp_path / "r.yaml"
    save_recipe(recipe, path, force=True)
    assert load_recipe(path) == recipe
    text = path.read_text("utf-8")

    def changed(before: str, after: str) -> RecipeError:
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), "utf-8")
        with pytest.raises(RecipeError) as caught:
            load_recipe(path)
        return caught.value

    return changed


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("kept:\n  equalizer:", "kept:\n  equaliser:", "kept names 'equaliser'"),
        ("file: human.yaml", "file: 'a\\\n\n\n  b'", "file must be a name"),
        ("form: settings", "form: 7", "form is 7"),
        ("file_sha256: ", "file_sha256: 0", "no SHA-256"),
        ("file: human.yaml", "file: human.yaml\n    mood: calm", "unknown entries: mood"),
    ],
)
def test_a_recipe_with_a_damaged_origin_is_refused(
    refuse: Refuse, before: str, after: str, words: str
) -> None:
    assert words in refuse(before, after).message


def test_a_block_that_was_edited_is_kept_no_longer(sheet: Path) -> None:
    blend = named_blend(None, [f"equalizer={sheet}", f"imager={sheet}"])
    chosen = default_settings()
    origins = origins_of(blend, chosen)
    assert still_kept(origins, chosen) == origins
    edited = chosen.with_block("equalizer", {"low_gain_db": 1.0})
    assert list(still_kept(origins, edited)) == ["imager"]
    assert dataclasses.asdict(origins["imager"])["file"] == "human.yaml"
