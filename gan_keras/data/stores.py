"""Folders and archives of own pictures. None can lead anywhere else.

An archive is never unpacked into files: its entries are read into memory one by one, so that no
path in it means anything on this machine.
"""

import hashlib
import io
import os
import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from gan_keras.data.pictures import SUFFIXES, BadPictureError, is_picture
from gan_keras.foundation.archives import (
    READ_ERRORS,
    TAR_SUFFIXES,
    Tar,
    leads_out,
    member_path,
    open_archive,
    refusal,
)
from gan_keras.foundation.errors import DataError

MAX_FILE_BYTES = 100_000_000
# All entries together may unpack to this, or to this many times the archive, whichever is more.
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 100


class Store:
    """Files below one root, in the order of their names.

    Attributes:
        path: The folder or archive.
        names: Paths of the pictures relative to the root, with "/" between folders.
        others: Paths of the other files.
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
        self.names: list[str] = []
        self.others: list[str] = []
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
        for name in sorted(self._stamps):
            (self.names if self._is_picture(name) else self.others).append(name)

    def _is_picture(self, name: str) -> bool:
        """True if a file is named like a picture, or is one by its content."""
        if name.lower().endswith(SUFFIXES):
            return True
        try:
            with self._read(name) as file:
                return is_picture(file)
        except (BadPictureError, OSError):
            return False

    def open(self, row: int) -> BinaryIO:
        """Opens a picture file; raises BadPictureError or OSError."""
        return self._read(self.names[row])

    def read(self, name: str) -> bytes:
        """Content of one of the other files; raises DataError if it cannot be read."""
        reason: object = dict(self.skipped).get(name)
        if not reason:
            try:
                with self._read(name) as file:
                    return file.read()
            except (BadPictureError, OSError) as error:
                reason = error
        raise DataError(f"{self.path}: {name} cannot be read: {reason}")

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of the names of some files, with their sizes and times (or checksums)."""
        digest = hashlib.sha256()
        for row in rows:
            name = self.names[row]
            digest.update(f"{name}\0{self._stamps[name]}\0".encode("utf-8", "surrogateescape"))
        return digest.digest()


def open_store(path: Path) -> Store:
    """Lists a folder with all below it, or an archive.

    Raises:
        DataError: If it is neither, is damaged, unpacks to too much, or holds no pictures.
    """
    if path.is_dir():
        store = Store(path, sorted(_list_folder(path)), lambda name: (path / name).open("rb"))
    elif path.name.lower().endswith(TAR_SUFFIXES) and path.is_file():
        store = _tar_store(path)
    elif (path.suffix.lower() == ".zip" and path.is_file()) or zipfile.is_zipfile(path):
        store = _zip_store(path)
    elif path.is_file():
        raise DataError(f"{path} is no folder, .zip or .tar of pictures")
    else:
        raise DataError(f"there is no folder, .zip or .tar {path}")
    if not store.names:
        only = f", only other files ({by_suffix(store.others)})" if store.others else ""
        if only and path.is_file():
            only += ", which must be unpacked first"
        first = f"; {store.skipped[0][0]!r}: {store.skipped[0][1]}" if store.skipped else ""
        raise DataError(f"{path} holds no pictures{only}{first}")
    return store


def by_suffix(names: Iterable[str]) -> str:
    """Numbers of files by suffix, for a message, as in `.txt 3, .csv 1`."""
    numbers = Counter(PurePosixPath(name).suffix.lower() or "no suffix" for name in names)
    more = f", {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return ", ".join(f"{suffix} {number:,}" for suffix, number in numbers.most_common(10)) + more


def _most(path: Path) -> int:
    """The most bytes that an archive may unpack to."""
    return max(MAX_TOTAL_BYTES, MAX_RATIO * path.stat().st_size)


def _tar_store(path: Path) -> Store:
    """Lists a tar archive."""
    archive = Tar(path, _most(path))
    members: dict[str, tarfile.TarInfo] = {}
    listing = []
    for member in archive.members:
        name = member_path(member.name)
        if member.isdir() or not name or _is_hidden(name):
            continue
        reason = _refuse(member.size, member.name)
        if member.islnk() or member.issym():
            reason = "a link"
        elif not member.isreg() or member.issparse():
            reason = "no plain file"
        listing.append((name, f"{member.size} {member.mtime} {member.offset_data}", reason))
        if not reason:
            members.setdefault(name, member)

    def read(name: str) -> BinaryIO:
        content = archive.read(members[name])
        if len(content) < members[name].size:
            raise BadPictureError("cut off in the archive")
        return io.BytesIO(content)

    return Store(path, listing, read)


def _zip_store(path: Path) -> Store:
    """Lists a zip archive; see the module on why it is harmless."""
    archive = open_archive(path)
    entries: dict[str, zipfile.ZipInfo] = {}
    listing = []
    for entry in archive.infolist():
        name = member_path(entry.filename)
        if not entry.filename.endswith(("/", "\\")) and not _is_hidden(name):
            reason = _refuse(entry.file_size, entry.filename) or refusal(entry) or ""
            if stat.S_ISLNK(entry.external_attr >> 16):
                reason = "a link"
            listing.append((name, f"{entry.file_size} {entry.CRC:08x}", reason))
            if not reason:
                entries.setdefault(name, entry)
    total = sum(entry.file_size for entry in entries.values())
    if total > _most(path):
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
                    yield name, stamp, _refuse(facts.st_size)
            except OSError as error:
                yield name, "", f"cannot be looked at: {error.strerror}"


def _leads_inside(link: str, root: str) -> bool:
    """True if a link leads to a file below a folder."""
    target = Path(os.path.realpath(link))
    return target.is_file() and target.is_relative_to(root)


def _refuse(size: int, entry: str = "") -> str:
    """Reason why a file of a size, or an entry of a name, is left out; empty if it is not."""
    if leads_out(entry):
        return "its path leads out of the archive"
    return f"more than {MAX_FILE_BYTES:,} bytes" if size > MAX_FILE_BYTES else ""


def _is_hidden(name: str) -> bool:
    """True for a file or folder of the system, such as .DS_Store."""
    return any(
        (part.startswith(".") and part not in (".", "..")) or part == "__MACOSX"
        for part in name.split("/")
    )
