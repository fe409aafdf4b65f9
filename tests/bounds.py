"""Trains two steps from a wheel, with the oldest and the newest versions that setup.cfg allows.

Usage: `python tests/bounds.py 3.11 /path/to/python3.13`, with the program `uv` on the PATH, which
finds or fetches Pythons and packages. Exits with 1 if anything fails.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a promised version must be able to do: train, score, report; plan a study; read data sets.
COMMANDS = (
    "-m experiments.acgan --dataset=digits --width_mult=0.1 --batch_size=16 --steps_per_epoch=2 "
    "--epochs=1 --eval_samples=2 --workdir=run",
    "-m experiments.export --workdir=run --format=savedmodel --out=generator",
    "-m experiments.sweep --study=noise_length --dry_run",
    "-c 'import tensorflow_datasets, requests'",
)
# Of these there is no wheel.
SOURCE_ONLY = "promise"


def call(*command, cwd):
    """Runs a command; returns what went wrong, or nothing."""
    # not the packages of a checkout, nor its settings
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout[-2000:] + done.stderr[-4000:]


def files(packages):
    """The project's own installed files, without what Python compiles."""
    return {
        path: path.stat().st_size
        for name in ("gan_keras", "experiments", "data_tools")
        for path in (packages / name).rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    }


def check(python, resolution, wheel, folder):
    """Installs the wheel with one choice of versions and runs `COMMANDS`."""
    venv = folder / "venv"
    interpreter = venv / "bin" / "python"
    install = ["uv", "pip", "install", f"--python={interpreter}", f"--resolution={resolution}"]
    install += ["--only-binary=:all:", f"--no-binary={SOURCE_ONLY}", str(wheel)]
    if wrong := call("uv", "venv", f"--python={python}", str(venv), cwd=folder):
        return wrong
    if wrong := call(*install, cwd=folder):
        return wrong
    (packages,) = venv.glob("lib/python3*/site-packages")
    before = files(packages)
    for command in COMMANDS:
        if wrong := call(str(interpreter), *shlex.split(command), cwd=folder):
            return f"python {command}\n{wrong}"
    if files(packages) != before:
        return "files in site-packages have changed"
    return ""


def main(pythons):
    """Checks all Pythons; returns the number of failures."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        if wrong := call("uv", "build", f"--out-dir={folder}", str(ROOT), cwd=folder):
            print(wrong)
            return 1
        (wheel,) = Path(folder).glob("*.whl")
        for python in pythons:
            for resolution in ("lowest-direct", "highest"):
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    wrong = check(python, resolution, wheel, Path(place))
                print(f"Python {python}, {resolution}: {wrong or 'ok'}", flush=True)
                failures += bool(wrong)
    return failures


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
