"""Speed of the CROHME extractor: `python -m experiments.benchmarks.extract --input=ARCHIVE`.

Runs the whole command (interpreter start, reading, drawing, writing all files) several times in a
process of its own, with one and with two workers in turn, and compares files per second with the
two public extractors. Writes a JSON file; prints a short table.
"""

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from absl import flags

from data_tools.parallel import available
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable, write_json
from gan_keras.storage.run_folder import commit

REPOSITORY = Path(__file__).resolve().parents[2]

# Measured on 11,330 files of the same corpus (CROHME 2012 and 2013; less three that end those
# programs), 28 x 28 pixels, 16 classes, whole command, on a machine with two cores: medians, and
# the best run. Processor time is the fairer figure where a machine is shared.
PEERS = {
    "ThomasLech/CROHME_extractor": {
        "files_per_second": 254,
        "best_files_per_second": 298,
        "cpu_seconds": 37.5,
    },
    "karan1149/crohme-data-extractor": {
        "files_per_second": 50,
        "best_files_per_second": 65,
        "cpu_seconds": 197.4,
    },
}

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags."""
    flags.DEFINE_string("input", None, "The CROHME archive.")
    flags.DEFINE_integer("runs", 5, "Runs for each number of workers.", lower_bound=1)
    flags.DEFINE_list("workers", ["1", "2"], "Numbers of workers to measure.")
    flags.DEFINE_string(
        "out", str(REPOSITORY / "experiments/benchmarks/results/extract.json"), "The JSON file."
    )


def main() -> None:
    """Runs the benchmark."""
    if not FLAGS.input:
        raise UsageError("--input=ARCHIVE is missing (make bench-extract CROHME=ARCHIVE)")
    if not Path(FLAGS.input).exists():
        raise DataError(f"there is no {FLAGS.input}")
    check_writable(FLAGS.out, "out")
    numbers = _numbers(FLAGS.workers)
    runs: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "symbols.npz"
        for turn in range(FLAGS.runs):
            for number in numbers:
                # In turn, so that a change of the machine's load meets all alike.
                runs[number].append(measure(FLAGS.input, out, number))
                last = runs[number][-1]
                print(
                    f"run {turn + 1} of {FLAGS.runs}, {number} workers: {last['wall_seconds']:.2f} "
                    f"s, {last['cpu_seconds']:.2f} s of processor, {last['peak_memory_mb']} MB"
                )
        report = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    result = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit() or None,
        "machine": machine(),
        "input": {
            "name": Path(FLAGS.input).name,
            "files": report["files"]["found"],
            "symbols_found": report["duplicates"]["symbols"],
            "symbols_kept": report["symbols"]["kept"],
        },
        "output_sha256": sorted({run.pop("sha256") for each in runs.values() for run in each}),
        "workers": {
            str(number): summary(each, report["files"]["found"], report["symbols"]["kept"])
            for number, each in runs.items()
        },
        "peers": PEERS,
    }
    best = max(row["files_per_second"] for row in result["workers"].values())
    fastest = max(row["files_per_second"] for row in PEERS.values())
    record = max(row["best_files_per_second"] for row in PEERS.values())
    cpu = min(row["cpu_seconds"] for row in result["workers"].values())
    result["times_the_fastest_peer"] = {
        "median_against_median": round(best / fastest, 1),
        "median_against_its_best_run": round(best / record, 1),
        "processor_time": round(min(row["cpu_seconds"] for row in PEERS.values()) / cpu, 1),
    }
    write_json(FLAGS.out, result)
    for number, row in result["workers"].items():
        print(
            f"{number} workers, median of {len(row['runs'])}: {row['wall_seconds']:.2f} s, "
            f"{row['cpu_seconds']:.2f} s of processor, {row['peak_memory_mb']} MB, "
            f"{row['files_per_second']:,} files/s, {row['symbols_per_second']:,} symbols/s"
        )
    print(f"{best / fastest:.1f} times the fastest peer ({best / record:.1f} times its best run)")
    print(f"wrote {FLAGS.out}")


def _numbers(texts: list[str]) -> list[int]:
    try:
        numbers = [int(text) for text in texts]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise UsageError(f"--workers={','.join(texts)} must be numbers such as 1,2")
    return numbers


def measure(archive: str, out: Path, workers: int) -> dict[str, Any]:
    """Runs the command once.

    Args:
        archive: The corpus.
        out: The .npz file that it writes.
        workers: Number of processes.

    Returns:
        `wall_seconds` and `cpu_seconds` of the whole process with its children, `peak_memory_mb`
        as the command reports it (the sum over its processes), the machine's `load` before, and
        the `sha256` of the .npz file.

    Raises:
        DataError: The command failed.
    """
    command = [sys.executable, "-m", "data_tools.crohme", f"--input={archive}", f"--out={out}"]
    load = os.getloadavg()[0]
    before = os.times()
    start = time.monotonic()
    done = subprocess.run(
        [*command, f"--workers={workers}"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    wall = time.monotonic() - start
    after = os.times()
    if done.returncode:
        raise DataError(f"the extractor failed: {done.stderr.strip()}")
    timing = json.loads(out.with_suffix(".timing.json").read_text(encoding="utf-8"))
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return {
        "wall_seconds": round(wall, 3),
        "cpu_seconds": round(cpu, 3),
        "peak_memory_mb": timing["peak_memory_mb"],
        "load": round(load, 2),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


def summary(runs: list[dict[str, Any]], files: int, symbols: int) -> dict[str, Any]:
    """Medians over runs, and rates of the whole command.

    Args:
        runs: Results of `measure`.
        files: Number of InkML files.
        symbols: Number of images made.

    Returns:
        Medians of the measured values (of the peak memory the largest), files and symbols per
        second of wall clock at the median and at the best run, and the runs.
    """
    wall = statistics.median(run["wall_seconds"] for run in runs)
    best = min(run["wall_seconds"] for run in runs)
    return {
        "wall_seconds": round(wall, 3),
        "best_wall_seconds": best,
        "cpu_seconds": round(statistics.median(run["cpu_seconds"] for run in runs), 3),
        "peak_memory_mb": max(run["peak_memory_mb"] for run in runs),
        "files_per_second": round(files / wall),
        "best_files_per_second": round(files / best),
        "symbols_per_second": round(symbols / wall),
        "runs": runs,
    }


def machine() -> dict[str, Any]:
    """What the benchmark runs on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "processor": model,
        "processors": available(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    define_flags()
    cli.run(main)
