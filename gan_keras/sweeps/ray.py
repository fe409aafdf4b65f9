"""Runs on a Ray cluster, or on Ray on this machine."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import runner
from gan_keras.sweeps.plan import Run

_STOP_SECONDS = 60


def execute(
    runs: Sequence[Run],
    workers: int,
    tick: Callable[[], None],
    address: str = "",
    gpus: float = 0.0,
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Makes runs as Ray tasks, each of which asks for as many CPUs as the run has threads.

    The machines of a cluster need this package and the data under the same paths; results come back
    by themselves, run folders only on a shared file system.

    Args:
        runs: The runs.
        workers: How many at a time, if Ray is started here; a cluster decides by its CPUs.
        tick: Called about once a second.
        address: Of a running cluster; empty starts one on this machine.
        gpus: Share of a GPU that each run asks for.

    Yields:
        As `local.execute`.

    Raises:
        UsageError: If Ray is not installed.
        DataError: If the cluster does not answer.
    """
    ray = _import()
    _start(ray, workers, max(run.threads for run in runs), address)
    # a run that fails says so by itself; a machine that dies is worth another try
    task = ray.remote(max_retries=2)(runner.execute)
    waiting = {
        task.options(num_cpus=run.threads, num_gpus=gpus, name=run.name).remote(run): run
        for run in runs
    }
    try:
        while waiting:
            done, _ = ray.wait(list(waiting), timeout=1.0)
            for reference in done:
                yield waiting.pop(reference), _result(ray, reference)
            tick()
    finally:
        for reference in waiting:
            ray.cancel(reference)
        if waiting:
            ray.wait(list(waiting), num_returns=len(waiting), timeout=_STOP_SECONDS)
        ray.shutdown()


def _import():
    """Returns the ray package."""
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--engine=ray needs Ray: pip install 'gan_keras[sweep]' (--engine=local needs nothing)"
        ) from None
    return ray


def _start(ray, workers: int, threads: int, address: str) -> None:
    """Connects to a cluster, or starts one."""
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            ray.init(num_cpus=workers * threads, include_dashboard=False, **quiet)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        where = f"--ray_address={address}" if address else "a Ray cluster on this machine"
        raise DataError(f"cannot use {where}: {' '.join(str(error).split())[:300]}") from error


def _result(ray, reference) -> dict[str, Any]:
    """What a task gave; a lost machine is a failed run."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        return {"status": "failed", "reason": " ".join(str(error).split())[:500], "log": ""}
