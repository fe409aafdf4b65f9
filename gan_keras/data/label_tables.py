"""Tables of pictures with their class, and optionally their split or group: CSV or JSON lines."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence

from gan_keras.data.closing_check import listed, say
from gan_keras.data.pictures import SUFFIXES as SUFFIXES_OF_PICTURES
from gan_keras.data.records import Record, plain_number
from gan_keras.data.splits import split_column, split_of
from gan_keras.foundation.errors import DataError

# Tables that are taken unasked, first one first; the last two are Hugging Face's.
NAMES = ("labels.csv", "metadata.csv", "metadata.jsonl")
# Suffixes of what may be a table of this kind.
SUFFIXES = (".csv", ".tsv", ".jsonl")
CLASS_INDEX = "class_index"
# Field of `Record` -> names of its column, the first one that is there counts.
_COLUMNS = {
    "path": ("file", "file_name", "filename"),
    "label": ("label",),
    "split": ("split",),
    "group": ("group",),
    CLASS_INDEX: (CLASS_INDEX,),
}
# Field -> its option, where it has another name.
_OPTIONS = {"path": "file"}
_DELIMITERS = (",", ";", "\t")


def parse(content: bytes, where: str, columns: Mapping[str, str]) -> list[Record]:
    """Reads a table of pictures.

    Args:
        content: The file, UTF-8 (a byte order mark is fine) or UTF-16: JSON lines, or CSV with
            commas, semicolons or tabs, with a line of column names: `file` (or Hugging Face's
            `file_name`), `label`, and maybe `split`, `group` and `class_index`. Blanks around
            names and values do not count.
        where: Path for messages.
        columns: Other names of the columns file, label, split and group, which then must be there.
            Without a column `split`, one of nothing but words for splits is it.

    Returns:
        A record per line, paths with "/" between folders.

    Raises:
        DataError: Names the line and what is wrong with it.
    """
    names, lines = read(content, where)
    rows = list(lines)
    present = _present(names, where, columns)
    used = {name for field, name in present.items() if field != "split"}
    others = {name: [row.get(name, "") for _, row in rows] for name in names if name not in used}
    if "split" not in columns and (split := split_column(others, where)):
        present["split"] = split
    if unused := [name for name in others if name != present.get("split")]:
        say(where, f"columns that are not used: {listed(unused)}")
    records = [_record(row, line, where, present) for line, row in rows]
    if not records:
        raise DataError(f"{where}: no lines but the column names")
    return records


def is_labelled(names: Sequence[str]) -> bool:
    """True if a table has the columns that are taken unasked."""
    known = {name.casefold() for name in names}
    return all(known & set(_COLUMNS[field]) for field in ("path", "label"))


def read(content: bytes, where: str) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """Reads the column names, and the number and values of each line, of a table as of `parse`.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        # spreadsheets save "Unicode text" as UTF-16
        is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{where}, line {line}: not UTF-8") from None
    if text.lstrip().startswith("{"):
        rows = list(_json_lines(text, where))
        return list(dict.fromkeys(name for _, row in rows for name in row)), iter(rows)
    lines = _csv_lines(text, where)
    names = [name.strip() for name in next(lines, (1, []))[1]]
    return names, ((line, dict(zip(names, cells, strict=False))) for line, cells in lines)


def _json_lines(text: str, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the number and the plain values of each line."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise DataError(f"{where}, line {number}: no JSON object")
            plain = (str, int, float)
            yield number, {key: str(x) for key, x in row.items() if isinstance(x, plain)}


def _csv_lines(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the cells of each line that is not empty, column names first."""
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    line = width = 0  # of the last line that was fine, and of the first
    try:
        for cells in reader:
            line, width = reader.line_num, width or len(cells)
            if len(cells) > width:
                raise DataError(f"{where}, line {line}: more values than column names")
            if any(cell.strip() for cell in cells):
                yield line, cells
    except csv.Error as error:
        raise DataError(f"{where}, line {line + 1}: {error}") from None


def _present(names: Sequence[str], where: str, columns: Mapping[str, str]) -> dict[str, str]:
    """Columns that are there, by the field of `Record` that they fill."""
    known = {name.casefold(): name for name in reversed(names)}
    present = {}
    for field, usual in _COLUMNS.items():
        option = _OPTIONS.get(field, field)
        wanted = (columns[option],) if option in columns else usual
        found = [known[name.casefold()] for name in wanted if name.casefold() in known]
        if found:
            # exactly as it was asked for, where case alone tells columns apart
            present[field] = wanted[0] if wanted[0] in names else found[0]
        elif field in ("path", "label") or option in columns:
            hint = "" if option in columns else f"; `,{option}=COLUMN` behind the path names it"
            if any(name.lower().endswith(SUFFIXES_OF_PICTURES) for name in names):
                hint = "; if that is a picture already, write a line `file,label` above it"
            raise DataError(
                f"{where}, line 1: no column {wanted[0]!r} (there are: {', '.join(names)}){hint}"
            )
    return present


def _record(row: Mapping[str, str], line: int, where: str, columns: Mapping[str, str]) -> Record:
    """One line, checked."""
    where = f"{where}, line {line}"
    values: dict[str, str] = {}
    for field, column in columns.items():
        if column not in row:
            raise DataError(f"{where}: no value for {column!r}")
        value = row[column].strip()
        if not value and field not in ("group", CLASS_INDEX):
            raise DataError(f"{where}: {column!r} is empty")
        if field == "split":
            if not split_of(value):
                raise DataError(
                    f"{where}: {column!r} is {value!r}; it must be one of train, val, test"
                )
            value = split_of(value)
        values[field] = value if field == "path" else plain_number(value)
    values["path"] = values["path"].replace("\\", "/").removeprefix("./")
    return Record(**values, line=line)
