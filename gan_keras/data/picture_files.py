"""Picture files into images: in memory when they fit there, else read when asked for."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np

from gan_keras.data.closing_check import note, say
from gan_keras.data.dataset import Examples
from gan_keras.data.lazy import LazyImages
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import (
    FLAT,
    BadPictureError,
    Reading,
    Shape,
    contrast_on_white,
    decode,
    has_no_colour,
    largest_value,
    read_header,
)
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json
from gan_keras.foundation.progress import bar

LISTINGS = "listings"  # folder below the data folder
# To be raised when pictures are read in another way.
_VERSION = 5
DEFAULT_SIZE = 64  # pixels, where pictures differ in size and none is asked for
_WORKERS = min(4, os.cpu_count() or 1)
_CHUNK, _TASK = 512, 16
# Transparent pictures that are looked at, and the contrast below which white paper hides them.
_LOOKED_AT, _LOST = 500, 64
# Values that are white in files that do not use all that they could; all but the first in 16 bits.
_WHITE = (1, 255, 1023, 4095)
_NAMED = 10  # skipped files that are named one by one

T = TypeVar("T")


class Files(Protocol):
    """Picture files by number, wherever they are kept."""

    @property
    def names(self) -> Sequence[str]:
        """Name of each file, for messages."""
        ...

    def open(self, row: int) -> BinaryIO:
        """Opens a picture file; raises BadPictureError or OSError."""
        ...

    def digest(self, rows: Sequence[int]) -> bytes:
        """Hash of what some files hold, without reading them."""
        ...


def load(
    files: Files,
    rows: Sequence[int],
    options: DataOptions,
    name: str,
    data_dir: Path,
    shape: Shape | None = None,
    *,
    transposed: bool = False,
    skipped: Sequence[tuple[str, str]] = (),
) -> tuple[Examples, np.ndarray]:
    """Reads picture files of any size and kind into images of one form.

    All are read once, also when they will be streamed: so it is known from the start how many
    there are of each class. Of streamed files that knowledge is kept, and holds until a file
    changes. Files that are left out are named on standard error.

    Args:
        files: The files.
        rows: Numbers of the files wanted, in order.
        options: Size wanted, and how much memory to take.
        name: Name of the data set, for messages.
        data_dir: Folder of prepared data sets, where the knowledge is kept.
        shape: The form of the images; chosen by what the pictures are if None.
        transposed: True if the files have rows and columns exchanged.
        skipped: Name and reason of each file that is left out already.

    Returns:
        Images uint8 `(n, height, width, channels)`, and int64 `(n,)`, the numbers of their files.

    Raises:
        DataError: If no picture can be read.
    """
    wanted = (
        _VERSION, options.image_size, options.fit, options.channels, options.memory_mb, transposed,
        shape,
    )  # fmt: skip
    key = hashlib.sha256(files.digest(rows) + repr(wanted).encode()).hexdigest()[:16]
    listing = data_dir / LISTINGS / f"{key}.json"
    known = _recall(listing)
    if known:
        images, shape, reading, bad = None, *known
    else:
        images, shape, reading, bad = _look_through(files, rows, options, name, transposed, shape)
        if images is None:
            _remember(listing, shape, reading, bad)
    if reading.ground != Reading.ground:
        say(name, "its pictures are light on transparency: laid on black")
    if reading.white:
        say(name, f"no value in its files is above {reading.white}: taken as white")
    if reading.several:
        say(
            name,
            f"{reading.several:,} of its files hold several pictures: the first of each is read",
        )
    left_out = [(files.names[row], reason) for row, reason in sorted(bad.items())]
    good = np.array([row for row in rows if row not in bad], np.int64)
    if not len(good):
        first = f"; {left_out[0][0]!r}: {left_out[0][1]}" if left_out else ""
        raise DataError(f"{name}: none of {len(rows):,} files is a usable picture{first}")
    _report(name, [*skipped, *left_out])
    return _streamed(files, good, shape, reading) if images is None else images[: len(good)], good


def _look_through(
    files: Files,
    rows: Sequence[int],
    options: DataOptions,
    name: str,
    transposed: bool,
    shape: Shape | None,
) -> tuple[np.ndarray | None, Shape, Reading, dict[int, str]]:
    """Reads all files and finds out what they hold.

    Returns:
        The images if they fit into memory, else None, their form, what the values in the files
        mean, and the reason why for the files that are no pictures.
    """
    bad: dict[int, str] = {}
    headers = list(_each(read_header, files, rows, bad, f"looking through {name}"))
    if shape is None:
        shape = _choose_shape({own for own, *_ in headers}, options, name, transposed)
    usable = [row for row in rows if row not in bad]
    transparent = [row for row, (_, is_so, _) in zip(usable, headers, strict=True) if is_so]
    some = transparent[:: -(-len(transparent) // _LOOKED_AT) or 1]
    contrasts = list(_each(contrast_on_white, files, some, {}, f"looking through {name}"))
    is_lost = bool(contrasts) and sum(contrasts) / len(contrasts) < _LOST
    reading = Reading(ground=0) if is_lost else Reading()
    reading = dataclasses.replace(reading, several=sum(several for *_, several in headers))

    def fits() -> bool:
        return len(usable) * int(np.prod(shape.dims)) <= options.memory_bytes

    def read() -> tuple[np.ndarray | None, int, bool]:
        """The images if they fit, the largest value, and whether colours turn out to be grey."""
        images = np.empty((len(usable), *shape.dims), np.uint8) if fits() else None
        work = functools.partial(decode, shape=shape, reading=reading)
        high, is_grey = 0, shape.channels == 3
        for number, image in enumerate(_each(work, files, usable, bad, f"reading {name}")):
            high, is_grey = max(high, int(image.max())), is_grey and has_no_colour(image)
            if images is not None:
                images[number] = image
        return images, high, is_grey

    images, high, is_grey = read()
    if high <= FLAT and len(bad) < len(rows) and (white := _white(files, usable, name)):
        reading = dataclasses.replace(reading, white=white)
        images, _, is_grey = read()
    # What is in memory `DataOptions.apply` makes grey.
    if images is None and is_grey and not options.channel_number:
        shape = dataclasses.replace(shape, channels=1)
        if fits():
            images, *_ = read()
    return images, shape, reading, bad


def _white(files: Files, rows: Sequence[int], name: str) -> int:
    """The value that is white in pictures that would be black; 0 if there is no telling."""
    values = list(_each(largest_value, files, rows, {}, f"looking through {name}"))
    high = max((value for value, _ in values), default=0)
    known = _WHITE if all(most > 255 for _, most in values) else _WHITE[:1]
    return next((white for white in known if 0 < high <= white), 0)


def _streamed(files: Files, rows: np.ndarray, shape: Shape, reading: Reading) -> LazyImages:
    """Picture files as images of one form that are read when asked for."""

    def read(numbers: np.ndarray) -> np.ndarray:
        images = np.empty((len(numbers), *shape.dims), np.uint8)
        for image, row in zip(images, rows[numbers].tolist(), strict=True):
            try:
                with files.open(row) as file:
                    image[:] = decode(file, shape, reading)
            except (BadPictureError, OSError) as error:
                raise DataError(
                    f"{files.names[row]} could be read before and cannot now: {error}"
                ) from error
        return images

    def digest() -> bytes:
        # as ever where nothing is special, so that runs of earlier versions go on
        form = repr(shape) if reading == Reading() else repr((shape, reading))
        return hashlib.sha256(files.digest(rows.tolist()) + form.encode()).digest()

    return LazyImages(read, shape.dims, np.arange(len(rows)), digest)


def _each(
    work: Callable[[BinaryIO], T],
    files: Files,
    rows: Sequence[int],
    bad: dict[int, str],
    title: str,
) -> Iterator[T]:
    """Yields results for files in order; files that cannot be read go to `bad`, with the reason."""

    def guarded(rows: Sequence[int]) -> list[T]:
        found = []
        for row in rows:
            try:
                with files.open(row) as file:
                    found.append(work(file))
            except BadPictureError as error:
                bad[row] = str(error)
            except OSError as error:
                bad[row] = error.strerror or str(error)
        return found

    with ThreadPoolExecutor(_WORKERS) as pool, bar(len(rows), title, unit="file", delay=2) as shown:
        for start in range(0, len(rows), _CHUNK):  # chunks bound what is decoded and waiting
            chunk = rows[start : start + _CHUNK]
            # some at a time: handing over a task takes as long as a small picture
            tasks = [chunk[at : at + _TASK] for at in range(0, len(chunk), _TASK)]
            for results in pool.map(guarded, tasks):
                yield from results
            shown.update(len(chunk))


def _choose_shape(
    own: Collection[Shape], options: DataOptions, name: str, transposed: bool
) -> Shape:
    """The form asked for, or the pictures' own, or a default where they differ."""
    channels = options.channel_number or max((shape.channels for shape in own), default=1)
    sizes = {(shape.height, shape.width) for shape in own}
    height = width = options.image_size or DEFAULT_SIZE
    if not options.image_size and len(sizes) == 1:
        height, width = sizes.pop()
        height, width = (width, height) if transposed else (height, width)
    elif not options.image_size and sizes:
        note(
            name,
            f"pictures of {len(sizes):,} sizes, brought to {height} x {width}; --image_size=N asks "
            "for another",
        )
    return Shape(height, width, channels, options.fit, transposed)


