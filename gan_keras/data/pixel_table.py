"""Tables of pixels, as of Kaggle: `csv:FILE` with a label and a grey value per pixel in a line."""

import csv
import dataclasses
import gzip
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from gan_keras.data import arrays, places
from gan_keras.data.arrays import Part
from gan_keras.data.closing_check import listed, note, say
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.data.records import plain_number
from gan_keras.data.splits import split_column
from gan_keras.foundation.errors import DataError, one_line

_LINES = 4096  # read at once
_PACKED = 16  # figures from which on a value is all pixels of an image
_LABELS = ("label", "class")  # names that leave no doubt
# Kolmogorov-Smirnov distance, and correlation, of two columns: below the one and above the other
# both are of pixels side by side.
_UNLIKE, _LIKE = 0.35, 0.5


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `csv:FILE[,label=COLUMN][,split=COLUMN][,test=FILE][,transposed=yes|no]`.

    Columns of pixels have names that end in a digit (`pixel0`, `1x1`), or are one column of figures
    with blanks between them, as in FER2013. A column of nothing but words for splits gives the
    splits. The label is the column named `label` or `class`, else the only other one that has
    values twice, else the first or the last of the numbered ones, if their values leave no doubt.
    EMNIST's tables have rows and columns exchanged, which files whose names begin so are taken to
    have.

    Args:
        name: As above; `label` also takes the number of a column, from 1.
        data_dir: Not used: a path is relative to the working directory.
        options: How much memory to take.

    Raises:
        DataError: If the file is no such table (with the lines), is larger than memory may be, or
            does not say which column is the label.
    """
    path, given = places.parse(name, ("label", "split", "test", "transposed"))
    title = places.title(path)
    parts = _read(title, path, given, options)
    if "test" in given:
        other = Path(given["test"]).expanduser()
        tests = _read(title, other, given, options)
        if {*parts, *tests} != {"train"}:
            raise DataError(f"{path} and {other}: a column tells splits, so leave out `,test=FILE`")
        parts["test"] = tests["train"]
    return arrays.dataset(title, parts, options, None, places.is_transposed(given, path))


def _read(
    title: str, path: Path, given: Mapping[str, str], options: DataOptions
) -> dict[str, Part]:
    """Images and labels of a table by split; all `train` where it tells none."""
    try:
        # Most tables hold 0 to 255, which is seven times as fast to read.
        for dtype in (np.uint8, np.float32):
            with _opened(path) as file:
                table = _Table.begin(path, file, given.get("label", ""))
                found = table.read(file, np.dtype(dtype), options)
            if found is not None:
                return table.parts(title, given.get("split", ""), *found)
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text (UTF-8)") from None
    except (OSError, EOFError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {one_line(error)}") from error
    raise AssertionError  # the second type finds something or raises


def _opened(path: Path) -> TextIO:
    """Opens a table that may be packed."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig", newline="")


