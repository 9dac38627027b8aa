"""The proof for a terminal."""

from __future__ import annotations

from ....inference.report.layout import columns, counted, wrapped
from ..validating import STUDIO
from .proof import Proof, verdict_sentence


def proof_lines(proof: Proof) -> list[str]:
    """Return the table of methods, what was left out, and the verdict."""
    known, decision, units = proof.collected.known, proof.decision, proof.collected.units
    lines = [
        f"{counted(len(known), 'pair')} of "
        f"{counted(decision.units, 'song' if decision.by_song else 'album')}; "
        f"{known.new} studied now, {len(known) - min(known.new, len(known))} kept from before"
    ]
    rows = [("", "error in dB", "95 %", f"{STUDIO} better on")]
    for name, found in sorted(proof.estimates.items(), key=lambda each: each[1].mean):
        wins = ""
        if name in decision.comparisons:
            wins = f"{decision.comparisons[name].change_db.wins:.0%}"
        rows.append((name, f"{found.mean:.2f}", f"{found.low:.2f} to {found.high:.2f}", wins))
    lines += columns(rows, "<>>>")
    if decision.by_song:
        lines += wrapped("fewer than five albums: songs were left out one by one", "  ")
    if units.by_artist:
        lines += wrapped(f"without an album, by artist: {counted(units.by_artist, 'pair')}", "  ")
    if units.by_song:
        text = f"without album and artist, each for itself: {counted(units.by_song, 'pair')}"
        lines += wrapped(text, "  ")
    for name, reason in proof.not_run.items():
        lines += wrapped(f"{name} was not run: {reason}", "  ")
    for name, source in proof.leaks.items():
        lines += wrapped(f"LEAK: {name} is {source}; it is left out", "  ")
    for each in known.left_out:
        if each.name not in proof.leaks:
            lines += wrapped(f"left out: {each.name}: {each.reason}", "  ")
    if known.unsure:
        lines += wrapped(
            f"unsure and not used: {counted(len(known.unsure), 'pair')}: {', '.join(known.unsure)}",
            "  ",
        )
    return [*lines, *wrapped(verdict_sentence(decision), "")]
