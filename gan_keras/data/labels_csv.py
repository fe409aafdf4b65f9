"""labels.csv: which picture is of which class, and optionally which split or group."""

import csv
import dataclasses
import io
from collections.abc import Mapping

from gan_keras.foundation.errors import DataError

NAME = "labels.csv"
SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Columns:
    """Names of the columns.

    Attributes:
        label: Class of a picture.
        split: `train` or `test`; the column may be missing.
        group: What must not be torn apart by the split, e.g. a writer; the column may be missing.
    """

    label: str = "label"
    split: str = "split"
    group: str = "group"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of labels.csv.

    Attributes:
        line: Its number in the file.
        file: Path of the picture, as written.
        label: Class.
        split: `train`, `test`, or empty.
        group: Group, or empty.
    """

    line: int
    file: str
    label: str
    split: str = ""
    group: str = ""


def parse(content: bytes, where: str, columns: Columns) -> list[Entry]:
    """Reads a labels.csv.

    Args:
        content: The file, UTF-8 (a byte order mark is fine), with a line of column names: `file`
            and those of `columns`. Further columns are ignored.
        where: Path for messages.
        columns: Names of columns; those that differ from the defaults must be there.

    Raises:
        DataError: Names the line and what is wrong with it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{where}, line {line}: not UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    entries: list[Entry] = []
    before = 0  # the last line that was fine
    try:
        present = _columns(reader.fieldnames or [], where, columns)
        before = reader.line_num
        for row in reader:
            entries.append(_entry(row, reader.line_num, where, present))
            before = reader.line_num
    except csv.Error as error:
        raise DataError(f"{where}, line {before + 1}: {error}") from None
    if not entries:
        raise DataError(f"{where}: no lines but the column names")
    return entries


def _columns(names: list[str], where: str, columns: Columns) -> dict[str, str]:
    """Field -> column, of those that are there."""
    wanted = {"file": "file", **dataclasses.asdict(columns)}
    for field, column in wanted.items():
        asked_for = field in ("file", "label") or column != getattr(Columns, field)
        if asked_for and column not in names:
            hint = "; `,label=COLUMN` behind the path names another" if field == "label" else ""
            raise DataError(
                f"{where}, line 1: no column {column!r} (there are: {', '.join(names)}){hint}"
            )
    return {field: column for field, column in wanted.items() if column in names}


def _entry(row: Mapping, line: int, where: str, columns: Mapping[str, str]) -> Entry:
    """One line, checked."""
    if None in row:
        raise DataError(f"{where}, line {line}: more values than column names")
    values = {field: row[column] for field, column in columns.items()}
    for field, value in values.items():
        if value is None:
            raise DataError(f"{where}, line {line}: no value for {columns[field]!r}")
        if not value.strip() and field != "group":
            raise DataError(f"{where}, line {line}: {columns[field]!r} is empty")
    if values.get("split", "train") not in SPLITS:
        raise DataError(
            f"{where}, line {line}: {columns['split']!r} is {values['split']!r}; it must be one of "
            f"{', '.join(SPLITS)}"
        )
    return Entry(line, **values)
