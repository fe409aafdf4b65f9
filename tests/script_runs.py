"""Runs commands as a user does: in processes of their own."""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Scripts run in copies of a process that has imported TensorFlow, which takes seconds.
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["gan_keras.runs.training"])


def run(*command, code=0, env=None, cwd=None):
    """Runs `python -m` with a command and checks its exit code.

    With an environment, or for other modules than scripts, in a new interpreter.
    """
    command = [str(word) for word in command]
    if env is None and command[0].startswith("experiments."):
        done = run_warm(command, cwd)
    else:
        done = run_cold(command, cwd, env)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def run_cold(command, cwd=None, env=None):
    """Runs `python -m` with a command in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        env=env or environment(),
        cwd=cwd,
    )


def refusal(*command, code=1, **options):
    """Runs a command that has to end with one error line; returns the line."""
    (line,) = run(*command, code=code, **options).stderr.splitlines()
    assert line.startswith("error: ")
    return line


def run_warm(command, cwd=None):
    """Runs `python -m` with a command in a copy of a process that has imported TensorFlow."""
    with tempfile.TemporaryDirectory() as folder:
        process = started(command, folder, cwd)
        process.join()
        paths = [Path(folder, name) for name in ("out", "err")]
        found = [path.read_text() if path.exists() else "" for path in paths]
        return subprocess.CompletedProcess(command, process.exitcode, *found)


def started(command, folder, cwd=None):
    """Starts such a copy, whose output goes into the files `out` and `err` of a folder."""
    streams = Path(folder, "out"), Path(folder, "err")
    arguments = (command, cwd or os.getcwd(), dict(os.environ), *streams)
    process = _WARM.Process(target=_run_module, args=arguments)
    process.start()
    return process


def _run_module(command, cwd, env, out, err):
    """What the copy does."""
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def environment(*folders):
    """An environment in which Python looks for modules in folders, then here."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, folders), str(ROOT)])}


def without(module, folder):
    """An environment in which a module cannot be imported.

    What `-X importtime` lists would not do: TensorFlow is imported with standard error held back.
    """
    (folder / f"{module}.py").write_text(f"raise ImportError('{module} was imported')\n")
    return environment(folder)
