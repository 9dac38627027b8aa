"""Matchering, the most used matching program, in another Python that has it.

It is licensed under the GPL and therefore never imported here: a process of its own reads and
writes files. Its limiter stays off, and its result is delivered like every other one.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ....data.audio import Samples
from ....models.errors import ModelError, UsageError
from ..float_audio import read_audio, write_float
from ..tasks import Task
from .method import Made, delivered_audio

VERSION = "2.0.6"
MOST_S = 600.0

_PROGRAM = """
import sys
import matchering
target, reference, out = sys.argv[1:]
result = matchering.Result(out, "FLOAT", use_limiter=False, normalize=False)
matchering.process(target=target, reference=reference, results=[result])
"""
_VERSION_PROGRAM = "import matchering; print(matchering.__version__)"


@dataclass(frozen=True, slots=True)
class Matchering:
    """Matchering with the first reference.

    Attributes:
        python: Interpreter of the environment that has it.
        name: See `Method`.
        fingerprint: Version of it.

    """

    python: Path
    name: str = "matchering"
    fingerprint: str = VERSION
    uses_references: bool = True

    def refusal(self, task: Task) -> str:
        """Refuse tasks without a reference."""
        return "" if task.references else "needs a reference"

    def make(self, task: Task, folder: Path) -> Made:
        """Match and deliver the mix.

        Raises:
            ModelError: It failed; the message holds its last line.

        """
        matched = self.match(task.mix, task.references[0].samples, task.sample_rate, folder)
        return delivered_audio(task, matched, folder)

    def match(
        self, mix: Samples, reference: Samples, sample_rate: int, folder: Path | None = None
    ) -> Samples:
        """Match a mix to a reference, limiter off.

        Args:
            mix: Shape ``(2, time)``.
            reference: Shape ``(2, time)``, of another length perhaps.
            sample_rate: Of both, in Hz.
            folder: For temporary files; the system's by default.

        Returns:
            As long as the mix, at a level of its own.

        Raises:
            ModelError: It failed; the message holds its last line.

        """
        with tempfile.TemporaryDirectory(prefix="matchering-", dir=folder) as inside:
            given, other, out = (Path(inside) / f"{n}.wav" for n in ("mix", "reference", "out"))
            write_float(mix, sample_rate, given)
            write_float(reference, sample_rate, other)
            words = [str(self.python), "-c", _PROGRAM, str(given), str(other), str(out)]
            done = subprocess.run(
                words, cwd=inside, capture_output=True, text=True, timeout=MOST_S, check=False
            )
            if done.returncode != 0 or not out.exists():
                last = (done.stderr.strip() or "no message").splitlines()[-1]
                raise ModelError(f"matchering failed: {last}", code="matchering_failed")
            return read_audio(out)[:, : mix.shape[1]]


def find_matchering(python: str | None) -> Matchering | None:
    """Return the method where the named interpreter has this version of it.

    Args:
        python: Path of an interpreter; None where there is none.

    Returns:
        None where no interpreter is named.

    Raises:
        UsageError: One is named that lacks it, or has another version.

    """
    if python is None:
        return None
    found = ""
    try:
        done = subprocess.run(
            [python, "-c", _VERSION_PROGRAM],
            capture_output=True,
            text=True,
            timeout=MOST_S,
            check=False,
        )
        found = done.stdout.strip()
    except OSError as error:
        found = error.strerror or str(error)
    if found != VERSION:
        raise UsageError(
            f"matchering.python={python} has no matchering {VERSION} ({found or 'none at all'}); "
            "name another interpreter, or leave it out",
            code="no_matchering",
        )
    # it runs in another folder; a link is kept, since it is what makes an environment
    return Matchering(Path(shutil.which(python) or python).absolute())
