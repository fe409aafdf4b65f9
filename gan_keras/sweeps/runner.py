"""One run of a sweep: a process of its own, and what came of it."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from gan_keras.drawing import grids
from gan_keras.foundation.errors import DataError
from gan_keras.storage.metrics import read_metrics
from gan_keras.storage.run_folder import RunFolder
from gan_keras.sweeps import measures, plan
from gan_keras.sweeps.plan import Run

# A run of a sweep that was killed needs some time to write its checkpoint and go.
PATIENCE = 120.0
_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def execute(run: Run, stop: threading.Event | None = None) -> dict[str, Any]:
    """Makes a run, or goes on with it, in a process of its own.

    Args:
        run: The run.
        stop: Set when it shall write a checkpoint and stop.

    Returns:
        `status`: `finished` with `metrics`, `scores`, times, machine and commit; `failed` with
        `reason` and `log`; or `stopped`. With `grid`, the last sample grid as base64, if wanted.
    """
    stop = stop or threading.Event()
    try:
        _wait_until_free(run, stop)
        code = None if stop.is_set() else _process(run, stop)
    except (OSError, DataError) as error:
        return {"status": "failed", "reason": " ".join(str(error).split()), "log": str(run.log)}
    if stop.is_set() and code != 0:
        return {"status": "stopped"}
    if code != 0:
        return {"status": "failed", "reason": reason(run.log, code), "log": str(run.log)}
    try:
        return report(run)
    except DataError as error:
        return {"status": "failed", "reason": str(error), "log": str(run.log)}


def report(run: Run) -> dict[str, Any]:
    """Reads what a finished run has left in its folder.

    Args:
        run: The run.

    Raises:
        DataError: If something is missing, or the folder holds a run of other settings.
    """
    try:
        config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
        metrics = read_metrics(run.folder)
        environment, spent = metrics["environment"], metrics["training"]
        stored = config["options"]
    except (DataError, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{run.folder} has no whole metrics.json and config.json") from error
    if differing := plan.changed(run.config, stored):
        raise DataError(
            f"{run.folder} holds a run of other settings: {', '.join(differing)}; choose another "
            "--workdir"
        )
    if missing := plan.lacking(run.config, stored):
        raise DataError(f"{run.folder} was not asked for {', '.join(missing)} when it was scored")
    found = {
        "status": "finished",
        **measures.of_run(run.folder, run.metrics),
        "wall_seconds": spent["wall_seconds"],
        "cpu_seconds": spent["cpu_seconds"],
        "machine": environment.get("machine", ""),
        "commit": environment.get("commit", ""),
    }
    if run.grids and (pictures := grids.of_epochs(run.folder / "samples").get(grids.GRIDS)):
        found["grid"] = base64.b64encode(pictures[-1].read_bytes()).decode()
    return found


def reason(log: Path, code: int) -> str:
    """Why a process failed, in one line: its error line, else its last line."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    errors = [line for line in lines if line.startswith("error: ")]
    last = (errors or lines or ["no output"])[-1].removeprefix("error: ")
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return last.strip()[:500] if errors else f"{how}: {last.strip()[:500]}"


def _wait_until_free(run: Run, stop: threading.Event) -> None:
    """Waits for an earlier process in the run folder to go.

    Raises:
        DataError: If it stays.
    """
    until = time.monotonic() + PATIENCE
    while not stop.is_set():
        folder = RunFolder(run.folder)
        try:
            folder.acquire()
        except DataError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            folder.release()
            return


def _process(run: Run, stop: threading.Event) -> int:
    """Runs the training process to its end; returns its exit code."""
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
            process.wait(timeout=PATIENCE)
        except BaseException:
            process.kill()
            process.wait()
            raise
