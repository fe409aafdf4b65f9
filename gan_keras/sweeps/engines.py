"""Engines of a sweep: runs side by side on this machine, or on a Ray cluster."""

import concurrent.futures
import contextlib
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.sweeps import run_process
from gan_keras.sweeps.plan import Run

# Starts a run; the result of the future is its outcome, as `run_process.execute` returns it.
Start = Callable[[Run], Future]
_STOP_SECONDS = 60


def execute(
    runs: Sequence[Run],
    engine: contextlib.AbstractContextManager[Start],
    tick: Callable[[], None],
) -> Generator[tuple[Run, dict[str, Any]]]:
    """Makes runs, as many at a time as the engine has room for.

    Args:
        runs: In the order in which they start.
        engine: One of the engines below.
        tick: Called about once a second.

    Yields:
        Each run when it ends, with its outcome. When the consumer leaves (Ctrl-C), runs under way
        write a checkpoint and stop.
    """
    with engine as start:
        waiting = {start(run): run for run in runs}
        while waiting:
            done, _ = concurrent.futures.wait(
                waiting, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
            )
            # what has ended well is handed over before an interrupt that came at the same time
            for future in sorted(done, key=lambda one: one.exception() is not None):
                yield waiting.pop(future), _outcome(future)
            tick()


def _outcome(future: Future) -> dict[str, Any]:
    """Returns the outcome of a run; one whose engine broke down (a lost machine) has failed."""
    if isinstance(error := future.exception(), Exception):
        reason = one_line(f"{type(error).__name__}: {error}")
        return {"status": "failed", "reason": reason, "log": ""}
    return future.result()


@contextlib.contextmanager
def local(workers: int) -> Iterator[Start]:
    """Makes runs on this machine, by threads that each wait for one process.

    Args:
        workers: Number of runs at a time.
    """
    stop = threading.Event()
    pool = concurrent.futures.ThreadPoolExecutor(workers)
    try:
        yield lambda run: pool.submit(run_process.execute, run, stop)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def ray(cpus: int, address: str, gpus: float) -> Iterator[Start]:
    """Makes runs as Ray tasks, each of which asks for as many CPUs as the run has threads.

    The machines of a cluster need this package and the data under the same paths; results come back
    by themselves, run folders only on a shared file system.

    Args:
        cpus: CPUs to use, if Ray is started here.
        address: Address of a running cluster; empty starts one on this machine.
        gpus: Share of a GPU that each run asks for.

    Raises:
        UsageError: If Ray is not installed.
        DataError: If the cluster does not answer.
    """
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--engine=ray needs Ray: pip install 'gan_keras[sweep]' (--engine=local needs nothing)"
        ) from None
    where = {"address": address} if address else {"num_cpus": cpus, "include_dashboard": False}
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
        signal.signal(signal.SIGTERM, on_sigterm)  # that of Ray aborts
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise DataError(f"cannot use Ray ({address or 'here'}): {one_line(error)}") from error
    # a run that fails says so by itself; a machine that dies is worth another try
    task = ray.remote(max_retries=2)(run_process.execute)
    started = []

    def start(run: Run) -> Future:
        asked = task.options(num_cpus=run.threads, num_gpus=gpus, name=run.name)
        started.append(asked.remote(run))
        return started[-1].future()

    try:
        yield start
    finally:
        for reference in started:
            ray.cancel(reference)  # one that has ended is left alone
        if started:
            ray.wait(started, num_returns=len(started), timeout=_STOP_SECONDS)
        ray.shutdown()