@dataclasses.dataclass(frozen=True)
class _Table:
    """The form of a table.

    Attributes:
        path: Its path, for messages.
        names: Names of its columns; empty ones if it has none.
        ahead: Lines that are read already, the first one of values last.
        delimiter: What stands between values.
        is_packed: True if blanks stand between the pixels, which are one value.
        label: Number of the column of the label, if that is given.
        pixels: Numbers of the columns of pixels, in their order.
        ends: The first and the last of these where one of them is the label instead.
    """

    path: Path
    names: Sequence[str]
    ahead: Sequence[str]
    delimiter: str
    is_packed: bool
    label: int | None
    pixels: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def begin(cls, path: Path, file: TextIO, label: str) -> "_Table":
        """Looks at the beginning of a table; `label` is the name of a column, or its number."""
        first = file.readline()
        delimiter = max(",;\t ", key=first.count)
        names = _cells(first, delimiter)
        ahead, is_packed = [first], False
        if len(set(names)) < len(names):  # a line of pixels has some value twice
            names = [""] * len(names)
            pixels = [*range(len(names))]
        else:
            ahead.append(file.readline())
            sizes = [len(value.split()) for value in _cells(ahead[1], delimiter)]
            if is_packed := max(sizes, default=0) >= _PACKED and len(sizes) == len(names):
                at = sizes.index(max(sizes))
                names[at : at + 1] = [f"{names[at]} {number}" for number in range(sizes[at])]
            pixels = [n for n, name in enumerate(names) if re.search(r"\d$", name)]
            pixels = [n for n in pixels if not _is_index(names[n])]
        at = None
        if label:
            at = names.index(label) if label in names else int(label) - 1 if label.isdigit() else -1
            if not 0 <= at < len(names):
                raise DataError(f"{path} has no column {label!r}")
            pixels = [n for n in pixels if n != at]
        ends: list[int] = []
        if not _is_square(len(pixels)) and _is_square(len(pixels) - 1) and at is None:
            ends = [pixels[0], pixels[-1]]
        elif not pixels or not _is_square(len(pixels)):
            raise DataError(
                f"{path} has {len(pixels):,} columns of pixels, no square image (784 are 28 x 28); "
                "a line is a label and the pixels; a table of picture files is labels.csv in "
                "folder:PATH"
            )
        pixels = _in_order(pixels, names)
        return cls(path, names, ahead, delimiter, is_packed, at, pixels, ends)

    def read(
        self, file: TextIO, dtype: np.dtype, options: DataOptions
    ) -> tuple[dict[int, np.ndarray], list[np.ndarray]] | None:
        """Reads the rest of the table: texts by column, and pixels, as values of a type.

        Returns:
            None if some pixels are not of the type.
        """
        pixels = [n for n in self.pixels if n not in self.ends]
        texts = [n for n in range(len(self.names)) if n not in {*pixels}]
        codes: dict[int, dict[str, int]] = {n: {} for n in texts}
        coded: dict[int | str, Callable[[str], int]] = {
            n: lambda text, known=known: known.setdefault(text.strip(), len(known))
            for n, known in codes.items()
        }
        fields = [("texts", np.int64, (len(texts),)), ("pixels", dtype, (len(pixels),))]
        found: list[np.ndarray] = []
        size, line = 0, len(self.ahead)
        for lines in self._lines(file):
            try:
                rows = np.loadtxt(
                    lines, np.dtype(fields), comments=None, delimiter=self.delimiter, quotechar='"',
                    ndmin=1, usecols=texts + pixels, converters=coded,
                )  # fmt: skip
            except ValueError as error:
                if dtype == np.uint8:
                    return None
                where = f"{self.path}, lines {line:,} to {line + len(lines) - 1:,}"
                message = f"{where}: {one_line(error)}, counted from the first of them"
                raise DataError(message) from None
            found.append(rows)
            size += rows.nbytes
            line += len(lines)
            if size > options.memory_bytes:
                raise DataError(
                    f"{self.path} takes more than --memory_mb={options.memory_mb}: raise that, or "
                    "save the images with np.savez, as images and labels, and take npz:FILE.npz"
                )
        if not found:
            raise DataError(f"{self.path} holds no images")
        shown = {n: np.array([*map(plain_number, known)]) for n, known in codes.items()}
        values = {
            n: shown[n][np.concatenate([rows["texts"][:, at] for rows in found])]
            for at, n in enumerate(texts)
        }
        return values, [rows["pixels"] for rows in found]

    def _lines(self, file: TextIO) -> Iterator[list[str]]:
        """Yields some lines at a time, without empty ones; all must have as many values."""
        lines: list[str] = []
        for number, line in enumerate(itertools.chain(self.ahead[-1:], file), len(self.ahead)):
            if not line.strip():
                continue
            if self.is_packed:
                line = re.sub(r"(?<=\d) (?=\d)", self.delimiter, line.replace('"', ""))
            elif self.delimiter == " ":
                line = " ".join(line.split())
            if '"' not in line and line.count(self.delimiter) != len(self.names) - 1:
                raise DataError(
                    f"{self.path}, line {number:,}: {line.count(self.delimiter) + 1:,} values "
                    f"instead of {len(self.names):,}"
                )
            lines.append(line)
            if len(lines) == _LINES:
                yield lines
                lines = []
        if lines:
            yield lines

    def parts(
        self,
        title: str,
        split: str,
        texts: Mapping[int, np.ndarray],
        images: Sequence[np.ndarray],
    ) -> dict[str, Part]:
        """Finds the label and the split among the texts, `split` where that is asked for."""
        others = {
            self.names[n]: n
            for n in texts
            if n not in (self.label, *self.ends) and not _is_index(self.names[n])
        }
        split = split_column({name: texts[n] for name, n in others.items()}, str(self.path), split)
        words = texts[others.pop(split)] if split else None
        label = self.label
        if self.ends:
            label = self._label_end(title, texts, images)
            (other,) = {*self.ends} - {label}
            column = texts[other].astype(np.float32)[:, np.newaxis]
            if (column.astype(images[0].dtype) == column).all():
                column = column.astype(images[0].dtype)
            columns = np.split(column, np.cumsum([len(part) for part in images])[:-1])
            images = [
                np.hstack((edge, part) if other < label else (part, edge))
                for edge, part in zip(columns, images, strict=True)
            ]
        elif label is None and others:
            known = [name for name in others if name.lower() in _LABELS] or [
                name for name, n in others.items() if len({*texts[n]}) < len(texts[n])
            ]
            if len(known) > 1:
                shown = ", ".join(map(repr, known[:10]))
                raise DataError(
                    f"{self.path}: which column is the label: {shown}? `,label=COLUMN` says it"
                )
            label = others.pop(known[0]) if known else None
        if others:
            say(title, f"columns that are not used: {listed([*others])}")
        labels = None if label is None else texts[label]
        if labels is not None and (empty := int((labels == "").sum())):
            raise DataError(f"{self.path}: {empty:,} lines have no label")
        part = Part(images, labels)
        return {"train": part} if words is None else arrays.divided(title, part, words)

    def _label_end(
        self, title: str, texts: Mapping[int, np.ndarray], images: Sequence[np.ndarray]
    ) -> int:
        """The column of the two ends that is the label by its values."""
        beside = (np.concatenate([part[:, at] for part in images]) for at in (0, -1))
        values = [texts[end] for end in self.ends]
        found = [
            end
            for end, own, pixels in zip(self.ends, values, beside, strict=True)
            if _is_label(own, pixels)
        ]
        if len(found) != 1:
            first, last = (len({*own}) for own in values)
            raise DataError(
                f"{self.path}: which column is the label, the first ({first:,} values) or the last "
                f"({last:,})? `,label={self.ends[0] + 1}` or `,label={self.ends[1] + 1}` behind "
                "the path says it"
            )
        which = "first" if found[0] == self.ends[0] else "last"
        note(title, f"labels in the {which} column, by its values")
        return found[0]


