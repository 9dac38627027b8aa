"""Where the corpus lies that ships with the package."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).with_name("shipped.corpus")
"""Figures of finished music under free licences; its tracks tell whose."""
