"""What came of a test, in sentences; those of the terminal and those of the page are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...data.files.names import display_name
from ..report.facts import duration, figure
from ..report.layout import columns, item, wrapped
from .evaluating import AUDIBLE_SHARE, WANTED_POWER, PairResult, Result, Verdict
from .log import ListeningTest
from .plan import ABX


def names(test: ListeningTest) -> tuple[str, ...]:
    """Return what versions are called: files without their folders, where that tells them apart."""
    paths = test.versions.paths
    short = [path.name for path in paths]
    told = short if len(set(short)) == len(short) else [str(path) for path in paths]
    return tuple(display_name(each) for each in told)


def headline(test: ListeningTest, result: Result) -> str:
    """Return the conclusion in a few words."""
    verdicts = [pair.verdict for pair in result.pairs]
    is_abx = test.plan.mode == ABX
    if shown := verdicts.count(Verdict.SHOWN):
        if is_abx:
            return "You heard the difference."
        if len(verdicts) > 1:
            return f"You have a preference in {shown} of {len(verdicts)} pairs."
        return f"You prefer {names(test)[_preferred(result.pairs[0])]}."
    if Verdict.NOT_ENOUGH_TRIALS in verdicts:
        return "Not enough trials to say anything."
    return "No audible difference was shown." if is_abx else "No preference was shown."


def sentences(test: ListeningTest, result: Result) -> tuple[str, ...]:
    """Return what came of every pair, and what may not be concluded from it."""
    tell = _abx if test.plan.mode == ABX else _preference
    told = [tell(test, result, pair) for pair in result.pairs]
    verdicts = {pair.verdict for pair in result.pairs}
    share, power = percent(AUDIBLE_SHARE), percent(WANTED_POWER)
    if Verdict.NOT_ENOUGH_TRIALS in verdicts:
        each = " of each pair" if len(result.pairs) > 1 else ""
        told.append(
            f"A new test with {result.trials_needed} trials{each} or more, chosen before it "
            f"starts, would find a true share of {share} in {power} of cases. Trials of several "
            "tests must not be added up, and a test is not to be repeated until it succeeds."
        )
    if Verdict.NOT_SHOWN in verdicts:
        told.append(
            f"That the interval ends short of {share}, halfway between guessing and always being "
            "sure, does not show that there is no difference: another listener, room or passage "
            "may tell."
        )
    return tuple(told)


def pair_rows(test: ListeningTest, result: Result) -> list[tuple[str, ...]]:
    """Return the figures of every pair: what, hits, p, interval, conclusion."""
    called = names(test)
    rows: list[tuple[str, ...]] = []
    for pair in result.pairs:
        one, other = (called[place] for place in pair.pair)
        what = f"{one} and {other}" if test.plan.mode == ABX else f"{one} over {other}"
        hits = f"{pair.hits} of {pair.trials}"
        rows.append((what, hits, p_text(pair.p_value), interval_text(pair)))
    return rows


def facts(test: ListeningTest, result: Result) -> list[tuple[str, str]]:
    """Return how the test was made, as terms and what is said of them."""
    plan, versions, matched = test.plan, test.versions, test.matched
    several = len(result.pairs) > 1
    if plan.mode == ABX:
        kind = "ABX: which of two is the third"
        p_value = "exact binomial, one side: so many right, or more, by guessing"
        needed = f"{result.critical} of {plan.trials} right"
    else:
        kind = "preference: which of two is better"
        p_value = "exact sign test, both sides" + (", after Holm" if several else "")
        needed = f"{result.critical} of {plan.trials} for one of a pair"
    together = ", of all pairs together" if several else ""
    end_s = versions.start_s + versions.length_s
    return [
        ("Test", kind),
        ("Trials", f"{plan.trials}{' of each pair' if several else ''}, fixed before the start"),
        ("Needed", f"{needed}; by guessing in at most 5 % of tests"),
        ("p value", p_value),
        ("Interval", f"Wilson, {100.0 * result.confidence:.3g} %{together}"),
        ("Passage", f"{duration(versions.start_s)} to {duration(end_s)} of {names(test)[0]}"),
        (
            "Loudness",
            f"{figure(matched.loudness_lufs)} LUFS, within {spread_text(matched.spread_lu)}",
        ),
        ("Played at", f"{versions.sample_rate} Hz"),
        ("Seed", str(plan.seed)),
        ("Started", _time(test.started)),
        ("Ended", _time(test.answers[-1].answered)),
    ]


def percent(share: float) -> str:
    """Write a share with two digits that matter."""
    return "100 %" if share >= 0.995 else f"{100.0 * share:.2g} %"


def spread_text(spread_lu: float) -> str:
    """Write how far apart levels are, rounded up to what a meter can tell."""
    return f"{figure(max(0.01, spread_lu), 2)} LU"


def p_text(p_value: float) -> str:
    """Write a probability with the digits that matter."""
    return f"{p_value:.3f}" if p_value >= 0.001 else f"{p_value:.1e}"


def interval_text(pair: PairResult) -> str:
    """Write the interval of a share of hits."""
    return f"{100.0 * pair.low:.0f} to {100.0 * pair.high:.0f} %"


def result_text(test: ListeningTest, result: Result, log: Path) -> str:
    """Return the result for a terminal and for a file."""
    title = f"Listening test: {headline(test, result)}"
    head: Sequence[str] = ("", "hits", "p", "interval of the share")
    gains = [test.matched.gains_db[str(path)] for path in test.versions.paths]
    turned = [
        (name, f"turned by {figure(gain_db)} dB")
        for name, gain_db in zip(names(test), gains, strict=True)
    ]
    lines = [
        title,
        *(line for each in sentences(test, result) for line in wrapped(each, "  ")),
        *columns([head, *pair_rows(test, result)], "<>>>"),
        "Versions",
        *columns(turned, "<<"),
        *(line for term, text in facts(test, result) for line in item(term, text)),
        *(line for each in test.versions.findings for line in item("note", each.message)),
        *item("log", display_name(log)),
    ]
    return "\n".join(lines)


def _abx(test: ListeningTest, result: Result, pair: PairResult) -> str:
    right = f"{pair.hits} of {pair.trials} answers were right"
    chance = f"guessing gets so many or more in {percent(pair.p_value)} of tests"
    if pair.verdict is Verdict.SHOWN:
        return f"{right}, and {chance}."
    if pair.verdict is Verdict.NOT_SHOWN:
        return f"{right}: {chance}."
    return f"{right}, which goes with guessing as well as with hearing a difference."


def _preference(test: ListeningTest, result: Result, pair: PairResult) -> str:
    called = names(test)
    one, other = (called[place] for place in pair.pair)
    if pair.verdict is Verdict.SHOWN:
        winner = _preferred(pair)
        loser = sum(pair.pair) - winner
        wins = max(pair.hits, pair.trials - pair.hits)
        return (
            f"{called[winner]} was preferred to {called[loser]} in {wins} of {pair.trials} trials; "
            f"chance alone gets so far in {percent(pair.p_value)} of tests."
        )
    split = f"{pair.hits} to {pair.trials - pair.hits} between {one} and {other}"
    if pair.verdict is Verdict.NOT_SHOWN:
        return f"{split}: no preference was shown."
    return f"{split}: not enough trials to say anything."


def _preferred(pair: PairResult) -> int:
    return pair.pair[0] if 2 * pair.hits > pair.trials else pair.pair[1]


def _time(moment: str) -> str:
    return moment.replace("T", " ").replace("+00:00", " UTC")
