"""``glassmaster finetune``: adapt the model to a studio's own pairs, and prove whether it helps."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ...inference.commands.engines import TWO
from ...inference.commands.files import say
from ...inference.commands.progress import Progress

if TYPE_CHECKING:
    from ...inference.commands.answer import Entry
    from ..studio.finetuning import FineTuned

NAME = "finetune"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Learn from the pairs of a catalogue what a studio does otherwise than the base model, and "
        "prove it on albums that were left out: RUN/proof/proof.html, RUN/proof/proof.json and "
        "RUN/model/NAME.safetensors, which `glassmaster master --model` takes. Pairs that were "
        "studied before are not studied again."
    )
    parser.add_argument("catalogue", metavar="CATALOGUE", type=Path)
    parser.add_argument(
        "overrides",
        metavar="KEY=VALUE",
        nargs="*",
        help="what differs from the configuration, as in run=FOLDER, name=NAME, base=FILE, "
        "cache=FOLDER, jobs=2, leaks=leave_out, logging=none or logging.uri=ADDRESS",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace model and proof of an earlier run"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from ...data.execution.choosing import chosen_engine
    from ...inference.warming import ensure_warm
    from ..learning.composing import compose_command
    from ..studio.finetuning import finetune
    from ..studio.proving.text import proof_lines

    config = compose_command(NAME, arguments.overrides)
    command = shlex.join(["glassmaster", NAME, str(arguments.catalogue), *arguments.overrides])
    engine = chosen_engine(config.engine, config.jobs, TWO)
    ensure_warm()
    # what libraries tell is for people: stdout is the document's
    with contextlib.redirect_stdout(sys.stderr), Progress(arguments.catalogue) as progress:
        found = finetune(
            arguments.catalogue, config, command, engine, progress, force=arguments.force
        )
    say("\n".join([*proof_lines(found.proof), *_places(found)]))
    arguments.answer.entries.append(_entry(found))
    arguments.answer.give()
    return 0


def _places(found: FineTuned) -> list[str]:
    from ...data.files.names import display_name

    registered = f", registered as version {found.version}" if found.version else ""
    return [
        f"Model   {display_name(found.weights)}{registered}",
        f"Proof   {display_name(found.page)}",
        f"        {display_name(found.document)}",
    ]


def _entry(found: FineTuned) -> Entry:
    from ...inference.report.document import file_entry, plain
    from ..studio.proving.proof import verdict_sentence
    from ..studio.validating import BASE

    decision = found.proof.decision
    change = decision.comparisons[BASE]
    return {
        **file_entry(found.weights, ()),
        "verdict": decision.verdict.value,
        "sentence": verdict_sentence(decision),
        "pairs": len(found.proof.collected.known),
        "studied_now": found.proof.collected.known.new,
        "units": decision.units,
        "by_song": decision.by_song,
        "change_db": change.change_db.mean,
        "change_low_db": change.change_db.low,
        "change_high_db": change.change_db.high,
        "p": change.p,
        "page": plain(found.page),
        "proof": plain(found.document),
        "base_sha256": found.base.file.sha256,
        "model_version": found.version or None,
    }
