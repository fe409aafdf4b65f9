"""Runs side by side on this machine: a pool of threads, each of which waits for one process."""

import concurrent.futures
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gan_keras.sweeps import runner
from gan_keras.sweeps.plan import Run


def execute(
    runs: Sequence[Run], workers: int, tick: Callable[[], None]
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Makes runs, a number of them at a time.

    Args:
        runs: In the order in which they start.
        workers: How many at a time.
        tick: Called about once a second.

    Yields:
        Each run when it ends, with what `runner.execute` gave. When the consumer leaves (Ctrl-C),
        runs under way write a checkpoint and stop.
    """
    stop = threading.Event()
    pool = concurrent.futures.ThreadPoolExecutor(workers)
    waiting = {pool.submit(runner.execute, run, stop): run for run in runs}
    try:
        while waiting:
            done, _ = concurrent.futures.wait(
                waiting, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
            )
            # what has ended well is handed over before an interrupt that came at the same time
            for future in sorted(done, key=lambda one: one.exception() is not None):
                yield waiting.pop(future), future.result()
            tick()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
