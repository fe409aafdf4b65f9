"""Speed of the CROHME extractor: `python -m experiments.benchmarks.extract --input=ARCHIVE`.

Runs the whole command (interpreter start, reading, drawing, writing all files) several times in a
process of its own, with one and with two workers in turn, and compares files per second with the
two public extractors. Writes a JSON file; prints a short table.
"""

import json
import os
import statistics
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

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("input", None, "The CROHME archive.")
    flags.DEFINE_integer("runs", 5, "Runs per number of workers.", lower_bound=1)
    flags.DEFINE_list("workers", ["1", "2"], "Numbers of workers to measure.")
    flags.DEFINE_string("out", str(measuring.RESULTS / "extract.json"), "The JSON file.")


def main() -> None:
    """Runs the benchmark."""
    if not FLAGS.input:
        raise UsageError("--input=ARCHIVE is missing (make bench-extract CROHME=ARCHIVE)")
    if not Path(FLAGS.input).exists():
        raise DataError(f"there is no {FLAGS.input}")
    check_writable(FLAGS.out, "out")
    if not all(number.isdecimal() and int(number) for number in FLAGS.workers):
        raise UsageError(f"--workers={','.join(FLAGS.workers)} must be numbers such as 1,2")
    runs: dict[str, list[dict[str, Any]]] = {number: [] for number in FLAGS.workers}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "symbols.npz"
        for turn in range(FLAGS.runs):
            for number, found in runs.items():
                # in turn, so that a change of the machine's load affects all alike
                found.append(measure(FLAGS.input, out, number))
                print(f"run {turn + 1} of {FLAGS.runs}, {_line(number, found[-1])}")
        report = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    files = report["files"]["found"]
    rows = {number: summary(found, files) for number, found in runs.items()}
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
        print(f"median of {FLAGS.runs}, {_line(number, row)}, {row['files_per_second']:,} files/s")
    print(f"other extractors: {json.dumps(PEERS)}")
    print(f"wrote {FLAGS.out}")


def _line(number: str, found: dict[str, Any]) -> str:
    return (
        f"{number} workers: {found['wall_seconds']:.2f} s, {found['cpu_seconds']:.2f} s of "
        f"processor, {found['peak_memory_mb']} MB"
    )


def measure(archive: str, out: Path, workers: str) -> dict[str, Any]:
    """Runs the command once.

    Args:
        archive: The corpus.
        out: The .npz file to write.
        workers: Number of processes.

    Returns:
        `wall_seconds` and `cpu_seconds` of the whole process with its children, `peak_memory_mb`
        as the command reports it (the sum over its processes), and the machine's `load` before.

    Raises:
        DataError: If the command fails.
    """
    options = [f"--input={archive}", f"--out={out}", f"--workers={workers}"]
    load, before, start = os.getloadavg()[0], os.times(), time.monotonic()
    measuring.run(sys.executable, "-m", "data_tools.crohme", *options)
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


def summary(runs: list[dict[str, Any]], files: int) -> dict[str, Any]:
    """Summarizes runs: medians, the largest peak memory, and files per second of wall clock.

    Args:
        runs: Results of `measure`.
        files: Number of InkML files.
    """
    wall = statistics.median(run["wall_seconds"] for run in runs)
    return {
        "wall_seconds": round(wall, 3),
        "cpu_seconds": round(statistics.median(run["cpu_seconds"] for run in runs), 3),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
        "files_per_second": round(files / wall),
        "runs": runs,
    }


if __name__ == "__main__":
    define_flags()
    cli.run(main)
