"""The commands of the command line, one a file.

A command's file is light to import, so that ``--help`` is instant; what it works with is imported
when it runs.
"""

from . import analyze, check, master, render, warm

COMMANDS = (master, render, analyze, check, warm)
"""In the order of the help."""
