"""What all pages have around what they say: policy, style sheet, title."""

from __future__ import annotations

from .markup import escape
from .style import STYLE_SHEET

# Nothing may be loaded from anywhere, and nothing may run, whatever a file is called.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_RUNNING = "; script-src 'self'; connect-src 'self'"  # of a page that is served
_PLAYING = "; media-src 'self' file:"  # of a page with audio files beside it


def document_of(
    title: str, *parts: str, style: str = "", plays: bool = False, script: str = ""
) -> str:
    """Return a page.

    Args:
        title: Plain text.
        parts: HTML.
        style: What is added to the style sheet.
        plays: Whether it may play audio files that lie beside it.
        script: Name of a module that runs in it, served beside it; empty for none.

    """
    policy = _POLICY + _PLAYING * plays + _RUNNING * bool(script)
    module = f'<script type="module" src="{escape(script)}"></script>\n' if script else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE_SHEET}{style}</style>\n{module}</head>\n<body>\n"
        f"{''.join(parts)}</body>\n</html>\n"
    )
