"""Downloads and prepares TFDS sets, and never hangs: `make data DATASET=mnist`.

TFDS tries an unreachable server again and again for minutes and has no time limit, so it works in
a process of its own, which ends itself when nothing moves any more.
"""

import multiprocessing
import os
import shutil
import threading
import time
import urllib.parse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from gan_keras.data import tfds_sets
from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.foundation.files import check_writable

ANSWER_SECONDS = 8.0
STALL_SECONDS = 30.0
PULSE_SECONDS = 1.0
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
    folder = data_dir / "tfds"
    silent = _silent_hosts(_addresses(name))
    if silent:
        raise DataError(
            f"cannot download {name}: no answer from {', '.join(silent)}; is there a network? A "
            f"set prepared elsewhere can be copied to {folder / name}"
        )
    _prepare(name, folder)
    found = tfds_sets.find(name, data_dir)
    if found is None:
        raise DataError(f"TFDS has prepared {name}, but not below {folder}")
    return found


def _addresses(name: str) -> list[str]:
    """Addresses from which TFDS would download a set."""
    if not tfds_sets.is_name(name):
        raise UsageError(f"--dataset={name} is no name of a data set")
    import tensorflow_datasets as tfds  # late: takes seconds

    try:
        builder = tfds.builder_cls(name.split("/")[0])
        urls = builder.url_infos
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise UsageError(
            f"--dataset={name}: TensorFlow Datasets has no set of this name; "
            "see https://www.tensorflow.org/datasets/catalog"
        ) from error
    if builder.BUILDER_CONFIGS and "/" not in name:
        configs = " ".join(f"{name}/{config.name}" for config in builder.BUILDER_CONFIGS)
        raise UsageError(f"--dataset={name} has configurations, say which: {configs}")
    return list(urls or {})


def _silent_hosts(urls: Iterable[str]) -> list[str]:
    """The servers that give no answer of any kind within the time limit."""
    import requests

    # For the C library, which may otherwise wait 40 s for name servers that do not answer.
    os.environ.setdefault("RES_OPTIONS", "timeout:3 attempts:1")

    def answers(url: str) -> bool:
        try:
            requests.head(url, headers={"User-Agent": "gan_keras"}, timeout=ANSWER_SECONDS)
        except requests.RequestException:
            return False
        return True  # even if the answer is "no"

    hosts = {urllib.parse.urlsplit(url).netloc: url for url in urls}
    with ThreadPoolExecutor() as pool:
        heard = pool.map(answers, hosts.values())
        return sorted(host for host, answered in zip(hosts, heard, strict=True) if not answered)


def _prepare(name: str, folder: Path) -> None:
    """Prepares a set in another process; removes what that leaves half done."""
    check_writable(folder, "data_dir", folder=True)
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.glob("**/*.incomplete*"))
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(name, folder, there), daemon=True)
    process.start()
    there.close()
    try:
        error = here.recv()
    except EOFError:
        error = "it ended without a word"
    finally:
        process.terminate()
        process.join()
        for leftover in set(folder.glob("**/*.incomplete*")) - before:
            shutil.rmtree(leftover, ignore_errors=True)
    if error is not None:
        raise DataError(f"cannot download {name}: {error}")


def _work(name: str, folder: Path, pipe: Connection) -> None:
    """Runs in the other process: sends None when the set is prepared, else what has failed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    threading.Thread(target=_watch, args=(folder, pipe), daemon=True).start()
    try:
        import tensorflow_datasets as tfds

        builder = tfds.builder(name, data_dir=folder)
        builder.download_and_prepare()  # ty: ignore[missing-argument]
    except BaseException as error:  # anything at all: the parent has to know
        pipe.send(one_line(error))
    else:
        pipe.send(None)


def _watch(folder: Path, pipe: Connection) -> None:
    """Reports that nothing moves: neither the processor nor the size of the folder."""
    work, size, moved = 0.0, 0, time.monotonic()
    while time.monotonic() - moved <= STALL_SECONDS:
        time.sleep(PULSE_SECONDS)
        now = (time.process_time(), _size(folder))
        if now[0] - work > _WORKING * (time.monotonic() - moved) or now[1] != size:
            (work, size), moved = now, time.monotonic()
    pipe.send(f"nothing has arrived for {STALL_SECONDS:.0f} s")


def _size(folder: Path) -> int:
    """Bytes below a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # renamed in the meantime
    return total
