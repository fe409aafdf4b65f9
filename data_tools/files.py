"""Writing files so that a kill never leaves half of one."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import filelock

_T = TypeVar("_T")


def load_or_make(
    path: str | os.PathLike,
    load: Callable[[Path], _T | None],
    make: Callable[[], _T],
    *,
    waiting: str,
    verbose: int = 0,
) -> _T:
    """Returns what a file of a cache holds; of several processes that miss it, one makes it.

    The others wait for it. The lock is a hidden file beside it, which stays. It is free when its
    process ends, however.

    Args:
        path: The file. Missing parent folders are made.
        load: Reads it; gives None if it is not there or damaged.
        make: Makes its content, and writes it.
        waiting: What to say to the user who has to wait.
        verbose: 1 says it.
    """
    path = Path(path)
    found = load(path)
    if found is not None:
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if verbose:
            print(waiting)
        lock.acquire()
        found = load(path)
    try:
        return make() if found is None else found
    finally:
        lock.release()


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path beside `path` that is renamed onto it when the block succeeds.

    The temporary file keeps the suffix of `path` (libraries choose formats by it), is flushed to
    disk before the rename, and is removed when the block raises.

    Args:
        path: The final file. Missing parent folders are made.

    Yields:
        The temporary path to write to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=f".tmp{path.suffix}"
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; results are ordinary files with the user's own umask.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Writes `value` as indented JSON, atomically; NaN is refused (it is not JSON)."""
    with atomic_path(path) as temporary:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
