import os
import signal
import subprocess
import sys
import time

import pytest
from script_runs import ROOT

from data_tools import parallel
from data_tools.parallel import process_map
from gan_keras.foundation.errors import DataError

SEEN = []


def square(number):
    time.sleep(0.0 if number else 0.2)  # The first takes the longest.
    return number * number, os.getpid()


def fail(number):
    raise ValueError(f"number {number}")


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def seen(number):
    return len(SEEN)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_order_and_errors_reach_the_caller(processes):
    with process_map(processes) as pool_map:
        results, pids = zip(*pool_map(square, range(40)), strict=True)
        assert results == tuple(i * i for i in range(40))
        assert (os.getpid() in pids) == (processes == 1)
        with pytest.raises(ValueError, match="number 3"):
            list(pool_map(fail, [3]))
    assert 5e6 < parallel.peak_memory(0) < parallel.peak_memory(2) < 1e11
    assert parallel.cpu_seconds() > 0


def test_a_dead_worker_is_an_error_not_a_wait():
    with pytest.raises(DataError, match="a worker process died"), process_map(2) as pool_map:
        list(pool_map(die, range(5)))


def test_workers_leave_when_the_parent_is_killed():
    script = (
        "import time\n"
        "from data_tools.parallel import process_map\n"
        "with process_map(2) as pool_map:\n"
        "    print(*pool_map(abs, [1, 2]), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout.readline() == "1 2\n"
        parent.kill()
        # The workers have the other end of the pipe too, so this ends when they do.
        assert parent.communicate(timeout=20)[0] == ""
