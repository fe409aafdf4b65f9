"""One run of a sweep as a process of its own, and its outcome."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError, one_line
from gan_keras.storage.history import History
from gan_keras.storage.metrics import read_metrics
from gan_keras.storage.run_folder import RunFolder
from gan_keras.sweeps import measures, plan
from gan_keras.sweeps.plan import Run

# A run that is asked to stop needs some time to write its checkpoint.
_PATIENCE = 120.0
# How training ends when a loss is no number any more, or is beyond all bounds.
_DIVERGED = re.compile(r"^[dg]_loss is \S+ at step \d")
_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def execute(run: Run, stop: threading.Event | None = None) -> dict[str, Any]:
    """Makes a run, or resumes it, and reads its outcome.

    Args:
        run: The run.
        stop: Set when the run has to write a checkpoint and stop.

    Returns:
        `status`: `finished` with `metrics`, `scores`, times, machine and commit; `failed` with
        `reason` and `log`, and with the events of its `metrics` if it diverged; or `stopped`.
    """
    stop = stop or threading.Event()
    try:
        with RunFolder(run.folder).acquire(_PATIENCE):
            pass  # the process of a sweep that was killed may have been in it still
        code = 1 if stop.is_set() else train(run, stop)
        if code == 0:
            return report(run)
        why = failure(run.log, code)
    except (OSError, DataError) as error:
        why = one_line(error)
    if stop.is_set():
        return {"status": "stopped"}
    failed = {"status": "failed", "reason": why, "log": str(run.log)}
    if _DIVERGED.search(why):
        # Left out, it would make its arm look better than it is.
        failed["metrics"] = measures.of_diverged(run.metrics)
    return failed


def report(run: Run) -> dict[str, Any]:
    """Reads the outcome of a finished run from its folder.

    Raises:
        DataError: If something is missing, or the folder holds a run of other settings.
    """
    folder, stored = RunFolder.started(run.folder)
    if differing := plan.changed(run.config, stored["options"]):
        raise DataError(
            f"{run.folder} holds a run of other settings: {', '.join(differing)}; choose another "
            "--workdir"
        )
    if plan.lacks_gan_train(run.config, stored["options"]):
        raise DataError(f"{run.folder} was not asked for gan_train when it was scored")
    try:
        metrics = read_metrics(run.folder)
        scores = measures.numbers(metrics)
        history = History(folder.log, is_complete=True)
        if history.damage:
            raise DataError(history.damage)
        columns = history.columns()
        return {
            "status": "finished",
            "metrics": measures.evaluate(run.metrics, scores, columns),
            "scores": scores,
            "wall_seconds": metrics["training"]["wall_seconds"],
            "cpu_seconds": metrics["training"]["cpu_seconds"],
            "machine": metrics["environment"].get("machine", ""),
            "commit": metrics["environment"].get("commit", ""),
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{run.folder} has no whole metrics.json, log.csv ({error!r})") from error


def failure(log: Path, code: int) -> str:
    """Returns why a process failed, in one line: its error line, else its last line."""
    text = log.read_text(errors="replace") if log.exists() else ""
    lines = [line for line in text.splitlines() if line.strip()] or ["no output"]
    if errors := [line for line in lines if line.startswith("error: ")]:
        return one_line(errors[-1].removeprefix("error: "))
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return f"{how}: {one_line(lines[-1])}"


def train(run: Run, stop: threading.Event) -> int:
    """Runs the training process to its end, or until `stop`; returns its exit code."""
    arguments = run.config.arguments(places=True)
    command = [sys.executable, "-m", "gan_keras.sweeps.child", str(os.getpid()), *arguments]
    environment = os.environ | dict.fromkeys(_THREADS, str(run.threads))
    environment.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # several runs may share a GPU
    run.log.parent.mkdir(parents=True, exist_ok=True)
    with run.log.open("w", encoding="utf-8") as log:
        print("$ python -m", *arguments, file=log, flush=True)
        # In a session of its own, or Ctrl-C would reach it twice and the second one kills.
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
        try:
            while not stop.is_set():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(timeout=0.2)
        finally:
            _end(process)
    return process.returncode


def _end(process: subprocess.Popen) -> None:
    """Asks a process to write a checkpoint and end; kills it if it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_PATIENCE)
        finally:
            process.kill()  # no effect on one that has ended
            process.wait()
