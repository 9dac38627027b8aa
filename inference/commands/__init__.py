"""The commands of the command line, one a file.

A command's file is light to import, so that ``--help`` is instant; what it works with is imported
when it runs. Those for training come from elsewhere, see `TRAINING_COMMANDS`.
"""

from . import (
    analyze,
    catalogue,
    check,
    compare,
    corpus,
    listen,
    master,
    render,
    settings,
    warm,
)
from .training import TRAINING_COMMANDS

COMMANDS = (master, render, settings, analyze, check, compare, listen, corpus, catalogue, warm)
"""In the order of the help, before those for training."""

__all__ = ["COMMANDS", "TRAINING_COMMANDS"]
