"""Runs commands as a user does: in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*command, code=0, **options):
    """Runs `python -m` with a command and checks how it ends; options are of `subprocess.run`."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        **{"env": environment(), **options},
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def refusal(*command, code=1, **options):
    """Runs a command that has to end with one error line; returns the line."""
    (line,) = run(*command, code=code, **options).stderr.splitlines()
    assert line.startswith("error: ")
    return line


def environment(*folders):
    """An environment in which Python looks for modules in folders, then here."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, folders), str(ROOT)])}


def without(module, folder):
    """An environment in which a module cannot be imported.

    What `-X importtime` lists would not do: TensorFlow is imported with standard error held back.
    """
    (folder / f"{module}.py").write_text(f"raise ImportError('{module} was imported')\n")
    return environment(folder)
