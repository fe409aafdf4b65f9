"""Tables of pixels, as of Kaggle: `csv:FILE` with a label and a grey value per pixel in a line."""

import csv
import gzip
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from gan_keras.data import arrays, places
from gan_keras.data.arrays import Part
from gan_keras.data.dataset import Dataset
from gan_keras.data.label_tables import SPLIT_COLUMNS
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError, one_line

_LINES = 4096  # read at once


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `csv:FILE[,label=COLUMN][,test=FILE][,transposed=yes|no]`.

    Columns of pixels have names that end in a digit (`pixel0`, `1x1`), and the label is the only
    other column, or one named `label` or `class`. A table without column names has the label in
    front. EMNIST's tables have rows and columns exchanged, which files whose names begin so are
    taken to have.

    Args:
        name: As above; `label` also takes the number of a column, from 1.
        data_dir: Not used: a path is relative to the working directory.
        options: How much memory to take.

    Raises:
        DataError: If the file is no such table (with the lines), or larger than memory may be.
    """
    path, given = places.parse(name, ("label", "test", "transposed"))
    paths = {"train": path}
    if "test" in given:
        paths["test"] = Path(given["test"]).expanduser()
    parts = {split: _read(file, given.get("label", ""), options) for split, file in paths.items()}
    transposed = places.is_transposed(given, path)
    return arrays.dataset(places.title(path), parts, options, None, transposed)


def _read(path: Path, label: str, options: DataOptions) -> Part:
    """Images and labels of a table."""
    try:
        # Most tables hold 0 to 255, which is seven times as fast to read.
        for dtype in (np.uint8, np.float32):
            with _opened(path) as file:
                found = _rows(file, path, label, np.dtype(dtype), options)
            if found is not None:
                return found
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text (UTF-8)") from None
    except (OSError, EOFError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {one_line(error)}") from error
    raise AssertionError  # the second type finds something or raises


def _opened(path: Path) -> TextIO:
    """Opens a table that may be packed."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig", newline="")


def _rows(
    file: TextIO, path: Path, label: str, dtype: np.dtype, options: DataOptions
) -> Part | None:
    """Reads a table as values of a type; None if some are not of it."""
    first = file.readline()
    delimiter = max(",;\t", key=first.count)
    cells = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    # A line of pixels has some value twice.
    has_names = len(set(cells)) == len(cells)
    at, pixels = _columns(path, cells if has_names else [""] * len(cells), label, has_names)
    numbers: dict[str, int] = {}

    def number(text: str) -> int:
        label = re.sub(r"(\d)\.0+$", r"\1", text.strip())
        if not label:
            raise ValueError  # of which NumPy says where it is
        return numbers.setdefault(label, len(numbers))

    fields = [("pixels", dtype, (len(pixels),))]
    if at is not None:
        fields.insert(0, ("label", np.dtype(np.int64), ()))
    columns = pixels if at is None else [at, *pixels]
    found: list[np.ndarray] = []
    size, line = 0, 1 + has_names
    for lines in _chunks(path, file, "" if has_names else first, delimiter, len(cells)):
        try:
            rows = np.loadtxt(
                lines, np.dtype(fields), comments=None, delimiter=delimiter, quotechar='"', ndmin=1,
                usecols=columns, converters=None if at is None else {at: number},
            )  # fmt: skip
        except ValueError as error:
            if dtype == np.uint8:
                return None
            where = f"{path}, lines {line:,} to {line + len(lines) - 1:,}"
            raise DataError(f"{where}: {one_line(error)}, counted from the first of them") from None
        found.append(rows)
        size += rows.nbytes
        line += len(lines)
        if size > options.memory_bytes:
            raise DataError(
                f"{path} takes more than --memory_mb={options.memory_mb}: raise that, or save the "
                "images with np.savez, as images and labels, and take npz:FILE.npz"
            )
    if not found:
        raise DataError(f"{path} holds no images")
    images = [rows["pixels"] for rows in found]
    if at is None:
        return Part(images)
    is_told = label or (has_names and not re.search(r"\d$", cells[at]))
    last = np.unique(np.concatenate([part[:, -1] for part in images]))
    if not is_told and (len(numbers) == 1 or (_counts(last) and not _counts([*numbers]))):
        raise DataError(
            f"{path}: which column is the label, the first ({len(numbers):,} values) or the last "
            f"({len(last):,})? `,label=1` or `,label={len(cells)}` behind the path says it"
        )
    names = np.array(list(numbers))
    return Part(images, names[np.concatenate([rows["label"] for rows in found])])


