"""The proof for a terminal."""

from __future__ import annotations

from ....inference.report.layout import columns, wrapped
from ..validating import STUDIO
from .proof import Proof, verdict_sentence


def proof_lines(proof: Proof) -> list[str]:
    """Return the table of methods, what was left out, and the verdict."""
    known, decision, units = proof.collected.known, proof.decision, proof.collected.units
    lines = [
        f"{len(known)} pairs of {decision.units} {'songs' if decision.by_song else 'albums'}; "
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
        lines += wrapped(f"{units.by_artist} pairs have no album and count by their artist", "  ")
    if units.by_song:
        lines += wrapped(
            f"{units.by_song} pairs have neither album nor artist, and count each", "  "
        )
    for name, reason in proof.not_run.items():
        lines += wrapped(f"{name} was not run: {reason}", "  ")
    for name, source in proof.leaks.items():
        lines += wrapped(f"LEAK: {name} is {source}; it is left out", "  ")
    for each in known.left_out:
        if each.name not in proof.leaks:
            lines += wrapped(f"left out: {each.name}: {each.reason}", "  ")
    if known.unsure:
        lines += wrapped(
            f"{len(known.unsure)} unsure pairs are not used: {', '.join(known.unsure)}", "  "
        )
    return [*lines, *wrapped(verdict_sentence(decision), "")]
