"""Where own pictures lie: a folder or a .zip. Neither can lead anywhere else.

A zip is never unpacked: its entries are read into memory one by one, so that no path in it means
anything on this machine.
"""

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gan_keras.data.labels_csv import NAME
from gan_keras.data.pictures import SUFFIXES, BadPictureError
from gan_keras.foundation.archives import READ_ERRORS, refusal
from gan_keras.foundation.errors import DataError

MAX_FILE_BYTES = 100_000_000
# All entries together may unpack to so much, or to so many times the archive, whichever is more.
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 100


class Store:
    """Picture files below one root, in the order of their names.

    Attributes:
        path: The folder or archive.
        names: Paths of the pictures relative to the root, with "/" between folders.
        skipped: Name and reason of what is left out.
    """

    def __init__(self, path: Path, stamps: dict[str, str], skipped: list[tuple[str, str]]):
        """Takes over what a listing found.

        Args:
            path: As the attribute.
            stamps: What tells a changed file, by path, of all files.
            skipped: As the attribute.
        """
        self.path = path
        self.skipped = skipped
        self._root = _common_root(stamps)
        self._stamps = stamps
        found = (name.removeprefix(self._root) for name in sorted(stamps))
        self.names = [name for name in found if name.lower().endswith(SUFFIXES)]

    def read(self, row: int) -> bytes:
        """Reads a picture file; raises BadPictureError or OSError."""
        return self._read(self._root + self.names[row])

    def open(self, row: int) -> BinaryIO:
        """Opens a picture file."""
        return io.BytesIO(self.read(row))

    def labels(self) -> bytes | None:
        """Content of the root's labels.csv, or None; raises DataError if it cannot be read."""
        name = self._root + NAME
        if name not in self._stamps:
            reason = dict(self.skipped).get(name)
            if reason:
                raise DataError(f"{self.path}: {NAME} cannot be read: {reason}")
            return None
        try:
            return self._read(name)
        except (BadPictureError, OSError) as error:
            raise DataError(f"{self.path}: {NAME} cannot be read: {error}") from error

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the names of some files with what tells a changed file."""
        digest = hashlib.sha256()
        for row in rows:
            name = self._root + self.names[row]
            digest.update(f"{name}\0{self._stamps[name]}\0".encode("utf-8", "surrogateescape"))
        return digest.digest()

    def _read(self, name: str) -> bytes:
        raise NotImplementedError


class FolderStore(Store):
    """A folder with all below it. Links are followed to files inside it only.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path):
        stamps: dict[str, str] = {}
        skipped: list[tuple[str, str]] = []
        _list_folder(path, stamps, skipped)
        super().__init__(path, stamps, skipped)

    def open(self, row: int) -> BinaryIO:
        """As `Store`."""
        return (self.path / self._root / self.names[row]).open("rb")

    def _read(self, name: str) -> bytes:
        with (self.path / name).open("rb") as file:
            return _limited(file)


class ZipStore(Store):
    """A .zip archive; see the module on why it is harmless.

    Args:
        path: The archive.

    Raises:
        DataError: If it is no whole zip archive.
    """

    def __init__(self, path: Path):
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, *READ_ERRORS) as error:
            raise DataError(f"{path} is no whole zip archive ({error})") from error
        stamps: dict[str, str] = {}
        skipped: list[tuple[str, str]] = []
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            if entry.is_dir() or _is_hidden(entry.filename):
                continue
            reason = _refuse(entry)
            if entry.filename in stamps:
                reason = "the name is there twice"
            if reason:
                skipped.append((entry.filename, reason))
            else:
                self._entries[entry.filename] = entry
                stamps[entry.filename] = f"{entry.file_size} {entry.CRC:08x}"
        self._left = max(MAX_TOTAL_BYTES, MAX_RATIO * path.stat().st_size)
        self._counted: set[str] = set()
        super().__init__(path, stamps, skipped)

    def _read(self, name: str) -> bytes:
        try:
            with self._archive.open(self._entries[name]) as file:
                data = _limited(file)
        except READ_ERRORS as error:
            raise BadPictureError(f"damaged in the archive ({error})") from error
        # Counted as it unpacks, whatever the archive says; and once, as pictures are read again.
        if name not in self._counted:
            self._counted.add(name)
            self._left -= len(data)
        if self._left < 0:
            raise DataError(
                f"{self.path}: its files unpack to more than {MAX_TOTAL_BYTES:,} bytes and "
                f"{MAX_RATIO} times the archive: looks like a zip bomb"
            )
        return data


def open_store(path: Path) -> Store:
    """Lists a folder or a .zip.

    Raises:
        DataError: If it is neither, or holds no pictures.
    """
    if path.is_dir():
        store = FolderStore(path)
    elif path.is_file():
        store = ZipStore(path)
    else:
        raise DataError(f"there is no folder or .zip {path}")
    if not store.names:
        first = f"; {store.skipped[0][0]!r}: {store.skipped[0][1]}" if store.skipped else ""
        raise DataError(f"{path} holds no pictures ({' '.join(SUFFIXES)}){first}")
    return store


def _limited(file: BinaryIO) -> bytes:
    """Reads a file of a bounded size."""
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise BadPictureError(f"more than {MAX_FILE_BYTES:,} bytes")
    return data


def _list_folder(root: Path, stamps: dict[str, str], skipped: list[tuple[str, str]]) -> None:
    """Adds all files below a folder; what cannot be looked at is left out."""
    resolved = root.resolve()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(root / prefix) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            skipped.append((prefix or ".", f"cannot be looked through: {error.strerror}"))
            continue
        for entry in found:
            name = prefix + entry.name
            if _is_hidden(entry.name):
                continue
            try:
                if entry.is_symlink() and not _leads_inside(Path(entry.path), resolved):
                    skipped.append((name, "a link to what is no file of this folder"))
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(f"{name}/")
                elif entry.is_file():  # no pipes and devices, which could block for ever
                    facts = entry.stat()
                    stamps[name] = f"{facts.st_size} {facts.st_mtime_ns}"
            except OSError as error:
                skipped.append((name, f"cannot be looked at: {error.strerror}"))
    skipped.sort()


def _leads_inside(link: Path, root: Path) -> bool:
    """Whether a link leads to a file below a folder."""
    try:
        target = link.resolve()
    except RuntimeError:  # Python's word for links that go round in circles
        return False
    return target.is_file() and target.is_relative_to(root)


def _refuse(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is left out, if it is."""
    parts = PurePosixPath(entry.filename).parts
    if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
        return "its path leads out of the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a link"
    if entry.file_size > MAX_FILE_BYTES:
        return f"more than {MAX_FILE_BYTES:,} bytes"
    return refusal(entry)


def _is_hidden(name: str) -> bool:
    """Whether a file or folder is a system's own, such as .DS_Store."""
    return any(
        (part.startswith(".") and part not in (".", "..")) or part == "__MACOSX"
        for part in name.split("/")
    )


def _common_root(names: dict[str, str]) -> str:
    """The one folder that a zip of a folder has around everything, with its "/"; else empty.

    It is a class rather than a wrapping if pictures lie in it directly and no labels.csv does.
    """
    roots = {name.partition("/")[0] if "/" in name else None for name in names}
    if len(roots) != 1 or None in roots:
        return ""
    root = f"{roots.pop()}/"
    inner = [name.removeprefix(root) for name in names]
    return root if NAME in inner or all("/" in name for name in inner) else ""
