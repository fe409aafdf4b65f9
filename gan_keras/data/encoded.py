"""Picture files into images: in memory when they fit there, else read when asked for."""

import contextlib
import dataclasses
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np

from gan_keras.data.lazy import LazyImages
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import BadPictureError, Header, Shape, decode, read_header
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json

LISTINGS = "listings"  # folder below the data folder
# To be raised when pictures are read in another way.
_VERSION = 2
DEFAULT_SIZE = 64  # pixels, where pictures differ in size and none is asked for
_WORKERS = min(4, os.cpu_count() or 1)
_CHUNK = 512
_NAMED = 10  # skipped files that are named one by one

T = TypeVar("T")


class Files(Protocol):
    """Picture files, by number.

    Attributes:
        names: A name each, for messages.
    """

    names: Sequence[str]

    def open(self, row: int) -> BinaryIO:
        """Opens a file to read."""

    def read(self, row: int) -> bytes:
        """Reads a file; raises BadPictureError or OSError."""

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of names and sizes (and what else is known without reading)."""


@dataclasses.dataclass(frozen=True)
class Loaded:
    """Pictures that could be read.

    Attributes:
        images: uint8 `(n, height, width, channels)`.
        rows: int `(n,)`, which of the files asked for they are.
        skipped: Name and reason of each file that could not be read.
    """

    images: np.ndarray | LazyImages
    rows: np.ndarray
    skipped: list[tuple[str, str]]


class PictureSource:
    """Picture files as a source of `LazyImages`.

    Args:
        files: The files.
        rows: Which of them.
        shape: The form of the images.
    """

    def __init__(self, files: Files, rows: np.ndarray, shape: Shape):
        self._files, self._rows, self._shape = files, rows, shape
        self.image_shape = shape.dims

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """As `lazy.Source`."""
        images = np.empty((len(rows), *self._shape.dims), np.uint8)
        for image, row in zip(images, self._rows[rows], strict=True):
            try:
                image[:] = decode(self._files.read(int(row)), self._shape)
            except (BadPictureError, OSError) as error:
                raise DataError(
                    f"{self._files.names[row]} could be read before and cannot now: {error}"
                ) from error
        return images

    def digest(self) -> bytes:
        """As `lazy.Source`."""
        listing = self._files.digest(self._rows)
        return hashlib.sha256(listing + repr(self._shape).encode()).digest()


def load(
    files: Files,
    rows: Sequence[int],
    options: DataOptions,
    name: str,
    memory: Path,
    transposed: bool = False,
) -> Loaded:
    """Reads picture files of any size and kind into images of one form.

    All are read once, also those that will be streamed: so it is known from the start how many
    there are of each class. What that finds is kept, and holds until a file changes.

    Args:
        files: The files.
        rows: Which of them, in the order wanted.
        options: Size wanted, and how much memory to take.
        name: Of the data set, for messages.
        memory: Folder for what is found out about streamed files.
        transposed: Whether the files have rows and columns exchanged.

    Raises:
        DataError: If no picture can be read.
    """
    wanted = (_VERSION, options.image_size, options.fit, options.memory_mb, transposed)
    key = hashlib.sha256(files.digest(rows) + repr(wanted).encode()).hexdigest()[:16]
    listing = memory / f"{key}.json"
    bad: dict[int, str] = {}

    def usable(rows: Sequence[int], work: Callable[[int], T], what: str) -> Iterator[tuple[int, T]]:
        for row, result in zip(rows, _parallel(work, rows, f"{what} {name}"), strict=True):
            if isinstance(result, BadPictureError):
                bad[row] = str(result)
            else:
                yield row, result

    def streamed(rows: Sequence[int], shape: Shape) -> Loaded:
        found = np.array([row for row in rows if row not in bad], np.int64)
        return Loaded(LazyImages(PictureSource(files, found, shape)), found, _named(files, bad))

    known = _recall(listing)
    if known is not None:
        shape, bad = known
        return streamed(rows, shape)

    headers = dict(usable(rows, lambda row: _header(files, row), "looking through"))
    if not headers:
        raise DataError(_none_left(name, len(rows), _named(files, bad)))
    shape = _choose_shape(list(headers.values()), options, name, transposed)
    rows = list(headers)
    del headers
    keep = len(rows) * int(np.prod(shape.dims)) <= options.memory_bytes
    images = np.empty((len(rows) if keep else 0, *shape.dims), np.uint8)
    good = []
    for row, image in usable(rows, lambda row: _image(files, row, shape), "reading"):
        if keep:
            images[len(good)] = image
        good.append(row)
    if not good:
        raise DataError(_none_left(name, len(rows), _named(files, bad)))
    if keep:
        return Loaded(images[: len(good)], np.array(good, np.int64), _named(files, bad))
    _remember(listing, shape, bad)
    return streamed(rows, shape)


def report(name: str, skipped: Sequence[tuple[str, str]]) -> None:
    """Names the files that are left out, on standard error.

    Args:
        name: Of the data set.
        skipped: Name and reason of each.
    """
    for file, reason in skipped[:_NAMED]:
        print(f"WARNING: {name}: {file!r} is left out: {reason}", file=sys.stderr)
    if len(skipped) > _NAMED:
        reasons = Counter(reason for _, reason in skipped[_NAMED:]).most_common(3)
        most = "; ".join(f"{count:,} x {reason}" for reason, count in reasons)
        more = len(skipped) - _NAMED
        print(f"WARNING: {name}: {more:,} more files are left out ({most})", file=sys.stderr)


def _named(files: Files, bad: Mapping[int, str]) -> list[tuple[str, str]]:
    """Name and reason of each file that is left out, in the order of the files."""
    return [(files.names[row], reason) for row, reason in sorted(bad.items())]


def _remember(listing: Path, shape: Shape, bad: Mapping[int, str]) -> None:
    """Writes what looking through the files has found."""
    # where nothing can be written they are looked through each time
    with contextlib.suppress(DataError):
        write_json(listing, {"shape": dataclasses.asdict(shape), "bad": bad})


def _recall(listing: Path) -> tuple[Shape, dict[int, str]] | None:
    """Reads what `_remember` wrote; None if it is not there or damaged."""
    try:
        values = json.loads(listing.read_text(encoding="utf-8"))
        return Shape(**values["shape"]), {int(row): text for row, text in values["bad"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _header(files: Files, row: int) -> Header:
    with files.open(row) as file:
        return read_header(file)


def _image(files: Files, row: int, shape: Shape) -> np.ndarray:
    return decode(files.read(row), shape)


def _parallel(work: Callable[[int], T], rows: Sequence[int], title: str) -> Iterator[T]:
    """Yields `work(row)`, or the BadPictureError it raised, in order."""
    from tqdm import tqdm

    def guarded(row: int) -> T | BadPictureError:
        try:
            return work(row)
        except BadPictureError as error:
            return error
        except OSError as error:
            return BadPictureError(error.strerror or str(error))

    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=len(rows), desc=title, unit="file", disable=None, leave=False, delay=2) as bar,
    ):
        for start in range(0, len(rows), _CHUNK):  # chunks bound what is decoded and waiting
            chunk = rows[start : start + _CHUNK]
            yield from pool.map(guarded, chunk)
            bar.update(len(chunk))


def _choose_shape(
    headers: Sequence[Header], options: DataOptions, name: str, transposed: bool
) -> Shape:
    """The form asked for, or the pictures' own, or a default where they differ."""
    channels = max(header.channels for header in headers)
    height = width = options.image_size
    if not options.image_size:
        sizes = {(header.height, header.width) for header in headers}
        if len(sizes) == 1:
            height, width = sizes.pop()
            height, width = (width, height) if transposed else (height, width)
        else:
            height = width = DEFAULT_SIZE
            print(
                f"{name}: pictures of {len(sizes):,} sizes, brought to {height} x {width}; "
                "--image_size=N asks for another",
                file=sys.stderr,
            )
    return Shape(height, width, channels, options.fit, transposed)


def _none_left(name: str, number: int, skipped: Sequence[tuple[str, str]]) -> str:
    reason = f"; {skipped[0][0]!r}: {skipped[0][1]}" if skipped else ""
    return f"{name}: none of {number:,} files is a usable picture{reason}"
