"""Commands of the extra ``train``: their help here, the rest in an entry point.

The help of the program names them without looking for them, which would take longer than all the
rest of it. What runs one is registered as an entry point of its name in `GROUP` and loaded when the
command is given: a module like those beside this one. What it works with may be missing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from types import ModuleType

from ..extra import needs_extra

GROUP = "glassmaster.commands"

HELPS = {
    "train": "train a predictor",
    "finetune": "adapt the model to a studio's own pairs, and prove it",
    "evaluate": "run the benchmark",
    "recover": "find the settings that explain a master",
}
"""Help by name, in the order of the program's help."""


@dataclass(frozen=True, slots=True)
class TrainingCommand:
    """A command that is loaded when it is given.

    Attributes:
        name: Of the command and of its entry point.

    """

    name: str

    @property
    def help(self) -> str:
        """What it does, in a few words."""
        return f"{HELPS[self.name]} [train]"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments.

        Raises:
            UsageError: The extra is not installed.

        """
        self._load().add_arguments(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command; errors as in `add_arguments`."""
        try:
            status: int = self._load().run(arguments)
        except ModuleNotFoundError as error:
            raise needs_extra(self.name, error) from error
        return status

    def _load(self) -> ModuleType:
        from importlib.metadata import entry_points

        found = next(iter(entry_points(group=GROUP, name=self.name)), None)
        if found is None:
            raise needs_extra(self.name, ModuleNotFoundError("its entry point is not registered"))
        try:
            module: ModuleType = found.load()
        except ModuleNotFoundError as error:
            raise needs_extra(self.name, error) from error
        return module


TRAINING_COMMANDS = tuple(TrainingCommand(name) for name in HELPS)
