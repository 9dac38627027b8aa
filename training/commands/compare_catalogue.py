"""``glassmaster compare --catalogue``: the model beside an engineer over all pairs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...inference.commands.answer import Answer, Entry
from ...inference.commands.engines import engine_asked_for
from ...inference.commands.files import run_files, say
from ...inference.commands.targets import prepare_reports

if TYPE_CHECKING:
    from ...data.catalogue.store import Catalogue
    from ...data.findings import Finding
    from ...inference.predictor import Predictor
    from ..studio.catalogued.units import Units

REPORT = "report.html"
DOCUMENT = "agreement.json"
RECOVERED = "recovered"
COMPARED = "compared"


def compare_catalogue(arguments: argparse.Namespace) -> int:
    """Compare the model's masters with an engineer's over a catalogue.

    Args:
        arguments: Of ``glassmaster compare``, with a catalogue and a folder for what is found.

    Returns:
        The exit status, as of `run_files` over the pairs.

    Raises:
        GlassmasterError: Nothing can be compared; pairs that cannot are left out and told.

    """
    from ...data.catalogue.records import Status
    from ...data.catalogue.store import open_catalogue
    from ...data.catalogue.usable import usable_pairs
    from ...data.corpus.working_folder import locked, make_folder
    from ...data.files.partial import check_output
    from ...inference.learned.loading import choose_predictor
    from ...inference.warming import ensure_warm
    from ..agreement.meeting import Folders, Meeting
    from ..recovery.catalogued import named, pairs_to_recover
    from ..studio.catalogued.naming import pair_names

    engine, output = engine_asked_for(arguments), Path(arguments.output)
    with open_catalogue(arguments.catalogue) as catalogue:
        pairs, names = pairs_to_recover(catalogue), pair_names(usable_pairs(catalogue))
        units = _units(catalogue, names)
        unsure = sum(pair.status is Status.UNSURE for pair in catalogue.pairs())
    prepare_reports(output)
    for name in (REPORT, DOCUMENT):
        check_output(output / name, (arguments.catalogue,), arguments.force)
    folders = Folders(arguments.recovered or output / RECOVERED, output / COMPARED)
    make_folder(folders.recovered)
    predictor, notes = choose_predictor(arguments.model)
    meeting = Meeting(arguments, predictor, notes, folders)
    ensure_warm()
    pairwise = Answer(arguments.answer.command, wanted=False)
    with locked(folders.compared):
        status = run_files(
            pairs, meeting, pairwise, debug=arguments.debug, engine=engine, naming=named
        )
    found = dict(zip(names, pairwise.entries, strict=True))
    failed = [entry for entry in pairwise.entries if entry["status"] == "error"]
    if len(failed) < len(found):
        entry = _told(arguments, found, units, predictor, notes)
        arguments.answer.entries.append(entry)
    arguments.answer.entries.extend(failed)
    arguments.answer.give()
    if unsure:
        say(f"{unsure} unsure: left out until `glassmaster catalogue pair` confirms them")
    return status


def _units(catalogue: Catalogue, names: Sequence[str]) -> Units:
    from ...data.catalogue.usable import usable_pairs
    from ..studio.catalogued.collecting import prints_of
    from ..studio.catalogued.units import same_recordings, units_of

    pairs = usable_pairs(catalogue)
    prints = prints_of(catalogue, [(pair.mix_sha256, pair.master_sha256) for pair in pairs])
    return units_of(names, pairs, same_recordings(pairs, prints))


def _told(
    arguments: argparse.Namespace,
    found: dict[str, Entry],
    units: Units,
    predictor: Predictor,
    notes: Sequence[Finding],
) -> Entry:
    """Tell agreement over what could be compared, write it, and return its entry."""
    from ...data.execution.release import release
    from ...data.files.names import display_name
    from ...inference.documents import write_text
    from ...inference.json_text import dump_json
    from ..agreement.agreement import LeftOut, agreement_of
    from ..agreement.report.entry import agreement_entry
    from ..agreement.report.page import agreement_page
    from ..agreement.report.text import agreement_lines
    from ..agreement.rows import song_of

    songs, left_out = [], []
    for (name, entry), unit in zip(found.items(), units.albums, strict=True):
        if entry["status"] == "error":
            left_out.append(LeftOut(name, entry["error"]["message"]))
        else:
            songs.append(song_of(entry, name, unit))
    agreement = agreement_of(songs, left_out)
    output, catalogue = Path(arguments.output), arguments.catalogue
    page, document = output / REPORT, output / DOCUMENT
    entry = agreement_entry(catalogue, agreement, found, notes, page)
    model = {"Settings by": predictor.name, "Program": release()}
    if predictor.model is not None:
        model["SHA-256 of the model"] = predictor.model
    write_text(page, agreement_page(catalogue, agreement, model, notes), force=arguments.force)
    write_text(document, dump_json(entry) + "\n", force=arguments.force)
    paths = {"Report": display_name(page), "Document": display_name(document)}
    say("\n".join(agreement_lines(catalogue, agreement, paths)))
    return entry
