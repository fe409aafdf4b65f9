"""Work spread over processes, results in order, and what it cost."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from gan_keras.foundation.errors import DataError

try:
    import resource
except ImportError:  # Windows.
    resource = None

# Tasks waiting for each worker; more would only hold their results in memory.
_AHEAD = 4


def available() -> int:
    """Number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int:
    """The most memory this process has had, in bytes; 0 where the system does not say."""
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def cpu_seconds() -> float:
    """Processor time of this process and of its finished children, in seconds."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Workers:
    """Some processes to call functions in; with one, the calling process does it all.

    Use it as a context manager.

    Args:
        number: How many processes.
    """

    def __init__(self, number: int):
        self.number = number
        self._pool: ProcessPoolExecutor | None = None
        self._peaks: dict[int, int] = {}

    def __enter__(self) -> "Workers":
        if self.number > 1:
            # Forking is fast, but not safe in a process that has threads.
            forking = sys.platform == "linux" and threading.active_count() == 1
            self._pool = ProcessPoolExecutor(
                self.number,
                multiprocessing.get_context("fork" if forking else "spawn"),
                initializer=_start,
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable, tasks: Iterable[tuple]) -> Iterator[Any]:
        """Calls `function(*task)` for each task and yields the results in the tasks' order.

        Raises:
            DataError: A worker process died.
        """
        if self._pool is None:
            for task in tasks:
                yield function(*task)
            return
        waiting: deque[Future] = deque()
        try:
            for task in tasks:
                waiting.append(self._pool.submit(_call, function, task))
                if len(waiting) > _AHEAD * self.number:
                    yield self._result(waiting)
            while waiting:
                yield self._result(waiting)
        except BrokenProcessPool:
            raise DataError(
                "a worker process died (out of memory, or killed); try --workers=1"
            ) from None

    def _result(self, waiting: "deque[Future]") -> Any:
        result, process, peak = waiting.popleft().result()
        self._peaks[process] = max(peak, self._peaks.get(process, 0))
        return result

    def peak_memory(self) -> int:
        """The sum of the most memory each process has had, in bytes.

        That is an upper limit: what processes share is counted in each, and not all reach their
        most at the same time.
        """
        return peak_memory() + sum(self._peaks.values())


def _start() -> None:
    # Ctrl-C reaches all processes of a terminal; the parent ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # A killed parent cannot tell its workers, which would wait for tasks for ever.
    parent = multiprocessing.parent_process()

    def leave_with_parent() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()


def _call(function: Callable, task: tuple) -> tuple[Any, int, int]:
    result = function(*task)
    return result, os.getpid(), peak_memory()
