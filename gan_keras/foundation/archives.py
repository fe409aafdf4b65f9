"""Rules for files from zip archives and disks, which may be damaged or hostile."""

import os
import struct
import zipfile
import zlib

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
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise DataError(f"{shown} has entries that overlap; such archives are refused")
        end = info.header_offset + 30 + info.compress_size
    return archive


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
