"""Writes files so that a kill never leaves half of one."""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

import filelock

from gan_keras.foundation.errors import DataError, UsageError

_T = TypeVar("_T")

# Temporary file of `atomic_path`; eight of its characters are `mkstemp`'s.
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp(\.\w+)?")

# Errors of writing only: no room left, or a medium that takes nothing.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


def check_writable(path: str | os.PathLike[str], flag: str, folder: bool = False) -> None:
    """Checks that something can be written before work goes into it; makes nothing.

    Args:
        path: The file, or the folder that files will be put into.
        flag: Name of the option that names it.
        folder: True for a folder.

    Raises:
        UsageError: If it cannot be written.
    """
    if not folder and os.path.isdir(path):
        raise UsageError(f"--{flag}={path} is a folder")
    if obstacle := _obstacle(Path(path) if folder else Path(path).parent):
        raise UsageError(f"--{flag}={path}: {obstacle}")


def _obstacle(folder: Path) -> str | None:
    """Returns why nothing can be written into a folder, which may be missing yet; None if it can.

    A file system that takes nothing from anybody says so to `os.access`, too.
    """
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent  # missing folders will be made
    if not folder.is_dir():
        return f"{folder} is no folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} is not writable"


def kept(path: Path) -> Path:
    """Returns where a file of a cache is kept: there, or else in the user's own cache.

    Args:
        path: The file in the cache that belongs to its data, which may be for reading only.

    Raises:
        DataError: If it is in neither, and neither can be written.
    """
    if path.exists() or not (obstacle := _obstacle(path.parent)):
        return path
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    own = Path(caches, "gan_keras", path.parent.name, path.name)
    if not own.exists() and (other := _obstacle(own.parent)):
        raise DataError(
            f"{path.name} can be kept neither in {path.parent} ({obstacle}) nor in {own.parent} "
            f"({other}); name a folder for it with XDG_CACHE_HOME"
        )
    return own


@contextlib.contextmanager
def _write_errors(path: Path, numbers: Collection[int] = ()) -> Iterator[None]:
    """Turns an `OSError`, or only some error numbers, into a `DataError` on `path`."""
    try:
        yield
    except OSError as error:
        if numbers and error.errno not in numbers:
            raise
        # what stands where a folder is needed "exists", says the system
        wrong = error.errno == errno.EEXIST
        reason = os.strerror(errno.ENOTDIR) if wrong else error.strerror or error
        raise DataError(f"cannot write {path}: {reason}") from error


def load_or_make(
    path: str | os.PathLike[str],
    load: Callable[[Path], _T | None],
    make: Callable[[], _T],
    *,
    waiting: str,
    verbose: int = 0,
) -> _T:
    """Returns the content of a cache file; of several processes that miss it, one makes it.

    The others wait for it. The lock is a hidden file beside it, which stays. It is free when its
    process ends, however.

    Args:
        path: The file. Missing parent folders are made.
        load: Reads it; gives None if it is not there or damaged.
        make: Makes its content, and writes it.
        waiting: Message for the user who has to wait.
        verbose: 1 prints it.

    Raises:
        DataError: If nothing can be written there.
    """
    path = Path(path)
    found = load(path)
    if found is not None:
        return found
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))
    with _write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary path beside `path` that is renamed onto it when the block succeeds.

    The temporary file keeps the suffix of `path` (libraries choose formats by it), is flushed to
    disk before the rename, and is removed when the block raises.

    Args:
        path: The final file. Missing parent folders are made.

    Yields:
        The temporary path to write to.

    Raises:
        DataError: If it cannot be written, or the disk is full.
    """
    path = Path(path)
    with _write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=f".tmp{path.suffix}"
        )
        os.close(handle)
    temporary = Path(name)
    try:
        # The block may fail to read something else, which is not explained here.
        with _write_errors(path, _NO_ROOM):
            yield temporary
        with _write_errors(path):
            _make_ordinary(temporary, 0o666)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a temporary folder beside `path` that is renamed to it when the block succeeds.

    Args:
        path: The final folder, which may be there if it is empty. Missing parent folders are made.

    Yields:
        The temporary folder to write to; removed when the block raises.

    Raises:
        DataError: If it cannot be written, or the disk is full.
    """
    path = Path(path)
    with _write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    try:
        with _write_errors(path, _NO_ROOM):
            yield temporary
        with _write_errors(path):
            _make_ordinary(temporary, 0o777)
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _make_ordinary(path: Path, mode: int) -> None:
    """Gives what `tempfile` has made private the mode that the user's umask leaves of one."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(mode & ~umask)


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files of processes that were killed in `atomic_path`.

    Args:
        folder: A folder into which no other process is writing.
    """
    for path in folder.glob(".*.tmp*"):
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def write_json(path: str | os.PathLike[str], value: Any, replaces: Collection[Path] = ()) -> None:
    """Writes `value` as indented JSON, atomically; NaN is refused (it is not JSON).

    Args:
        path: The file.
        value: Anything that JSON can hold.
        replaces: Files that the new one makes out of date. They are removed just before it appears,
            so that none outlives a kill.

    Raises:
        DataError: If it cannot be written.
    """
    with atomic_path(path) as temporary:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
        for old in replaces:
            old.unlink(missing_ok=True)
