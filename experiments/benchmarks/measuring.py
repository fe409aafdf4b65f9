"""JSON files of the benchmarks' results, and the machine that they were measured on."""

import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from experiments import common
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json
from gan_keras.storage.environment import environment

RESULTS = common.results_folder(Path(__file__))


def machine() -> dict[str, Any]:
    """Returns versions, processor, commit, date and load, which belong beside every figure."""
    load = round(os.getloadavg()[0], 2)
    return {**environment(), "date": time.strftime("%Y-%m-%d"), "load": load}


@contextlib.contextmanager
def gpu_load() -> Iterator[list[int]]:
    """Collects how busy the first NVIDIA GPU is, in percent, ten times a second; else nothing."""
    found: list[int] = []
    command = "nvidia-smi --id=0 --query-gpu=utilization.gpu --format=csv,noheader,nounits -lms 100"
    try:
        process = subprocess.Popen(command.split(), stdout=subprocess.PIPE, text=True)
    except OSError:  # there is no such command
        yield found
        return

    def collect(lines: Iterable[str]) -> None:
        found.extend(int(line) for line in lines if line.strip().isdecimal())

    reader = threading.Thread(target=collect, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield found
    finally:
        process.terminate()
        process.wait()
        reader.join()


def read(path: Path, key: str) -> dict[str, Any]:
    """Reads what earlier calls measured; an empty result if there is no file.

    Args:
        path: JSON file of a benchmark.
        key: The entry that holds its results.

    Raises:
        DataError: If it is something else.
    """
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {key: {}}
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}; name another --out") from None
    if not isinstance(results, dict) or not isinstance(results.get(key), dict):
        raise DataError(f"{path} is no file of this benchmark; name another --out")
    return results


def keep(path: Path, key: str, name: str, value: Any, **facts: Any) -> None:
    """Adds one result to a file, which another process may have changed meanwhile.

    Args:
        path: JSON file of a benchmark.
        key: The entry that holds its results.
        name: Name of the result.
        value: The result.
        **facts: Further entries of the file.
    """
    results = read(path, key)
    results[key][name] = value
    results |= {**facts, "machine": machine()}
    write_json(path, results)
