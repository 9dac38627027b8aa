"""Actions of ``glassmaster catalogue`` that need what learning needs."""

from __future__ import annotations

import argparse

from . import catalogue_recover, catalogue_style

_ACTIONS = {"recover": catalogue_recover, "style": catalogue_style}


def add_arguments(action: str, parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of an action."""
    _ACTIONS[action].add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the action that is asked for."""
    status: int = _ACTIONS[arguments.action].run(arguments)
    return status
