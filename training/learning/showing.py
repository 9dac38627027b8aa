"""What a person can look at and listen to: curves of validation, and a song before and after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...data.synthetic import main as compose_file
from ...inference.learned.loading import load_model
from ...inference.mastering import master
from ...inference.recipe import Delivery
from ...inference.report.page import write_page
from ...inference.report.plot import Plot, drawing, label
from ...inference.results import Request
from ...inference.warming import ensure_warm
from ...models.errors import ModelError

CURVES = "curves.svg"
EXAMPLE_SEED = 77

_EXAMPLE_S = 15.0
_SIZE = (720.0, 360.0)
_COLORS = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")
_STYLE = "text{font:13px sans-serif;fill:#444}line{stroke:#ddd}polyline{fill:none;stroke-width:2}"


def write_curves(path: Path, history: Mapping[int, Mapping[str, float]]) -> None:
    """Draw how the ratio of each validation set fell over the steps.

    Args:
        path: SVG to write.
        history: What was measured by step; entries that end in ``/ratio`` are drawn.

    """
    steps = np.array(sorted(history), np.float64)
    names = sorted({name for row in history.values() for name in row if name.endswith("/ratio")})
    values = {name: np.array([100.0 * history[int(s)][name] for s in steps]) for name in names}
    highest = max([110.0, *(float(curve.max()) for curve in values.values())])
    plot = Plot(60.0, 40.0, 560.0, 270.0, (1.0, float(max(steps.max(), 2.0))), (0.0, highest))
    ticks = [(10.0**power, f"{10**power}", False) for power in range(6) if 10.0**power <= steps[-1]]
    parts = [
        f"<style>{_STYLE}</style>",
        plot.axes(ticks, np.arange(0.0, highest, 20.0).tolist(), "mel distance, % of unchanged"),
    ]
    for place, (name, color) in enumerate(zip(names, _COLORS, strict=False)):
        # the axis is logarithmic: what a run begins with stands at its first step
        curve = plot.line(np.maximum(steps, 1.0), values[name], name.removesuffix("/ratio"))
        parts.append(curve.replace("<polyline", f'<polyline stroke="{color}"'))
        text = label(80.0, 260.0 + 18.0 * place, name.removesuffix("/ratio"), "name", "start")
        parts.append(text.replace("<text", f'<text style="fill:{color}"'))
    svg = drawing(*_SIZE, "Validation over steps", "".join(parts))
    path.write_text(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'), "utf-8")


def write_example(folder: Path, weights: Path) -> None:
    """Compose a song, master it with these weights, and write both and the report beside them.

    Args:
        folder: Where to; made if it is not there.
        weights: File of the model.

    Raises:
        ModelError: The song could not be written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    mix, output = folder / "mix.wav", folder / "master.wav"
    words = ["--seed", str(EXAMPLE_SEED), "--duration", str(_EXAMPLE_S), "--force"]
    if compose_file([str(mix), *words]) != 0:
        raise ModelError(
            f"{mix} could not be written; look at the disk", code="no_example", path=mix
        )
    ensure_warm()
    request = Request(output, Delivery("default", "wav", "24", 44_100), force=True, nearest=True)
    result = master(mix, request, load_model(weights), step=lambda *_: None)
    write_page(result, folder, force=True)
