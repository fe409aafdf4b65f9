"""MNIST's own files: `idx:FOLDER` (Fashion-MNIST, KMNIST, EMNIST and others have the same)."""

import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from gan_keras.data import arrays, places
from gan_keras.data.arrays import Part
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError

# e.g. train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte
_FILE = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx\d-\w+(\.gz)?", re.IGNORECASE)
# Third byte of a file -> type of its values, most significant byte first.
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MAX_RATIO = 1032  # deflate makes at most this many bytes out of one


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `idx:FOLDER[/PREFIX][,transposed=yes|no]`.

    EMNIST's files have rows and columns exchanged, which files whose names begin so are taken to
    have, and a table of the characters that its labels stand for.

    Args:
        name: As above; the prefix says which set if there are several, as in
            `idx:gzip/emnist-letters`.
        data_dir: Not used: a path is relative to the working directory.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there are no such files, several sets, or damaged files.
    """
    path, given = places.parse(name, ("transposed",))
    if path.is_file() and (one := _FILE.fullmatch(path.name)):
        path = path.parent / one[1]
    folder, prefix = (path, "") if path.is_dir() else (path.parent, path.name)
    if not folder.is_dir():
        raise DataError(f"there is no folder {path}")
    # start of a path -> split and kind -> file; of one with and without .gz, the latter comes first
    sets: dict[str, dict[tuple[str, str], Path]] = {}
    for file in places.files_below(folder):
        if found := _FILE.fullmatch(file.name):
            # some unpackers make a folder for the file
            parent = file.parent.parent if file.parent.name == file.name else file.parent
            start = str(parent / found[1])
            if start.startswith(str(folder / prefix)):
                split = "train" if found[2].lower() == "train" else "test"
                sets.setdefault(start, {}).setdefault((split, found[3].lower()), file)
    if not sets:
        raise DataError(
            f"{path} has no files like train-images-idx3-ubyte and train-labels-idx1-ubyte (with "
            "or without .gz)"
        )
    if len(sets) > 1:
        known = " ".join(f"idx:{start.rstrip('-')}" for start in sorted(sets))
        raise DataError(f"{path} has several sets, say which: {known}")
    (files,) = sets.values()
    for kind in ("images", "labels"):
        for split in {"train", *(split for split, _ in files)}:
            if (split, kind) not in files:
                raise DataError(f"{path} has no file of {split} {kind}")
    parts: dict[str, Part] = {}
    for split in sorted({split for split, _ in files}, reverse=True):
        images, labels = (
            _read(files[split, kind], options.memory_bytes) for kind in ("images", "labels")
        )
        parts[split] = Part([images], _letters(files["train", "images"], labels))
    transposed = places.is_transposed(given, files["train", "images"])
    return arrays.dataset(places.title(path), parts, options, None, transposed)


def _letters(images: Path, labels: np.ndarray) -> np.ndarray:
    """The characters that labels stand for, if there is a `mapping.txt` as beside EMNIST's files.

    A line of it is a label and the code points of its characters, of which the first counts.
    """
    path = images.parent / re.sub(r"train-images.*", "mapping.txt", images.name)
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        names = {int(row[0]): chr(int(row[1])) for row in rows if row}
        return np.array([names[label] for label in labels.tolist()])
    except (OSError, ValueError, IndexError, KeyError, TypeError, OverflowError):
        return labels


def _read(path: Path, memory_bytes: int) -> np.ndarray:
    """The array of a file: on disk where that is possible, else in memory."""
    is_packed = path.suffix.lower() == ".gz"
    size = path.stat().st_size
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not head[3]:
                raise DataError(f"{path} is no IDX file")
            rank = head[3]
            shape = tuple(np.frombuffer(file.read(4 * rank), ">u4").tolist())
            dtype = np.dtype(_TYPES[head[2]])
            start = 4 + 4 * rank
            length = math.prod(shape) * dtype.itemsize
            room = size * _MAX_RATIO if is_packed else size - start
            if len(shape) != rank or length > room:
                raise DataError(f"{path} is said to be {shape}, which is not there: cut off?")
            if not is_packed:
                return np.memmap(path, dtype, "r", start, shape)
            if length > memory_bytes:
                raise DataError(
                    f"{path} takes {length / 1e6:,.0f} MB, more than --memory_mb="
                    f"{memory_bytes // 1_000_000}: raise that, or unpack it with gunzip, so that "
                    "it is read piece by piece"
                )
            content = file.read(length)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if len(content) < length:
        raise DataError(f"{path} is said to be {shape}, which is not there: cut off?")
    return np.frombuffer(content, dtype).reshape(shape)
