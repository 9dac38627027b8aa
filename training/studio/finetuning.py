"""A fine-tuning from its catalogue to the model, its proof, and what is recorded of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
from omegaconf import DictConfig

from ...data.catalogue.store import open_catalogue
from ...data.execution.engine import Engine
from ...data.files.names import display_name
from ...data.files.partial import check_output
from ...inference.corpora import named_corpora
from ...inference.documents import write_text
from ...inference.json_text import dump_json
from ...models.errors import CatalogueError, UsageError
from ..benchmark.bootstrap import SEED
from ..benchmark.methods.matchering import find_matchering
from ..benchmark.provenance import commit
from ..learning.composing import flattened
from ..learning.tracking import MODEL_FOLDER, RUN_FILE, Records
from .base import BaseModel, base_model
from .catalogued.collecting import (
    check_enough,
    collect,
    explained_only,
    found_leaks,
    prints_of,
    study_catalogue,
)
from .catalogued.excerpts import ExcerptRules
from .catalogued.storing import cache_folder
from .deciding import Verdict
from .exporting import export_adapted
from .proving.document import proof_document
from .proving.listening import ListeningRules, write_excerpts
from .proving.page import proof_page
from .proving.program import matched_errors
from .proving.proof import Proof, prove
from .validating import BASE

Progress = Callable[[str, float], None]

FEWEST = 5
"""With fewer pairs nothing is learned from."""

PROOF_FOLDER = "proof"
PAGE, DOCUMENT = "proof.html", "proof.json"

REFUSE, LEAVE_OUT = "refuse", "leave_out"
"""What may be done with songs that lie in a reference corpus."""


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """What a fine-tuning left behind.

    Attributes:
        proof: What was found.
        weights: File of the studio's model.
        page: The proof to read.
        document: The proof for machines.
        version: Under which the model is registered; empty if it is not.
        base: What it started from.

    """

    proof: Proof
    weights: Path
    page: Path
    document: Path
    version: str
    base: BaseModel


def finetune(
    catalogue: Path,
    config: DictConfig,
    command: str,
    engine: Engine,
    progress: Progress,
    *,
    force: bool = False,
) -> FineTuned:
    """Adapt the base model to a studio, prove it, export, record and register it.

    Args:
        catalogue: File of the catalogue.
        config: As ``finetune.yaml`` has it.
        command: The command line, for the record.
        engine: Where pairs are studied.
        progress: Told how far it is.
        force: Whether model and proof of an earlier run in the same folder may be replaced.

    Raises:
        CatalogueError: ``few_pairs`` where they are too few, ``leak`` where songs lie in a
            reference corpus, or the catalogue cannot be read.
        UsageError: A value of the configuration cannot be.
        ModelError: The base model cannot be used.
        OutputError: Something cannot be written, or is there already.

    """
    run = Path(config.run)
    weights, page, document = _outputs(run, str(config.name), force=force)
    torch.set_flush_denormal(True)
    rules, listening = _rules(config)
    base = base_model(config.base)
    program = find_matchering(config.matchering.python)
    corpora = [each.corpus for each in named_corpora([str(name) for name in config.corpora])]
    with open_catalogue(catalogue) as opened:
        cache = cache_folder(catalogue, config.cache)
        known = study_catalogue(opened, rules, cache, engine, progress, FEWEST)
        known = explained_only(known)
        leaks = found_leaks(known, corpora)
        if leaks and config.leaks == REFUSE:
            raise _leaking(catalogue, leaks)
        known = known.without({name: f"it is {source}" for name, source in leaks.items()})
        check_enough(catalogue, known, FEWEST)
        collected = collect(known, prints_of(opened, known.hashes()), base)
    progress("adapting", 0.0)
    matchering = None
    if program is not None:
        matchering = partial(matched_errors, program=program, rules=rules, progress=progress)
    proof = prove(collected, base, leaks, matchering)
    facts = _facts(command, proof)
    export_adapted(
        weights,
        base,
        proof.model,
        collected.pairs,
        proof.held_out,
        facts,
    )
    told = {name: text for name, text in facts.items() if name != "pairs_sha256"}
    told |= {"base": base.file.path.name, "base_sha256": base.file.sha256}
    excerpts = write_excerpts(proof, page.parent, listening, progress)
    write_text(page, proof_page(proof, excerpts, told, str(config.name)), force=True)
    write_text(document, dump_json(proof_document(proof, excerpts, told)), force=True)
    progress("recording", 0.0)
    registered = _recorded(config, proof, told, weights)
    return FineTuned(proof, weights, page, document, registered, base)


def _outputs(run: Path, name: str, *, force: bool) -> tuple[Path, Path, Path]:
    """Return files of model, page and document, none of which is there or may not be replaced."""
    proof = run / PROOF_FOLDER
    paths = run / MODEL_FOLDER / f"{name}.safetensors", proof / PAGE, proof / DOCUMENT
    for path in paths:
        if path.exists():
            check_output(path, (), force)
    return paths


def _rules(config: DictConfig) -> tuple[ExcerptRules, ListeningRules]:
    excerpts, listening = config.excerpts, config.listening
    numbers = {
        "excerpts.count": excerpts.count,
        "excerpts.length_s": excerpts.length_s,
        "listening.length_s": listening.length_s,
    }
    for name, value in numbers.items():
        if not (isinstance(value, int | float) and 0.0 < value < float("inf")):
            raise UsageError(f"finetune: {name} is {value}; it must be above 0", code="bad_run")
    if config.leaks not in (REFUSE, LEAVE_OUT):
        raise UsageError(
            f"finetune: leaks is {config.leaks}; choose {REFUSE} or {LEAVE_OUT}", code="bad_run"
        )
    return (
        ExcerptRules(int(excerpts.count), float(excerpts.length_s)),
        ListeningRules(int(listening.songs), float(listening.length_s)),
    )


def _facts(command: str, proof: Proof) -> dict[str, str]:
    return {
        "command": command,
        "commit": commit() or "unknown",
        "version": version("glassmaster"),
        "seed": str(SEED),
        "verdict": proof.decision.verdict.value,
        "pairs_sha256": json.dumps(proof.collected.known.hashes()),
    }


def _recorded(config: DictConfig, proof: Proof, facts: Mapping[str, str], weights: Path) -> str:
    """Record a run, and return the version under which its model is registered."""
    logging, change = config.logging, proof.decision.comparisons[BASE]
    metrics = {f"error_db/{name}": each.mean for name, each in proof.estimates.items()}
    metrics |= {
        "change_db": change.change_db.mean,
        "change_low_db": change.change_db.low,
        "change_high_db": change.change_db.high,
        "wins": change.change_db.wins,
        "p": change.p,
        "pairs": float(len(proof.collected.known)),
        "units": float(proof.decision.units),
    }
    # another fine-tuning is another run, though it takes the place of this folder's
    (Path(config.run) / RUN_FILE).unlink(missing_ok=True)
    with Records(Path(config.run), logging.uri, logging.experiment, logging.every) as records:
        if not records.kept:
            return ""
        records.parameters({**flattened(config), **facts})
        records.metrics({0: metrics})
        records.files(Path(config.run) / PROOF_FOLDER, PROOF_FOLDER)
        records.file(weights, MODEL_FOLDER)
        if not logging.register:
            return ""
        is_accepted = proof.decision.verdict is Verdict.ACCEPTED
        return records.register(config.name, logging.alias if is_accepted else None)


def _leaking(catalogue: Path, leaks: Mapping[str, str]) -> CatalogueError:
    told = "; ".join(f"{name} is {source}" for name, source in leaks.items())
    return CatalogueError(
        f"{display_name(catalogue)}: songs to be tested lie in a reference corpus: {told}; take "
        f"them out with `glassmaster corpus remove`, or test without them: leaks={LEAVE_OUT}",
        code="leak",
        path=catalogue,
    )
