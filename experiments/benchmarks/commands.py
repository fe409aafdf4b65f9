"""Processor time and memory of whole commands, and the time to the first training step.

    git worktree add /tmp/before COMMIT
    python -m experiments.benchmarks.commands /tmp/before . --data_dir=data

Source trees run each command in turns, each time in a new process, as a user does: `acgan` for one
step, then `write`, and with `--scores` `evaluate` too, on what has come out. Seconds are those of
the processor, which other work on the machine changes least; `first_step` is the time until the
picture of the first step is opened. The classifier of `evaluate` is trained by the first run, so
that the median tells what it costs once there is one.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from experiments.benchmarks import measuring
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json

# Runs a module and tells when it begins to import TensorFlow, and when it opens some files.
_OBSERVED = """
import atexit, json, os, resource, runpy, sys
marks = {}
def note(event, values):
    if event in ("import", "open") and isinstance(values[0], str):
        for mark, name in MARKS.items():
            if mark not in marks and name in os.path.basename(values[0]):
                marks[mark] = sum(os.times()[:2])
def tell():
    marks["end"] = sum(os.times()[:2])
    marks["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with open(os.environ["MARKS_FILE"], "w") as file:
        json.dump(marks, file)
sys.addaudithook(note)
atexit.register(tell)
sys.argv.pop(0)
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
MARKS = {
    "tensorflow": "tensorflow",
    "networks": "config.json",
    "first_picture": "epoch_000.png",
    "first_step": "step_00000001.png",
}
ONE_STEP = ["--epochs=1", "--steps_per_epoch=1", "--sample_every=1", "--eval_samples=0"]


def measure(tree: Path, *command: str) -> dict[str, float]:
    """Runs `python -m` with a command of a tree; returns marks in seconds, and its memory in MB.

    Raises:
        DataError: If it fails.
    """
    with tempfile.NamedTemporaryFile() as found:
        variables = {"PYTHONPATH": str(tree), "MARKS_FILE": found.name}
        code = f"MARKS = {MARKS}{_OBSERVED}"
        words = [sys.executable, "-c", code, *command]
        done = subprocess.run(
            words, cwd=tree, env=os.environ | variables, capture_output=True, text=True
        )
        if done.returncode:
            raise DataError(f"{' '.join(command)} failed in {tree}: {done.stderr}")
        return {name: round(value, 2) for name, value in json.load(found).items()}


def commands(data_dir: Path, folder: str, scores: bool) -> dict[str, list[str]]:
    """The commands by name; those behind the first work on its run."""
    run = f"--workdir={folder}/run"
    places = [run, f"--data_dir={data_dir.resolve()}"]
    found = {
        "acgan": ["acgan", "--dataset=crohme", *places, *ONE_STEP, "--overwrite"],
        "write": ["write", "--latex=(3+4)x=7", run, f"--out={folder}/formula.png"],
    }
    if scores:
        found["evaluate"] = ["evaluate", *places, "--per_class=1000"]
    return {name: [f"experiments.{words[0]}", *words[1:]] for name, words in found.items()}


def summary(runs: list[dict[str, float]]) -> dict[str, Any]:
    """Medians of several runs, and the runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]} | {"runs": runs}


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--data_dir", type=Path, default=Path("data"), help="holds crohme")
    parser.add_argument("--scores", action="store_true", help="score 16,000 samples as well")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=measuring.RESULTS / "commands.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = commands(given.data_dir, folder, given.scores)
        sides: dict[str, dict[str, list[dict[str, float]]]] = {
            str(tree): {name: [] for name in words} for tree in given.trees
        }
        for _ in range(given.runs):
            for tree, found in sides.items():
                for name, command in words.items():
                    found[name].append(measure(Path(tree).resolve(), *command))
                    print(f"{tree} {name}: {found[name][-1]}", flush=True)
    result = {t: {name: summary(runs) for name, runs in f.items()} for t, f in sides.items()}
    write_json(given.out, {"machine": measuring.machine(), "trees": result})
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
