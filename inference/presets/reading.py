"""Reads settings of a person in whatever form they come.

These are a recipe, settings written by hand (`sheet`), filters as text (`equalizer_text`) or as a
table (`band_table`), and CamillaDSP's YAML (`camilladsp`). A form is known by what the file holds,
not by its name. REAPER keeps the settings of its plug-ins as bytes without documentation: its files
are recognized, and refused with a word on what to do.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from pathlib import Path
from typing import Final

from ...data.files.names import display_name
from ...models.errors import ParameterError, RecipeError, UsageError
from ...models.settings import BLOCKS
from ..documents import MOST_BYTES, load_yaml, read_bytes
from ..recipe import load_recipe
from ..values import DAMAGED
from .band_table import is_band_table, read_band_table
from .camilladsp import is_camilladsp, read_camilladsp
from .draft import Draft
from .equalizer_text import is_equalizer_text, read_equalizer_text
from .given import GivenSettings
from .sheet import read_sheet

_REAPER: Final = re.compile(r"(?m)^[ \t]*(?:<REAPER_|<FXCHAIN|<VST |<REAPER_PRESET_LIBRARY)")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_given_settings(path: Path) -> GivenSettings:
    """Read settings of a person.

    Raises:
        RecipeError: The file cannot be read, is of no form that is known, or is damaged; the
            message names file and entry.
        ParameterError: A value is out of its range; likewise.

    """
    name = display_name(path)
    try:
        data = read_bytes(path)
        draft = _read(_text(data))
    except (RecipeError, ParameterError, UsageError) as error:
        if not isinstance(error, ParameterError):
            raise RecipeError(f"{name}: {error.message}", code=error.code, path=path) from error
        raise error.located(name, path) from error
    recipe = None
    if draft is None:
        recipe = load_recipe(path)
        draft = Draft("recipe", tuple(BLOCKS), recipe.settings, delivery=recipe.delivery)
    return GivenSettings(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        form=draft.form,
        stages=draft.stages,
        settings=draft.settings,
        thresholds=draft.thresholds,
        delivery=draft.delivery,
        recipe=recipe,
        findings=draft.findings,
    )


def _read(text: str) -> Draft | None:
    """Return what a text says; None for a recipe."""
    if _REAPER.search(text):
        raise RecipeError(
            "is of REAPER, which keeps the settings of plug-ins as bytes without documentation; "
            "write them by hand: `glassmaster settings -o FILE` gives a template",
            code="unknown_form",
        )
    if is_equalizer_text(text):
        return read_equalizer_text(text)
    if is_band_table(text):
        return read_band_table(text)
    document = load_yaml(text)
    if "recipe" in document:
        return None
    if "settings" in document:
        return read_sheet(document)
    if is_camilladsp(document):
        return read_camilladsp(document)
    raise RecipeError(
        "has none of the forms that are read: a recipe, settings written by hand, filters of "
        "Equalizer APO, AutoEq or Room EQ Wizard, a table of filters, CamillaDSP; "
        "`glassmaster settings -o FILE` gives a template",
        code="unknown_form",
    )


def _text(data: bytes) -> str:
    """Decode a text file of any system; what is neither UTF-8 nor UTF-16 is taken for Latin-1."""
    if len(data) > MOST_BYTES:
        raise RecipeError(f"is larger than {MOST_BYTES} bytes; no settings are", code=DAMAGED)
    marked = ((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark))
    mark, encoding = next(marked, (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if mark:
            raise RecipeError(f"is damaged: {error.reason}", code=DAMAGED) from error
        text = data.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        raise RecipeError("is no text, but holds bytes of another kind", code="unknown_form")
    return text.replace("\r\n", "\n").replace("\r", "\n")
