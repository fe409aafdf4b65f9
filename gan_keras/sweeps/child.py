"""Runs a module as `python -m` does, and stops it when its parent process is gone.

    python -m gan_keras.sweeps.child PARENT MODULE [FLAGS]

A sweep that is killed outright cannot stop its runs. Each run therefore watches its parent and asks
itself to stop, so that it writes a checkpoint and leaves its folder free for the resumed sweep.
"""

import os
import runpy
import signal
import sys
import threading
import time


def watch(parent: int) -> None:
    """Sends this process SIGTERM as soon as `parent` is no longer its parent."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=watch, args=(int(sys.argv[1]),), daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
