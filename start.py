"""From a fresh checkout to a master, or to checked code, in one command, on Linux or macOS.

    python3 start.py master [SONG] [options of `glassmaster master`]
    python3 start.py check [options of pytest]

`master` masters SONG; without a song it makes an example mix and masters that. `check` runs the
linters, the type checker and the tests, as the project's continuous integration does; paths among
its options are relative to the checkout.

Both first make a virtual environment in .venv, which takes a minute or two, once. Everything this
script says goes to standard error, so that `master --json` leaves one document on standard output.
"""

# Only the standard library, and no syntax newer than Python 3.8: a Python that is too old has to
# get as far as the message that says so.
from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

MINIMUM_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
STAMP = "glassmaster-install.json"
"""File in the environment that says what start.py has put there."""

FLAGS = ("--debug", "--finished", "--force", "--json", "--nearest")
"""Options of `glassmaster master` that are not followed by a value."""

USAGE_EXIT = 64
INTERRUPTED_EXIT = 130


class StartError(Exception):
    """Something on this machine is in the way; the message says what to do."""


def program(venv: Path, name: str) -> str:
    """Return the path of a program in an environment."""
    return str(venv / "bin" / name)


def install_command(venv: Path, extra: str) -> list[str]:
    """Return the command that installs a checkout, and an extra unless it is empty, in its root."""
    target = f".[{extra}]" if extra else "."
    options = ["--quiet", "--disable-pip-version-check", "-c", "constraints.txt", "-e", target]
    return [program(venv, "python"), "-m", "pip", "install", *options]


def check_steps(venv: Path, pytest_arguments: list[str]) -> dict[str, list[str]]:
    """Return the checks in the order they run: each one's name and command."""
    python = program(venv, "python")
    return {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format --check": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "lint-imports": [program(venv, "lint-imports")],
        "pytest": [python, "-m", "pytest", "-n", "2", *pytest_arguments],
    }


def names_song(arguments: list[str]) -> bool:
    """Tell whether a song is among the arguments of `master`, or only options and their values."""
    takes_value = False
    for argument in arguments:
        if takes_value:
            takes_value = False
        elif not argument.startswith("-"):
            return True
        else:
            takes_value = "=" not in argument and argument not in FLAGS
    return False


def fingerprint(root: Path) -> str:
    """Return a hash of all that decides what gets installed."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update(b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def write_stamp(venv: Path, *, installed: str, extra: str) -> None:
    """Note the fingerprint and the extra an environment holds; empty while pip is at work."""
    content = {"venv": str(venv), "installed": installed, "extra": extra}
    (venv / STAMP).write_text(json.dumps(content), encoding="utf-8")


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what `write_stamp` noted; empty where it did not, as in an environment of others."""
    try:
        content = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def find_fault(venv: Path) -> str | None:
    """Return why an environment has to be made anew, or None where it can be used."""
    if not venv.is_dir():
        return "there is none yet"
    stamp = read_stamp(venv)
    if stamp and not stamp.get("installed"):
        return "the last install was interrupted"
    if stamp and stamp.get("venv") != str(venv):
        return "the checkout was moved or copied"
    probe = "import sys, pip, pip._internal; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [program(venv, "python"), "-c", probe], capture_output=True, text=True, check=False
        )
    except OSError:
        return "its Python does not run"
    if answer.returncode != 0:
        return "it is incomplete"
    if answer.stdout.split() != [str(number) for number in sys.version_info[:2]]:
        return "it is for another version of Python"
    return None


def is_ready(venv: Path, expected: str, extra: str) -> bool:
    """Tell whether a sound environment already holds the expected fingerprint and the extra."""
    stamp = read_stamp(venv)
    return (
        stamp.get("installed") == expected
        and extra in ("", stamp.get("extra"))
        and Path(program(venv, "glassmaster")).exists()
    )


def make_environment(venv: Path) -> None:
    """Make an empty environment with pip, in place of whatever was there.

    Raises:
        StartError: This Python cannot make one, or the old one cannot be removed.

    """
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        version = "{}.{}".format(*sys.version_info)
        raise StartError(
            f"this Python ({sys.executable}) cannot make virtual environments: venv or ensurepip "
            f"is missing. On Debian and Ubuntu: sudo apt install python{version}-venv. Elsewhere "
            f"install Python {version} from python.org. Then run this command again."
        )
    from venv import EnvBuilder

    try:
        if venv.is_symlink() or venv.is_file():
            venv.unlink()
        elif venv.exists():
            shutil.rmtree(venv)
        venv.mkdir()
        # before anything else, so that a half-made environment is known for one
        write_stamp(venv, installed="", extra="")
        EnvBuilder(symlinks=True, with_pip=True).create(venv)
    except (OSError, subprocess.CalledProcessError) as error:
        raise StartError(
            f"{venv} cannot be made: {error}. Close programs that use it, remove it if it is "
            "there, see that the disk is neither full nor read-only, and run this command again."
        ) from error


