"""Rules for reading zip archives that may be damaged or hostile."""

import struct
import zipfile
import zlib

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
