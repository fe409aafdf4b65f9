"""Folders and .zip archives of own pictures. Neither can lead anywhere else.

A zip is never unpacked: its entries are read into memory one by one, so that no path in it means
anything on this machine.
"""

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gan_keras.data.labels_csv import NAME
from gan_keras.data.pictures import SUFFIXES, BadPictureError
from gan_keras.foundation.archives import READ_ERRORS, open_archive, refusal
from gan_keras.foundation.errors import DataError

MAX_FILE_BYTES = 100_000_000
# All entries together may unpack to this, or to this many times the archive, whichever is more.
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 100


class Store:
    """Picture files below one root, in the order of their names.

    Attributes:
        path: The folder or archive.
        names: Paths of the pictures relative to the root, with "/" between folders.
        skipped: Name and reason of each file that is left out.

    Args:
        path: As the attribute.
        listing: Path of each file, its size and time (or checksum), and a reason to leave it out.
        read: Opens a file of the listing; raises BadPictureError or OSError.
    """

    def __init__(
        self, path: Path, listing: Iterable[tuple[str, str, str]], read: Callable[[str], BinaryIO]
    ) -> None:
        self.path = path
        self.skipped: list[tuple[str, str]] = []
        self._read = read
        self._stamps: dict[str, str] = {}
        for name, stamp, reason in listing:
            if name in self._stamps:
                reason = "the name is there twice"
            if reason:
                self.skipped.append((name, reason))
            else:
                self._stamps[name] = stamp
        self._root = _common_root(self._stamps)
        found = (name.removeprefix(self._root) for name in sorted(self._stamps))
        self.names = [name for name in found if name.lower().endswith(SUFFIXES)]

    def open(self, row: int) -> BinaryIO:
        """Opens a picture file; raises BadPictureError or OSError."""
        return self._read(self._root + self.names[row])

    def labels(self) -> bytes | None:
        """Content of the root's labels.csv, or None; raises DataError if it cannot be read."""
        name = self._root + NAME
        reason: object = dict(self.skipped).get(name)
        if name in self._stamps:
            try:
                with self._read(name) as file:
                    return file.read()
            except (BadPictureError, OSError) as error:
                reason = error
        if reason:
            raise DataError(f"{self.path}: {NAME} cannot be read: {reason}")
        return None

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the names of some files, with their sizes and times (or checksums)."""
        digest = hashlib.sha256()
        for row in rows:
            name = self._root + self.names[row]
            digest.update(f"{name}\0{self._stamps[name]}\0".encode("utf-8", "surrogateescape"))
        return digest.digest()


def open_store(path: Path) -> Store:
    """Lists a folder with all below it, or a .zip.

    Raises:
        DataError: If it is neither, is damaged, unpacks to too much, or holds no pictures.
    """
    if path.is_dir():
        store = Store(path, sorted(_list_folder(path)), lambda name: (path / name).open("rb"))
    elif path.is_file():
        store = _zip_store(path)
    else:
        raise DataError(f"there is no folder or .zip {path}")
    if not store.names:
        first = f"; {store.skipped[0][0]!r}: {store.skipped[0][1]}" if store.skipped else ""
        raise DataError(f"{path} holds no pictures ({' '.join(SUFFIXES)}){first}")
    return store


def _zip_store(path: Path) -> Store:
    """Lists an archive; see the module on why it is harmless."""
    archive = open_archive(path)
    entries: dict[str, zipfile.ZipInfo] = {}
    listing = []
    for entry in archive.infolist():
        if not entry.is_dir() and not _is_hidden(entry.filename):
            reason = _refuse(entry)
            listing.append((entry.filename, f"{entry.file_size} {entry.CRC:08x}", reason))
            if not reason:
                entries.setdefault(entry.filename, entry)
    total = sum(entry.file_size for entry in entries.values())
    if total > max(MAX_TOTAL_BYTES, MAX_RATIO * path.stat().st_size):
        raise DataError(
            f"{path}: its files unpack to more than {MAX_TOTAL_BYTES:,} bytes and {MAX_RATIO} "
            "times the archive: looks like a zip bomb"
        )

    def read(name: str) -> BinaryIO:
        try:
            with archive.open(entries[name]) as file:
                # zipfile gives no more bytes than the archive says, but without this limit it
                # would unpack all there are at once.
                return io.BytesIO(file.read(MAX_FILE_BYTES + 1))
        except READ_ERRORS as error:
            raise BadPictureError(f"damaged in the archive ({error})") from error

    return Store(path, listing, read)


def _list_folder(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yields all files below a folder as `Store` takes them; links only to files inside it."""
    root = os.path.realpath(path)
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(path / prefix) as entries:
                found = [entry for entry in entries if not _is_hidden(entry.name)]
        except OSError as error:
            yield prefix or ".", "", f"cannot be looked through: {error.strerror}"
            continue
        for entry in found:
            name = prefix + entry.name
            try:
                if entry.is_symlink() and not _leads_inside(entry.path, root):
                    yield name, "", "a link to what is no file of this folder"
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(f"{name}/")
                elif entry.is_file():  # no pipes and devices, which could block for ever
                    facts = entry.stat()
                    stamp = f"{facts.st_size} {facts.st_mtime_ns}"
                    yield name, stamp, _too_large(facts.st_size)
            except OSError as error:
                yield name, "", f"cannot be looked at: {error.strerror}"


def _leads_inside(link: str, root: str) -> bool:
    """True if a link leads to a file below a folder."""
    target = Path(os.path.realpath(link))
    return target.is_file() and target.is_relative_to(root)


def _refuse(entry: zipfile.ZipInfo) -> str:
    """Reason why an entry is left out; empty if it is not."""
    name = entry.filename
    if name.startswith("/") or ".." in PurePosixPath(name).parts or "\\" in name:
        return "its path leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a link"
    return _too_large(entry.file_size) or refusal(entry) or ""


def _too_large(size: int) -> str:
    """Reason why a file of a size is left out; empty if it is not."""
    return f"more than {MAX_FILE_BYTES:,} bytes" if size > MAX_FILE_BYTES else ""


def _is_hidden(name: str) -> bool:
    """True for a file or folder of the system, such as .DS_Store."""
    return any(
        (part.startswith(".") and part not in (".", "..")) or part == "__MACOSX"
        for part in name.split("/")
    )


def _common_root(names: Collection[str]) -> str:
    """The one folder that a zip of a folder has around everything, with its "/"; else empty.

    It is a class rather than a wrapping if pictures lie in it directly and no labels.csv does.
    """
    roots = {name.partition("/")[0] if "/" in name else None for name in names}
    if len(roots) != 1 or None in roots:
        return ""
    root = f"{roots.pop()}/"
    inner = [name.removeprefix(root) for name in names]
    return root if NAME in inner or all("/" in name for name in inner) else ""
