from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from glassmaster.training.learning.showing import write_curves


def test_curves_fall_as_the_ratios_do(tmp_path: Path) -> None:
    path = tmp_path / "curves.svg"
    write_curves(path, {10: {"one/ratio": 1.0, "score": 9.0}, 20: {"one/ratio": 0.5, "score": 9.0}})
    root = ElementTree.fromstring(path.read_text("utf-8"))
    (curve,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    heights = [float(point.split(",")[1]) for point in curve.attrib["points"].split()]
    assert len(heights) == 2
    assert heights[1] > heights[0]  # downward in a drawing