def prepare(root: Path, extra: str = "") -> bool:
    """Make or complete the environment of a checkout, and tell whether anything was installed.

    Args:
        root: The checkout.
        extra: Name of a group of optional dependencies, or empty.

    Raises:
        StartError: The environment cannot be made or filled.

    """
    venv = root / ".venv"
    fault = find_fault(venv)
    expected = fingerprint(root)
    if fault is None and is_ready(venv, expected, extra):
        return False
    if fault is not None:
        say(f"Making the environment {venv} ({fault})")
        make_environment(venv)
    else:
        # what is there already stays: an install of `check` also serves `master`
        extra = extra or read_stamp(venv).get("extra", "")
    say("Installing Glassmaster and what it needs; the first time takes a minute or two")
    write_stamp(venv, installed="", extra="")
    status = run(install_command(venv, extra), root, to_stderr=True)
    if status != 0:
        if status < 128:
            (venv / STAMP).unlink()  # pip was not killed: it has undone its part
        advice = "Its message is above. Check the network connection and run this command again."
        raise StartError(f"pip ended with {status}. {advice}")
    write_stamp(venv, installed=expected, extra=extra)
    return True


def master(root: Path, arguments: list[str]) -> int:
    """Master a song, or an example where none is named, and return the exit status."""
    venv = root / ".venv"
    glassmaster = program(venv, "glassmaster")
    if prepare(root):
        say("Compiling the signal processing, once")
        status = run([glassmaster, "warm"], root, to_stderr=True)
        if status != 0:
            return status
    if names_song(arguments) or "-h" in arguments or "--help" in arguments:
        return run([glassmaster, "master", *arguments], Path.cwd())

    mix = root / "masters" / "example-mix.wav"
    result = root / "masters" / "example-mix-master.wav"
    mix.parent.mkdir(exist_ok=True)
    say("No song was named: making an example mix")
    synthesis = [program(venv, "python"), "-m", "glassmaster.data.synthetic", str(mix)]
    status = run(synthesis, root, to_stderr=True)
    if status == 0:
        # the user's options come last, so that their -o wins
        options = ["-o", str(result), "--force", *arguments]
        status = run([glassmaster, "master", str(mix), *options], Path.cwd())
    if status == 0:
        say(f"Example mix: {mix}")
        if not any(argument.startswith(("-o", "--out")) for argument in arguments):
            say(f"Its master:  {result}")
        say("Your own song: python3 start.py master SONG")
    return status


def check(root: Path, pytest_arguments: list[str]) -> int:
    """Run every check up to the first that fails, and return the exit status."""
    prepare(root, "dev")
    steps = check_steps(root / ".venv", pytest_arguments)
    for number, (name, command) in enumerate(steps.items(), start=1):
        say(f"[{number}/{len(steps)}] {name}")
        began = time.monotonic()
        status = run(command, root)
        elapsed = f"{time.monotonic() - began:.1f} s"
        if status != 0:
            rest = ", ".join(list(steps)[number:]) or "nothing"
            say(f"FAILED: {name} ended with {status} after {elapsed}; left out: {rest}")
            return status
        say(f"[{number}/{len(steps)}] {name}: passed in {elapsed}")
    say("All checks passed")
    return 0


def run(command: list[str], folder: Path, *, to_stderr: bool = False) -> int:
    """Run a command in a folder and return its exit status, 128 + n where signal n ended it."""
    try:
        process = subprocess.Popen(command, cwd=folder, stdout=sys.stderr if to_stderr else None)
    except OSError as error:
        advice = f"Remove {ROOT / '.venv'} and run this command again."
        raise StartError(f"{command[0]} cannot be started: {error}. {advice}") from error
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.wait()  # it was interrupted as well, and has half-written files to remove
        raise
    return status if status >= 0 else 128 - status


def say(text: str) -> None:
    """Print a line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Run the command that the arguments name and return the exit status."""
    commands = {"master": master, "check": check}
    if not arguments or arguments[0] not in commands:
        say(__doc__ or "")
        return 0 if arguments and arguments[0] in ("-h", "--help") else USAGE_EXIT
    if os.name != "posix":
        say("start.py: Glassmaster runs on Linux or macOS, and on no other system")
        return 1
    if sys.version_info[:2] < MINIMUM_PYTHON:
        say(
            "start.py: Glassmaster needs Python {}.{} or newer, ".format(*MINIMUM_PYTHON)
            + f"this is {platform.python_version()}. Install one from python.org, or run this "
            "script with one that is there already, as in: python3.11 start.py master"
        )
        return 1
    try:
        return commands[arguments[0]](ROOT, arguments[1:])
    except (StartError, OSError) as error:
        say(f"start.py: {error}")
        return 1
    except KeyboardInterrupt:
        say("Interrupted; run the same command again to go on")
        return INTERRUPTED_EXIT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
