"""Downloads and prepares TFDS sets, and never hangs: `make data DATASET=mnist`.

TFDS tries an unreachable server again and again for minutes and has no time limit, so it works in
a process of its own, which is ended when nothing moves any more.
"""

import importlib.util
import multiprocessing
import os
import queue
import shutil
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from gan_keras.data import tfds_sets
from gan_keras.foundation.errors import DataError, UsageError

ANSWER_SECONDS = 8.0
STALL_SECONDS = 30.0
_PULSE_SECONDS = 1.0
# Less of a core than this is waiting, not working.
_WORKING = 0.05


def fetch(name: str, data_dir: Path) -> Path:
    """Downloads a TFDS set into `<data_dir>/tfds` and prepares it; shows progress.

    Args:
        name: `set` or `set/config`.
        data_dir: Folder of prepared data sets.

    Returns:
        The folder of the prepared set; at once if it is there already.

    Raises:
        UsageError: If TFDS has no set of this name, or several and the name does not say which.
        DataError: If it cannot be had: no network, no answer, a wrong checksum.
    """
    found = tfds_sets.find(name, data_dir)
    if found:
        return found
    urls = _addresses(name)
    silent = _silent_hosts(urls, ANSWER_SECONDS)
    if silent:
        raise DataError(
            f"cannot download {name}: no answer from {', '.join(silent)}; is there a network? A "
            f"set prepared elsewhere can be copied to {data_dir / 'tfds' / name}"
        )
    _watch(name, data_dir / "tfds", STALL_SECONDS)
    found = tfds_sets.find(name, data_dir)
    if found is None:
        raise DataError(f"TFDS has prepared {name}, but not below {data_dir / 'tfds'}")
    return found


def _addresses(name: str) -> list[str]:
    """Where TFDS would download a set from."""
    if not tfds_sets.is_name(name):
        raise UsageError(f"--dataset={name} is no name of a data set")
    if importlib.util.find_spec("importlib_resources") is None:
        # TFDS needs it to prepare any set, and does not ask for it when it is installed.
        raise DataError("importlib_resources is not installed; install it with `make install`")
    import tensorflow_datasets as tfds  # late: takes seconds

    try:
        builder = tfds.builder_cls(name.split("/")[0])
        infos = builder.url_infos
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise UsageError(
            f"--dataset={name}: TensorFlow Datasets has no set of this name; "
            "see https://www.tensorflow.org/datasets/catalog"
        ) from error
    if builder.BUILDER_CONFIGS and "/" not in name:
        configs = " ".join(f"{name}/{config.name}" for config in builder.BUILDER_CONFIGS)
        raise UsageError(f"--dataset={name} has configurations, say which: {configs}")
    return list(infos or {})


def _silent_hosts(urls: Iterable[str], seconds: float) -> list[str]:
    """The servers that give no answer of any kind within a time limit."""
    hosts = {urllib.parse.urlsplit(url).netloc: url for url in urls}
    answers: queue.Queue = queue.Queue()

    def ask(host: str, url: str) -> None:
        try:
            request = urllib.request.Request(
                url, method="HEAD", headers={"User-Agent": "gan_keras"}
            )
            urllib.request.urlopen(request, timeout=seconds).close()
        except urllib.error.HTTPError:
            pass  # an answer, even if it is "no"
        except (OSError, ValueError):
            return
        answers.put(host)

    # In threads, because looking up a name has no time limit of its own.
    threads = [
        threading.Thread(target=ask, args=item, daemon=True) for item in sorted(hosts.items())
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    heard = {answers.get() for _ in range(answers.qsize())}
    return sorted(set(hosts) - heard)


def _watch(name: str, folder: Path, stall_seconds: float) -> None:
    """Prepares a set in another process and ends that when it neither works nor downloads."""
    folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    before = set(_incomplete(folder))
    process = context.Process(target=_prepare, args=(name, str(folder), there), daemon=True)
    process.start()
    there.close()
    work, size = 0.0, 0
    moved = time.monotonic()
    error: str | None = "it ended without a word"
    try:
        while True:
            if here.poll(_PULSE_SECONDS):
                try:
                    message = here.recv()
                except EOFError:
                    break  # the process has ended
                if not isinstance(message, float):
                    error = message
                    break
                if message - work > _WORKING * (time.monotonic() - moved):
                    work, moved = message, time.monotonic()
            now = _size(folder)
            if now != size:
                size, moved = now, time.monotonic()
            if time.monotonic() - moved > stall_seconds:
                error = f"nothing has arrived for {stall_seconds:.0f} s"
                break
    finally:
        process.terminate()
        process.join()
        for leftover in set(_incomplete(folder)) - before:
            shutil.rmtree(leftover, ignore_errors=True)
    if error is not None:
        raise DataError(f"cannot download {name}: {error}")


def _prepare(name: str, folder: str, pipe) -> None:
    """The other process: sends its processor time as a pulse, and at last None or what failed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    lock = threading.Lock()

    def send(message: float | str | None) -> None:
        with lock:
            pipe.send(message)

    def pulse() -> None:
        while True:
            send(time.process_time())
            time.sleep(_PULSE_SECONDS)

    threading.Thread(target=pulse, daemon=True).start()
    try:
        import tensorflow_datasets as tfds

        tfds.builder(name, data_dir=folder).download_and_prepare()
    except BaseException as error:  # anything at all: the parent has to know
        send(" ".join(str(error).split())[:300] or type(error).__name__)
    else:
        send(None)
    sys.stdout.flush()


def _incomplete(folder: Path) -> Iterable[Path]:
    """Folders of sets that are half prepared."""
    return folder.glob("**/*.incomplete*")


def _size(folder: Path) -> int:
    """Bytes below a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # renamed in the meantime
    return total
