from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from glassmaster.data.analysis import Analysis
from glassmaster.data.findings import Finding
from glassmaster.inference.predictor import Prediction, Reason
from glassmaster.inference.report.page import page, write_page
from glassmaster.inference.results import MasteringResult
from glassmaster.models.errors import OutputError
from glassmaster.models.settings import default_settings

VOID = {"meta"}
SVG_LEAVES = {"line", "rect", "polyline", "polygon"}
TYPOGRAPHY = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "n/a", "\N{NO-BREAK SPACE}": " "})
HOSTILE = '<script>alert("1")</script>\u202e&amp;.wav'


class Outline(HTMLParser):
    """Checks that tags are nested, and collects text and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG_LEAVES
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.text.append(data)


def outline(content: str) -> Outline:
    parser = Outline()
    parser.feed(content)
    parser.close()
    assert parser.stack == []
    return parser


def shown(content: str) -> str:
    return " ".join(" ".join(outline(content).text).translate(TYPOGRAPHY).split())


def drawings(content: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(part) for part in re.findall(r"<svg.*?</svg>", content)]


def hostile(result: MasteringResult) -> MasteringResult:
    reasons = (Reason("equalizer", f"It said {HOSTILE}."),)
    assert result.prediction is not None
    prediction = Prediction(result.prediction.settings, {}, reasons)
    recipe = replace(result.recipe, versions={HOSTILE: HOSTILE})
    return replace(
        result,
        source=Path("folder") / HOSTILE.replace("/", "_"),
        output=Path(HOSTILE.replace("/", "_")),
        prediction=prediction,
        recipe=recipe,
        findings=(Finding("odd", HOSTILE),),
    )


def test_page_tells_the_key_figures(result: MasteringResult) -> None:
    text = shown(page(result))
    for part in (
        "song.flac",
        "Meets “Release master”",
        "Integrated -21.3 -12.2 LUFS",
        "True peak -3.40 -1.10 dBTP",
        "PLR 17.9 11.1 dB",
        "Gain: +3.3 dB into the chain, +6.4 dB before the limiter.",
        "predicted before correction to cost 0.9 LU",
        "The measured file was corrected 1 time.",
        "The multiband_compressor was decided by a die.",
        "nothing is trained",
        "Apple Music -3.8 dB",
        "True peak is -1.10 dBTP; at most -2.00 is advised",
        "SoundCloud unknown none conflicting",
        "The audio is clipped in 3 places.",
        "AES TD1008 (2021)",
        "ab" * 32,
        "5e" * 32,
        "123456789",
        "Version of glassmaster 0.1.0",
    ):
        assert part in text, part


def test_settings_have_values_units_and_ranges(result: MasteringResult) -> None:
    text = shown(page(result))
    for part in (
        "Gain, dB Frequency, Hz Q",
        "Low mid +4.0 1000 0.80",
        "Low corner 100 Hz 60 to 250 Hz",
        "Threshold, dB Ratio Attack, ms Release, ms Trim, dB",
        "Low 0.0 2.00 20 150 0.0",
        "Release 137 ms 20 to 500 ms",
        "Ceiling -1.0 dBTP -12.0 to 0.0 dBTP",
        "Bypassed: De-esser, Saturator, Stereo imager.",
    ):
        assert part in text, part


def test_page_needs_nothing_else(guided: MasteringResult) -> None:
    content = page(hostile(guided))
    parsed = outline(content)
    assert not {"script", "link", "img", "iframe", "object", "a", "image"} & set(parsed.tags)
    names = {name for name, _ in parsed.values}
    assert not {"src", "href", "xlink:href", "style", "srcset", "action"} & names
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:|//", content)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in parsed.values


def test_numbers_keep_their_sign_and_unit(guided: MasteringResult) -> None:
    content = page(guided)
    assert "\N{MINUS SIGN}12.2\N{NO-BREAK SPACE}LUFS" in content
    assert "ceiling \N{MINUS SIGN}1.00\N{NO-BREAK SPACE}dBTP" in content
    assert not re.search(r">-\d", content)


def test_foreign_text_is_escaped(result: MasteringResult) -> None:
    content = page(hostile(result))
    assert "<script" not in content
    assert "\u202e" not in content
    text = shown(content)
    assert text.count('<script>alert("1")</script>\\u202e&amp;.wav') >= 4
    assert '<script>alert("1")<_script>\\u202e&amp;.wav: mastering report' in text


def test_page_is_readable_everywhere(guided: MasteringResult) -> None:
    content = page(guided)
    assert content.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "prefers-color-scheme: dark" in content
    assert "@media print" in content
    assert 'name="viewport"' in content
    for graphic in drawings(content):
        assert graphic.get("aria-label")
        assert graphic.get("role") == "img"


def test_every_class_has_a_style(guided: MasteringResult) -> None:
    content = page(guided)
    style = content[content.index("<style>") : content.index("</style>")]
    used = {
        name for key, value in outline(content).values if key == "class" for name in value.split()
    }
    assert {name for name in used if not re.search(rf"\.{name}\b", style)} == set()


def test_drawings_stay_inside_their_frame(guided: MasteringResult) -> None:
    graphics = drawings(page(guided))
    assert len(graphics) == 3
    for graphic in graphics:
        _, _, width, height = map(float, (graphic.get("viewBox") or "").split())
        for shape in graphic:
            pairs = [pair.split(",") for pair in (shape.get("points") or "").split()]
            xs = [float(x) for x, _ in pairs] + [float(shape.get(k, 0)) for k in ("x", "x1", "x2")]
            ys = [float(y) for _, y in pairs] + [float(shape.get(k, 0)) for k in ("y", "y1", "y2")]
            assert min(*xs, *ys) >= 0.0
            assert max(xs) <= width
            assert max(ys) <= height


def test_bars_are_as_long_as_the_reduction(result: MasteringResult) -> None:
    bars = drawings(page(result))[1].findall("rect")
    high = [float(bar.get("width", 0)) for bar in bars if bar.get("class") == "high"]
    median = [float(bar.get("width", 0)) for bar in bars if bar.get("class") == "median"]
    scale = high[0] / 2.6
    assert high == pytest.approx([2.6 * scale, 1.3 * scale, 0.0, 0.65 * scale], abs=0.11)
    assert median == pytest.approx([1.0 * scale, 0.5 * scale, 0.0, 0.0], abs=0.11)


def test_curve_stands_where_the_axis_says(result: MasteringResult) -> None:
    graphic = drawings(page(result))[0]
    ticks = {text.text: text for text in graphic.findall("text")}
    x_1k = float(ticks["1k"].get("x", 0))
    low, high = float(ticks["0"].get("y", 0)), float(ticks["+3"].get("y", 0))
    curve = graphic.findall("polyline")[-1]
    points = [tuple(map(float, pair.split(","))) for pair in (curve.get("points") or "").split()]
    peak_x, peak_y = min(points, key=lambda point: point[1])
    left_y = points[0][1]
    assert peak_x == pytest.approx(x_1k, abs=5.0)
    # a bell of 4 dB at 1 kHz
    assert 3.0 * (left_y - peak_y) / (low - high) == pytest.approx(4.0, abs=0.1)


def test_expected_range_is_shown_where_the_prediction_has_one(result: MasteringResult) -> None:
    ranges = drawings(page(result))[0].findall("polygon")
    assert [polygon.get("class") for polygon in ranges] == ["expected", "expected"]
    assert len((ranges[0].get("points") or "").split()) == 4
    recipe = replace(result.recipe, intervals={"response_db@1000": "not determined"})
    assert drawings(page(replace(result, recipe=recipe)))[0].findall("polygon") == []


def test_bypassed_blocks_are_said_to_be(result: MasteringResult) -> None:
    settings = default_settings().with_block("limiter", {})
    recipe = replace(result.recipe, settings=settings)
    content = page(replace(result, recipe=recipe, prediction=None, limiting=None))
    text = shown(content)
    assert "The compressor is bypassed." in text
    assert "Bypassed: Equalizer, De-esser, Compressor, Saturator, Stereo imager." in text
    assert "bypassed" in [each.text for each in drawings(content)[0].findall("text")]
    assert "The settings come from a recipe, which does not keep reasons." in text


def test_undefined_figures_are_dashes(result: MasteringResult, undefined: Analysis) -> None:
    delivered = replace(result.delivered, loudness=undefined.loudness)
    before = replace(undefined, sample_rate=8000)
    content = page(replace(result, before=before, delivered=delivered, limiting=None))
    text = shown(content)
    assert "Integrated n/a n/a LUFS" in text
    assert "As dual mono n/a n/a LUFS" in text
    assert not re.search(r"\b(nan|inf|None)\b", content)


def test_failure_to_comply_is_not_green(results: Callable[..., MasteringResult]) -> None:
    content = page(results(profile="club"))
    assert '<p class="badge bad">Does not meet “Club and DJ”</p>' in content
    assert "Integrated loudness is -12.20 LUFS; wanted is -9.0 ± 1" in shown(content)


def test_page_is_written_and_replaced_only_when_forced(
    result: MasteringResult, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "reports"
    path = write_page(result, folder, force=False)
    assert path == folder / "song-master-report.html"
    path.write_text("older")
    with pytest.raises(OutputError, match="exists already"):
        write_page(result, folder, force=False)
    assert path.read_text() == "older"
    assert write_page(result, folder, force=True).read_text(encoding="utf-8") == page(result)
    assert [each.name for each in folder.iterdir()] == [path.name]


def test_a_name_that_is_no_text_is_written(result: MasteringResult, tmp_path: Path) -> None:
    odd = replace(result, source=Path("\udcff.wav"), output=Path("\udcff-master.wav"))
    assert "\\udcff.wav" in shown(
        write_page(odd, tmp_path, force=False).read_text(encoding="utf-8")
    )


def test_a_folder_that_is_a_file_is_an_error(result: MasteringResult, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken") as caught:
        write_page(result, tmp_path / "taken" / "reports", force=True)
    assert caught.value.exit_code == 74
