"""What was learned, as files: read by `glassmaster.inference.learned`, never executed."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the shipped weights lie; ``default.json`` in it names them."""
