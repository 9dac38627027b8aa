"""The proof as plain data; its shape is that of ``configs/schemas/proof.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from ....inference.report.document import plain
from ..deciding import Comparison
from .listening import Excerpt
from .proof import Proof, verdict_sentence

SCHEMA = 1


def proof_document(
    proof: Proof, excerpts: Sequence[Excerpt], facts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document of a proof.

    Args:
        proof: What was found.
        excerpts: That can be listened to.
        facts: Of the run: command, hashes, seed.

    """
    known, units = proof.collected.known, proof.collected.units
    return {
        "schema": SCHEMA,
        "version": version("glassmaster"),
        "facts": dict(facts),
        "verdict": proof.decision.verdict.value,
        "sentence": verdict_sentence(proof.decision),
        "units": {
            "count": proof.decision.units,
            "kind": "song" if proof.decision.by_song else "album",
            "pairs_by_artist": units.by_artist,
            "pairs_by_song": units.by_song,
        },
        "pairs": {
            "used": len(known),
            "left_out": [asdict(each) for each in known.left_out],
            "unsure": list(known.unsure),
            "leaks": dict(proof.leaks),
        },
        "methods": {name: asdict(each) for name, each in proof.estimates.items()},
        "not_run": dict(proof.not_run),
        "comparisons": {
            name: _comparison(each) for name, each in proof.decision.comparisons.items()
        },
        "learned": {name: asdict(each) for name, each in proof.model.choices.items()},
        "songs": [_song(proof, place, excerpts) for place in range(len(known))],
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {**asdict(found.change_db), "p": found.p, "exact": found.exact, "won": found.is_won}


def _song(proof: Proof, place: int, excerpts: Sequence[Excerpt]) -> dict[str, Any]:
    known = proof.collected.known
    pair = known.sources[place]
    heard = next((each for each in excerpts if each.place == place), None)
    return {
        "name": known.names[place],
        "unit": proof.held_out.units[place],
        "mix": plain(pair.mix_path),
        "master": plain(pair.master_path),
        "mix_sha256": pair.mix_sha256,
        "master_sha256": pair.master_sha256,
        "errors_db": {
            name: float(errors[place]) for name, errors in proof.held_out.errors_db.items()
        },
        "residual_db": float(proof.collected.pairs.residual_db[place]),
        "loudness_lufs": float(proof.collected.pairs.loudness_lufs[place]),
        "excerpt": None
        if heard is None
        else {
            "why": heard.why,
            "start_s": heard.start_s,
            "loudness_lufs": heard.loudness_lufs if heard.files else None,
            "files": dict(heard.files),
            "problem": heard.problem,
        },
    }
