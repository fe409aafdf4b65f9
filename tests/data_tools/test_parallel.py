import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from inkml_samples import REPOSITORY

from data_tools import parallel
from data_tools.parallel import Workers
from gan_keras.foundation.errors import DataError


def square(number, delay):
    time.sleep(delay)
    return number * number, os.getpid()


def fail(number):
    raise ValueError(f"number {number}")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("number", [1, 2])
def test_results_come_in_the_order_of_the_tasks(number):
    with Workers(number) as workers:
        # The first takes the longest.
        tasks = ((i, 0.2 if i == 0 else 0.0) for i in range(40))
        results, processes = zip(*workers.map(square, tasks), strict=True)
        assert results == tuple(i * i for i in range(40))
        assert (os.getpid() in processes) == (number == 1)
        assert workers.peak_memory() > number * 5e6


@pytest.mark.parametrize("number", [1, 2])
def test_errors_of_a_task_reach_the_caller(number):
    with Workers(number) as workers, pytest.raises(ValueError, match="number 3"):
        list(workers.map(fail, [(3,)]))


def test_a_process_with_threads_is_not_forked():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with Workers(2) as workers:
            assert workers._pool._mp_context.get_start_method() == "spawn"
            assert list(workers.map(abs, [(-i,) for i in range(9)])) == list(range(9))
    finally:
        stop.set()
        thread.join()


def test_a_dead_worker_is_an_error_not_a_wait():
    with Workers(2) as workers, pytest.raises(DataError, match="a worker process died"):
        list(workers.map(die, [()] * 5))


def test_workers_leave_when_the_parent_is_killed():
    script = (
        "import os, time\n"
        "from data_tools.parallel import Workers\n"
        "with Workers(2) as workers:\n"
        "    next(workers.map(os.getpid, [()] * 2))\n"
        "    print(*[p for p in workers._pool._processes], flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(map(_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_alive, children))
    parent.stdout.close()


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_measures():
    assert parallel.available() >= 1
    assert 5e6 < parallel.peak_memory() < 1e11
    assert parallel.cpu_seconds() > 0