def _chunks(
    path: Path, file: TextIO, first: str, delimiter: str, width: int
) -> Iterator[list[str]]:
    """Yields some lines at a time, without empty ones; all must have as many values."""
    lines = [first] if first else []
    for number, line in enumerate(file, 2):
        if not line.strip():
            continue
        if '"' not in line and line.count(delimiter) != width - 1:
            values = line.count(delimiter) + 1
            raise DataError(f"{path}, line {number:,}: {values:,} values instead of {width:,}")
        lines.append(line)
        if len(lines) == _LINES:
            yield lines
            lines = []
    if lines:
        yield lines


def _columns(
    path: Path, names: Sequence[str], label: str, has_names: bool
) -> tuple[int | None, list[int]]:
    """Numbers of the columns of the label (None without one) and of the pixels."""
    everything = list(range(len(names)))
    pixels = [
        n for n in everything if re.search(r"\d$", names[n]) and "unnamed" not in names[n].lower()
    ]
    others = [n for n in everything if n not in set(pixels)]
    if label:
        at = names.index(label) if label in names else int(label) - 1 if label.isdigit() else -1
        if at not in everything:
            raise DataError(f"{path} has no column {label!r}")
    elif not has_names:
        at = None if _is_square(len(names)) else 0
    else:
        named = [n for n in others if names[n].lower() in ("label", "class")] or others
        if len(named) > 1:
            shown = ", ".join(repr(names[n]) for n in named[:10])
            raise DataError(f"{path}: which column is the label: {shown}? `,label=COLUMN` says it")
        at = named[0] if named else None
        # pandas makes names of a line of values: 0, 0.1, 0.2, ...
        if at is None and not _is_square(len(pixels)):
            at = 0
        tells_split = [names[n] for n in others if names[n].lower() in SPLIT_COLUMNS]
        if tells_split:
            raise DataError(
                f"{path}: its column {tells_split[0]!r} tells splits, which are not read here; "
                "save a table per split, and give the other one as `,test=FILE`"
            )
    if not has_names:
        pixels = everything
    pixels = [n for n in pixels if n != at]
    pixels = _in_order(pixels, names) if has_names else pixels
    if not pixels or not _is_square(len(pixels)):
        raise DataError(
            f"{path} has {len(pixels):,} columns of pixels, no square image (784 are 28 x 28); a "
            "line is a label and the pixels; a table of picture files is labels.csv in folder:PATH"
        )
    return at, pixels


def _counts(values: Sequence[str] | np.ndarray) -> bool:
    """True for values that number classes: 0, 1, 2, ... or 1, 2, 3, ..."""
    found = sorted(float(value) if re.fullmatch(r"[\d.]+", str(value)) else -1 for value in values)
    return len(found) > 1 and found[0] in (0, 1) and bool((np.diff(found) == 1).all())


def _in_order(numbers: list[int], names: Sequence[str]) -> list[int]:
    """Columns in the order of the numbers in their names: pixel2 before pixel10, 1x2 before 2x1."""
    keys = [re.fullmatch(r"(\D*)(\d+)(?:x(\d+))?", names[n]) for n in numbers]
    found = [key for key in keys if key]
    if len(found) < len(numbers) or len({(key[1], key[3] is None) for key in found}) > 1:
        return numbers
    order = {n: (int(key[2]), int(key[3] or 0)) for n, key in zip(numbers, found, strict=True)}
    return sorted(numbers, key=order.__getitem__)


def _is_square(number: int) -> bool:
    """True for the number of pixels of a square."""
    return math.isqrt(number) ** 2 == number
