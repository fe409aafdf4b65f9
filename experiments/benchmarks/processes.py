"""Worker processes that take turns."""

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from gan_keras.foundation.errors import DataError

ROOT = Path(__file__).parents[2]


class Workers:
    """Runs `experiments.benchmarks.worker` once for each side; a context manager."""

    def __init__(self):
        self._workers: dict[str, subprocess.Popen] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._errors: dict[str, Any] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception) -> None:
        for worker in self._workers.values():
            worker.stdin.close()
        for worker in self._workers.values():
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            worker.stdout.close()
        self._open.close()

    @property
    def names(self) -> list[str]:
        """Names of the workers, in the order of their start."""
        return list(self._workers)

    def start(self, name: str, arguments: Sequence[str], python: str) -> None:
        """Starts a worker and waits until it has warmed up.

        Args:
            name: Of the worker.
            arguments: Net and side.
            python: Its interpreter.

        Raises:
            DataError: If it fails; with the last line that it wrote.
        """
        errors = self._open.enter_context(
            tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        )
        self._errors[name] = errors
        self._workers[name] = subprocess.Popen(
            [python, "-m", "experiments.benchmarks.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            # oneDNN for both sides: TensorFlow alone leaves it off on many processors.
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"},
        )
        self._facts[name] = self._answer(name)

    def facts(self, name: str) -> dict[str, Any]:
        """What a worker said about itself when it was ready."""
        return self._facts[name]

    def run(self, name: str, steps: int) -> float:
        """Lets one worker run a burst while the others wait; returns its seconds."""
        with contextlib.suppress(BrokenPipeError):  # then the answer tells why
            print(steps, file=self._workers[name].stdin, flush=True)
        return self._answer(name)["seconds"]

    def calibrate(self, name: str, seconds: float) -> int:
        """Finds how many steps make a burst of about so many seconds, at least 1."""
        steps = 1
        while True:
            taken = self.run(name, steps)
            if taken > 0.3 * seconds or steps >= 1 << 14:
                return max(1, round(steps * seconds / max(taken, 1e-9)))
            steps *= 4

    def _answer(self, name: str) -> dict[str, Any]:
        line = self._workers[name].stdout.readline()
        if line:
            return json.loads(line)
        self._errors[name].seek(0)
        last = self._errors[name].read().strip().splitlines()[-1:] or ["it said nothing"]
        raise DataError(f"the worker {name} failed: {last[0]}")


def machine() -> dict[str, Any]:
    """What the figures were measured on; never its name."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
        "load": round(os.getloadavg()[0], 2),
        "note": "a load beyond the benchmark's own means a shared machine: trust ratios, not times",
    }


def processor() -> str:
    """Name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return sys.platform
