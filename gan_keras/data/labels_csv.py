"""labels.csv: a table of pictures with their class, and optionally their split or group."""

import csv
import io
from collections.abc import Mapping, Sequence

from gan_keras.data.records import SPLITS, Record
from gan_keras.foundation.errors import DataError

NAME = "labels.csv"


def parse(content: bytes, where: str, columns: Mapping[str, str]) -> list[Record]:
    """Reads a labels.csv.

    Args:
        content: The file, UTF-8 (a byte order mark is fine), with a line of column names: `file`,
            `label`, and maybe `split` and `group`. Further columns are ignored.
        where: Path for messages.
        columns: Other names of these columns, which then must be there.

    Returns:
        A record per line, paths with "/" between folders.

    Raises:
        DataError: Names the line and what is wrong with it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{where}, line {line}: not UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    records: list[Record] = []
    before = 0  # the last line that was fine
    try:
        present = _present(reader.fieldnames or [], where, columns)
        before = reader.line_num
        for row in reader:
            records.append(_record(row, reader.line_num, where, present))
            before = reader.line_num
    except csv.Error as error:
        raise DataError(f"{where}, line {before + 1}: {error}") from None
    if not records:
        raise DataError(f"{where}: no lines but the column names")
    return records


def _present(names: Sequence[str], where: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Columns that are there, by the field of `Record` that they fill."""
    wanted = {"path": "file", "label": "label", "split": "split", "group": "group", **columns}
    for field, column in wanted.items():
        if column not in names and (field in ("path", "label") or field in columns):
            hint = "; `,label=COLUMN` behind the path names another" if field == "label" else ""
            raise DataError(
                f"{where}, line 1: no column {column!r} (there are: {', '.join(names)}){hint}"
            )
    return {field: column for field, column in wanted.items() if column in names}


def _record(
    row: Mapping[str | None, str | None], line: int, where: str, columns: Mapping[str, str]
) -> Record:
    """One line, checked."""
    where = f"{where}, line {line}"
    if None in row:
        raise DataError(f"{where}: more values than column names")
    values: dict[str, str] = {}
    for field, column in columns.items():
        value = row[column]
        if value is None:
            raise DataError(f"{where}: no value for {column!r}")
        if not value.strip() and field != "group":
            raise DataError(f"{where}: {column!r} is empty")
        if field == "split" and value not in SPLITS:
            raise DataError(
                f"{where}: {column!r} is {value!r}; it must be one of {', '.join(SPLITS)}"
            )
        values[field] = value
    values["path"] = values["path"].replace("\\", "/").removeprefix("./")
    return Record(**values, line=line)