def _cells(line: str, delimiter: str) -> list[str]:
    """The values in a line."""
    return [cell.strip() for cell in next(csv.reader([line.strip(" ")], delimiter=delimiter), [])]


def _is_index(name: str) -> bool:
    """True for the name of a column that pandas has made to number the lines."""
    return not name or name.lower().startswith("unnamed")


def _is_label(values: np.ndarray, beside: np.ndarray) -> bool:
    """True if a column holds labels, not pixels: as against those in the column beside it.

    Labels are texts, or some whole numbers that come again and again and have nothing to do with
    the pixel beside them, which that of a neighbour is like.
    """
    from scipy.stats import ks_2samp  # late: takes a moment

    names, codes = np.unique(values, return_inverse=True)
    try:
        numbers = names.astype(np.float64)
    except ValueError:
        return True
    column = numbers[codes]
    is_whole = (column == np.rint(column)).all() and column.min() >= 0
    if not is_whole or not 1 < len(names) <= len(column) / 2:
        return False
    if ks_2samp(column, beside, method="asymp").statistic < _UNLIKE:
        return False
    return np.ptp(beside) == 0 or abs(np.corrcoef(column, beside)[0, 1]) < _LIKE


def _in_order(numbers: list[int], names: Sequence[str]) -> list[int]:
    """Columns in the order of the numbers in their names: pixel2 before pixel10, 1x2 before 2x1.

    Of two numbers the first is the row (row0_col1, pixel_0_1), unless the letters say otherwise
    (x1_y0, col1_row0).
    """
    parts = [re.split(r"(\d+)", names[n].lower()) for n in numbers]
    if len(texts := {(*part[::2],) for part in parts}) > 1:
        return numbers
    (text,) = texts
    is_turned = (
        len(text) == 3
        and re.search(r"(^|[^a-z])(x|c|col|column)[^a-z]*$", text[0])
        and re.search(r"(^|[^a-z])(y|r|row)[^a-z]*$", text[1])
    )
    turn = -1 if is_turned else 1
    order = {n: [*map(int, part[1::2])][::turn] for n, part in zip(numbers, parts, strict=True)}
    return sorted(numbers, key=order.__getitem__)


def _is_square(number: int) -> bool:
    """True for the number of pixels of a square."""
    return number > 0 and math.isqrt(number) ** 2 == number
