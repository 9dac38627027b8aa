from __future__ import annotations

from pathlib import Path

import pytest

from glassmaster.data.metering.report import LoudnessReport
from glassmaster.inference.commands.targets import check_apart, check_name, check_targets
from glassmaster.inference.compliance import check_compliance, check_file
from glassmaster.inference.profiles import load_profile
from glassmaster.models.errors import OutputError, UsageError

QUIET = LoudnessReport(
    integrated_lufs=-23.0,
    short_term_max_lufs=-19.5,
    momentary_max_lufs=-17.0,
    range_lu=5.0,
    true_peak_dbtp=-3.0,
    plr_db=20.0,
    psr_db=16.5,
    dual_mono_lufs=-23.0,
)


@pytest.mark.parametrize(
    ("sample_rate", "bit_depth", "named"),
    [
        (44_100, 16, ()),
        (48_000, 16, ("sample rate",)),
        (44_100, 24, ("word length",)),
        (48_000, 24, ("sample rate", "word length")),
        (44_100, None, ("word length",)),
    ],
)
def test_a_profile_with_a_fixed_form_asks_for_it(
    sample_rate: int, bit_depth: int | None, named: tuple[str, ...]
) -> None:
    found = check_file(QUIET, load_profile("cd"), sample_rate=sample_rate, bit_depth=bit_depth)
    assert found.complies == (named == ())
    assert [text.split(" is ")[0] for text in found.violations] == list(named)


def test_a_profile_without_one_takes_any() -> None:
    assert check_file(QUIET, load_profile("default"), sample_rate=192_000, bit_depth=None).complies


def test_short_term_loudness_of_mono_is_that_of_two_loudspeakers() -> None:
    stereo = QUIET
    mono = LoudnessReport(-26.01, -19.5, -17.0, 5.0, -3.0, 20.0, 16.5, dual_mono_lufs=-23.0)
    profile = load_profile("ebu_r128_s1")
    assert check_compliance(stereo, profile).complies
    assert not check_compliance(mono, profile).complies


@pytest.mark.parametrize("name", ["x.flac", "x.FLAC", "x.aif"])
def test_a_name_may_not_say_another_container(name: str) -> None:
    with pytest.raises(UsageError, match="its name says"):
        check_name(Path(name), "wav")


@pytest.mark.parametrize("name", ["x.wav", "x.master", "x"])
def test_other_names_are_free(name: str) -> None:
    check_name(Path(name), "wav")


def test_recipe_and_master_need_names_of_their_own(tmp_path: Path) -> None:
    targets = {"-o": tmp_path / "a.wav", "--recipe": None, "--report": tmp_path / "a.html"}
    check_apart(targets)
    for option in ("--recipe", "--report"):
        with pytest.raises(UsageError, match=f"-o and {option} name the same file"):
            check_apart({**targets, option: tmp_path / "a.wav"})


def test_what_this_run_has_written_is_not_replaced_even_by_force(tmp_path: Path) -> None:
    mix, output, page = (tmp_path / name for name in ("mix.wav", "a.wav", "a.html"))
    targets = {"-o": output, "--recipe": None, "--report": page}
    assert check_targets(targets, [mix], force=False) == [output, page]
    with pytest.raises(OutputError, match=r"a\.html: was written for another mix of this run"):
        check_targets(targets, [mix], [page], force=True)
    page.write_text("older")
    with pytest.raises(OutputError, match=r"a\.html: exists already"):
        check_targets(targets, [mix], force=False)
    check_targets(targets, [mix], force=True)
    with pytest.raises(OutputError, match="is the input itself"):
        check_targets(targets, [page], force=True)


def test_names_in_messages_move_no_cursor() -> None:
    sly = Path("\x1b[2J\nx.flac")
    with pytest.raises(UsageError) as caught:
        check_name(sly, "wav")
    assert caught.value.message.startswith("\\x1b[2J\\nx.flac: ")
    with pytest.raises(UsageError) as caught:
        check_apart({"-o": sly, "--recipe": sly})
    assert caught.value.message.startswith("\\x1b[2J\\nx.flac: ")
