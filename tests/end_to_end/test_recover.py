from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from glassmaster.data.audio import Samples
from glassmaster.data.synthetic import compose
from glassmaster.models.settings import default_settings
from glassmaster.training.benchmark.delivery import deliver_audio

RATE = 44_100
LATE = 700


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mix, a master of it that begins late, and a master of something else."""
    folder = tmp_path_factory.mktemp("pairs")
    mix = compose(6, duration_s=15.0).mix.samples
    settings = default_settings().with_block("equalizer", {"high_shelf_gain_db": 3.0})
    settings = settings.with_block("imager", {"high_width": 1.3})
    made = deliver_audio(mix, RATE, -12.0, settings=settings).samples
    late = np.pad(made, ((0, 0), (LATE, 0)))
    for name, samples in {
        "mix": mix,
        "master": late,
        "other": compose(9, duration_s=15.0).mix.samples,
    }.items():
        soundfile.write(folder / f"{name}.wav", samples.T, RATE, subtype="PCM_24")
    return folder


def test_a_recovered_recipe_renders_the_master_again(
    run: Any,
    folder: Path,
    tmp_path: Path,
    read_samples: Callable[[Path], tuple[Samples, int]],
) -> None:
    recipe, out = tmp_path / "found.yaml", tmp_path / "again.wav"
    mix, master = folder / "mix.wav", folder / "master.wav"
    done = run("recover", mix, master, "-o", recipe, "--report", tmp_path, "--json")
    assert done.code == 0, done.err
    entry = done.file
    late = entry["alignment"]["offset_samples"] + entry["alignment"]["missed_samples"]
    assert late == LATE
    assert entry["null_db"] <= -45.0 < entry["unchanged_null_db"]
    assert not entry["settings"]["equalizer"]["bypass"]
    assert entry["effects"]["quantities"]["width_db@high"] == pytest.approx(2.28, abs=0.1)
    page = (tmp_path / "mix-recovery.html").read_text(encoding="utf-8")
    assert "What the chain cannot express" in page
    assert "<script" not in page
    rendered = run("render", recipe, mix, "-o", out, "--json")
    assert rendered.code in (0, 2), rendered.err  # as loud as the master, whatever a profile asks
    again, wanted = read_samples(out)[0], read_samples(master)[0][LATE:]
    rest = np.square(again - wanted).sum() / np.square(wanted).sum()
    assert 10.0 * np.log10(rest) <= -45.0


def test_what_is_no_pair_is_refused(run: Any, folder: Path, tmp_path: Path) -> None:
    done = run(
        *("recover", folder / "mix.wav", folder / "other.wav"),
        *("-o", tmp_path / "no.yaml", "--json"),
    )
    assert done.code == 65
    assert done.file["error"]["code"]
    assert not (tmp_path / "no.yaml").exists()


def test_nothing_is_replaced_unasked(run: Any, folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "there.yaml"
    recipe.write_text("mine", encoding="utf-8")
    done = run("recover", folder / "mix.wav", folder / "master.wav", "-o", recipe)
    assert done.code == 74
    assert recipe.read_text(encoding="utf-8") == "mine"