def _report(name: str, skipped: Sequence[tuple[str, str]]) -> None:
    """Names the files that are left out, on standard error."""
    for file, reason in skipped[:_NAMED]:
        say(name, f"{file!r} is left out: {reason}")
    if len(skipped) > _NAMED:
        reasons = Counter(reason for _, reason in skipped[_NAMED:]).most_common(3)
        most = "; ".join(f"{count:,} x {reason}" for reason, count in reasons)
        say(name, f"{len(skipped) - _NAMED:,} more files are left out ({most})")


def _remember(listing: Path, shape: Shape, reading: Reading, bad: dict[int, str]) -> None:
    """Keeps what looking through the files has found."""
    # where nothing can be written they are looked through each time
    with contextlib.suppress(DataError):
        forms = {"shape": dataclasses.asdict(shape), "reading": dataclasses.asdict(reading)}
        write_json(listing, {**forms, "bad": dict(sorted(bad.items()))})


def _recall(listing: Path) -> tuple[Shape, Reading, dict[int, str]] | None:
    """Reads what `_remember` wrote; None if it is not there or damaged."""
    try:
        values = json.loads(listing.read_text(encoding="utf-8"))
        bad = {int(row): text for row, text in values["bad"].items()}
        return Shape(**values["shape"]), Reading(**values["reading"]), bad
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
