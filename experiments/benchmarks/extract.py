"""Speed of the CROHME extractor: `python -m experiments.benchmarks.extract --input=ARCHIVE`.

Runs the whole command (interpreter start, reading, drawing, writing all files) several times in a
process of its own, with one and with two workers in turn, so that a change of the machine's load
affects both alike. Writes a JSON file with the figures of the two public extractors beside.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import measuring
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable, write_json

# Medians on 11,330 files of the same corpus (CROHME 2012 and 2013; less three that end those
# programs), 28 x 28 pixels, 16 classes, whole command, on a machine with two cores. Processor time
# is the fairer figure where a machine is shared.
PEERS = {
    "ThomasLech/CROHME_extractor": {"files_per_second": 254, "cpu_seconds": 37.5},
    "karan1149/crohme-data-extractor": {"files_per_second": 50, "cpu_seconds": 197.4},
}
WORKERS = (1, 2)

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    cli.define_path("input", None, "The CROHME archive.")
    flags.DEFINE_integer("runs", 5, "Runs per number of workers.", lower_bound=1)
    cli.define_path("out", str(measuring.RESULTS / "extract.json"), "The JSON file.")


def main() -> None:
    """Runs the benchmark."""
    if not FLAGS.input:
        raise UsageError("--input=ARCHIVE is missing (make bench-extract CROHME=ARCHIVE)")
    check_writable(FLAGS.out, "out")
    runs: dict[int, list[dict[str, float]]] = {number: [] for number in WORKERS}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "symbols.npz"
        for _ in range(FLAGS.runs):
            for number, found in runs.items():
                found.append(measure(FLAGS.input, out, number))
                print(f"{number} workers: {found[-1]}", flush=True)
        report = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    files = report["files"]["found"]
    rows = {str(number): summary(found, files) for number, found in runs.items()}
    result = {
        "machine": measuring.machine(),
        "input": {
            "name": Path(FLAGS.input).name,
            "files": files,
            "symbols_found": report["duplicates"]["symbols"],
            "symbols_kept": report["symbols"]["kept"],
        },
        "workers": rows,
        "peers": PEERS,
    }
    write_json(FLAGS.out, result)
    for number, row in rows.items():
        print(f"median of {FLAGS.runs}, {number} workers: {row['files_per_second']:,} files/s")
    print(f"wrote {FLAGS.out}")


def measure(archive: str, out: Path, workers: int) -> dict[str, float]:
    """Runs the command once.

    Args:
        archive: The corpus.
        out: The .npz file to write.
        workers: Number of processes.

    Returns:
        `wall_seconds` and `cpu_seconds` of the process with its children, `peak_memory_mb` (the
        sum over its processes), and the machine's `load` before.

    Raises:
        DataError: If the command fails.
    """
    command = [sys.executable, "-m", "data_tools.crohme", f"--input={archive}", f"--out={out}"]
    load, before, start = os.getloadavg()[0], os.times(), time.monotonic()
    command += [f"--workers={workers}"]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        raise DataError("the extractor failed")
    wall, after = time.monotonic() - start, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    timing = json.loads(out.with_suffix(".timing.json").read_text(encoding="utf-8"))
    return {
        "wall_seconds": round(wall, 3),
        "cpu_seconds": round(cpu, 3),
        "peak_memory_mb": timing["peak_memory_mb"],
        "load": round(load, 2),
    }


def summary(runs: list[dict[str, float]], files: int) -> dict[str, Any]:
    """Summarizes runs of `measure` on some files: medians, and files per second of wall clock."""
    names = ("wall_seconds", "cpu_seconds", "peak_memory_mb")
    medians = {name: statistics.median(run[name] for run in runs) for name in names}
    return {**medians, "files_per_second": round(files / medians["wall_seconds"]), "runs": runs}


if __name__ == "__main__":
    define_flags()
    cli.run(main)
