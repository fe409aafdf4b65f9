"""Arrays out of an .npz that may be damaged or hostile; nothing in it is ever run."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_keras.foundation.archives import refusal
from gan_keras.foundation.errors import one_line

# Deflate makes at most this many bytes out of one.
_MAX_RATIO = 1032
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class BadArraysError(Exception):
    """A file does not hold the arrays wanted; the message gives the reason in one line."""


def read(
    path: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Reads arrays. Memory is taken only once it is known that they are there.

    Args:
        path: The .npz.
        required: Names of arrays.
        optional: Names of more.

    Returns:
        The arrays by name; optional ones that are not there are left out.

    Raises:
        BadArraysError: If one is missing, or they cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.filename: entry for entry in archive.infolist()}
            missing = [name for name in required if f"{name}.npy" not in found]
            if missing:
                raise BadArraysError(f"it has no array `{missing[0]}`")
            length = path.stat().st_size
            return {
                name: _read(archive, found[f"{name}.npy"], name, length)
                for name in (*required, *optional)
                if f"{name}.npy" in found
            }
    except BadArraysError:
        raise
    except Exception as error:  # whatever damaged headers make zipfile and NumPy raise
        raise BadArraysError(one_line(error)) from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, length: int) -> np.ndarray:
    """One array, of an archive of `length` bytes."""
    refused = refusal(entry)
    if refused:
        raise BadArraysError(f"`{name}`: {refused}")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise BadArraysError(f"`{name}`: version {version} is not supported")
        shape, _, dtype = _HEADERS[version](file)
        # The sizes in the archive may lie as well as the header of the array.
        room = min(entry.file_size, _MAX_RATIO * min(entry.compress_size, length)) - file.tell()
    if math.prod(shape) * max(1, dtype.itemsize) > room:
        raise BadArraysError(f"`{name}` is said to be {dtype} {shape}, which is not there")
    with archive.open(entry) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
