"""Functions called in several processes, with results in order, and the cost of it."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Any

from gan_keras.foundation.errors import DataError

try:
    import resource
except ImportError:  # Windows
    resource = None


def available() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory(children: int) -> int:
    """Upper limit of the memory of this process and its finished children together, in bytes.

    Memory that processes share is counted in each, and every child is taken to be as large as the
    largest. 0 where the system does not tell.

    Args:
        children: Number of child processes.
    """
    if resource is None:
        return 0
    own, largest_child = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (own + children * largest_child) * (1 if sys.platform == "darwin" else 1024)


def cpu_seconds() -> float:
    """Processor time of this process and its finished children, in seconds."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextlib.contextmanager
def process_map(processes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Yields a `map` that calls a function in several processes; results are in order.

    Args:
        processes: Number of processes; with one, the calling process does the work.

    Raises:
        DataError: A worker process died.
    """
    if processes == 1:
        yield map
        return
    # Forking is fast, but not safe in a process that has threads.
    forking = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forking else "spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_start_worker)
    try:
        yield pool.map
    except BrokenProcessPool:
        raise DataError(
            "a worker process died (out of memory, or killed); try --workers=1"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    # Ctrl-C reaches all processes of a terminal; the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: BaseProcess) -> None:
    """Ends a worker whose parent has been killed; it would wait for tasks for ever."""
    parent.join()
    os._exit(1)
