"""Rules for files from archives and disks, which may be damaged or hostile."""

import bz2
import gzip
import os
import re
import struct
import tarfile
import tempfile
import threading
import zipfile
import zlib
from typing import Any, BinaryIO

from gan_keras.foundation.errors import DataError, one_line

_ENCRYPTED = 0x1

# Errors that `zipfile` raises for a damaged archive or entry.
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # NotImplementedError too
    ValueError,
)
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2")
# First bytes of a file -> how it is unpacked; both stop where they are told to.
_UNPACK = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open}
_PIECE = 2**20
# All that is read to list a tar; a file in it takes 0.5 to 2 kB.
_MAX_TAR_LISTING = 2**29


def printable(name: str) -> str:
    """Returns a name from a disk or an archive as text that fits on a line and into JSON."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def open_archive(path: str | os.PathLike[str]) -> zipfile.ZipFile:
    """Opens an archive.

    Args:
        path: The archive.

    Raises:
        DataError: If it cannot be read, is damaged, or has entries that share bytes, as in a
            bomb.
    """
    shown = printable(os.fspath(path))
    try:
        archive = zipfile.ZipFile(path)
    except READ_ERRORS as error:
        raise DataError(
            f"{shown} is not a whole zip archive ({one_line(error)}): damaged, or not fully copied"
        ) from None
    except OSError as error:
        raise DataError(f"cannot read {shown}: {error.strerror or error}") from None
    if any(not info.filename for info in archive.infolist()):
        raise DataError(f"{shown} has an entry without a name; such archives are refused")
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise DataError(f"{shown} has entries that overlap; such archives are refused")
        end = info.header_offset + 30 + info.compress_size
    return archive


def member_path(name: str) -> str:
    """Returns the path of an entry of an archive, with "/" between folders.

    Some Windows tools write backslashes instead; beside slashes they are part of a name. Where the
    path begins does not count, so it may still have ".." in it: see `leads_out`.

    Args:
        name: Its name in the archive.
    """
    return "/".join(part for part in _slashed(name).split("/") if part not in ("", "."))


def leads_out(name: str) -> bool:
    """True if an entry's name would lead out of the archive's folder if it were unpacked."""
    path = _slashed(name)
    return path.startswith("/") or ".." in path.split("/") or bool(re.match("[A-Za-z]:/", path))


def _slashed(name: str) -> str:
    return name if "/" in name else name.replace("\\", "/")


class Tar:
    """A tar archive, whose files are read one by one; nothing in it is a path on this machine.

    A compressed one is unpacked, as a whole and once, into a temporary file without a name.

    Attributes:
        members: Its entries.

    Args:
        path: The archive, maybe compressed with gzip or bzip2.
        most: The most bytes that it may unpack to.

    Raises:
        DataError: If it cannot be read, is damaged, or unpacks to more.
    """

    def __init__(self, path: str | os.PathLike[str], most: int) -> None:
        shown = printable(os.fspath(path))
        self._lock = threading.Lock()
        try:
            self._file = _unpacked(path, most)
            listing: Any = _ListingReader(self._file)
            archive = tarfile.TarFile(fileobj=listing)
            self.members = archive.getmembers()
            # tarfile takes a damaged header for the end.
            self._file.seek(archive.offset)
            if any(self._file.read(tarfile.BLOCKSIZE)):
                raise tarfile.ReadError("a header is damaged")
        except (tarfile.TarError, gzip.BadGzipFile, *READ_ERRORS) as error:
            raise DataError(
                f"{shown} is not a whole tar archive ({one_line(error)}): damaged, or not fully "
                "copied"
            ) from None
        except OSError as error:
            raise DataError(f"cannot read {shown}: {error.strerror or error}") from None

    def read(self, member: tarfile.TarInfo) -> bytes:
        """Content of a plain file."""
        with self._lock:
            self._file.seek(member.offset_data)
            return self._file.read(member.size)


class _ListingReader:
    """What tarfile needs of a file to list it; reads a bounded number of bytes in all."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._read, self._left = file.read, _MAX_TAR_LISTING

    def read(self, size: int) -> bytes:
        """Reads `size` bytes."""
        self._left -= size
        if self._left < 0:
            raise tarfile.ReadError("its list of files is too long")
        return self._read(size)


def _unpacked(path: str | os.PathLike[str], most: int) -> BinaryIO:
    """Opens a file; unpacked, if it is compressed."""
    file = open(path, "rb")  # noqa: SIM115 (it stays open as long as the archive)
    unpack = _UNPACK.get(file.read(2))
    file.seek(0)
    if unpack is None:
        return file
    plain = tempfile.TemporaryFile()  # noqa: SIM115 (as above)
    with file, unpack(file) as packed:
        while piece := packed.read(_PIECE):
            if plain.tell() + len(piece) > most:
                raise DataError(
                    f"{printable(os.fspath(path))} unpacks to more than {most:,} bytes: looks like "
                    "an archive bomb"
                )
            plain.write(piece)
    plain.seek(0)
    return plain


def refusal(info: zipfile.ZipInfo) -> str | None:
    """Returns the reason why an entry must not be unpacked, or None if it may be.

    The other methods of `zipfile` (bzip2, LZMA) cannot be stopped half way through a bomb: its
    `read(n)` unpacks whatever a piece of the file holds, a million times its length.

    Args:
        info: The entry as the archive's directory has it.
    """
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"compression method {info.compress_type} is not supported"
    return None
