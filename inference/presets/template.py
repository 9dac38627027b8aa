"""An example of settings written by hand; light to import, so that it is shown at once."""

from __future__ import annotations

from importlib.resources import files


def template() -> str:
    """Return settings written by hand that say nothing, with a word on every parameter."""
    return (files("glassmaster.configs") / "settings" / "example.yaml").read_text("utf-8")
