"""Finds the InkML files in archives and folders, and reads them one by one.

Nothing is unpacked to disk; names inside archives are data and never used as paths to write.

Layouts as published: CROHME_full_v2 and later packages with folders `CROHME2013_data`; inside or
without these, folders whose names tell the part (`trainData`, `TestINKMLGT`, `valid`,
`task2-trainSymb2014`, `INKML/train` of CROHME 2023, `train`, `valid`, `test` of MathWriting); the
labels of CROHME's isolated symbols in `iso_GT.txt`, `junk_GT.txt`, `testSymbols_2016_iso_GT.txt`,
beside the files or above their folder.
"""

import dataclasses
import functools
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gan_keras.foundation.archives import (
    READ_ERRORS,
    member_path,
    open_archive,
    printable,
    refusal,
)
from gan_keras.foundation.class_names import COMMA
from gan_keras.foundation.errors import DataError, one_line

# Limits; the official corpus has 12,000 files in an archive of 33 MB.
MAX_FILES = 500_000
MAX_DIRECTORY_BYTES = 32 * 2**20  # About 350,000 archive entries.
MAX_SOURCE_CHARS = 400
# Handwriting as text deflates about 4 times; nothing honest reaches 100 times over this length.
MAX_RATIO = 100
RATIO_FREE_BYTES = 256 * 2**10

MAX_TABLE_BYTES = 32 * 2**20  # Of labels; the largest real one has 3 MB.

_YEAR_FOLDER = re.compile(r"CROHME(\d{4})_data", re.IGNORECASE)
# Up to then the tests of one year are training data of a later one in the same archive.
_LAST_YEAR_WITHOUT_PARTS = 2013
_PARTS = {"tra": "train", "val": "val", "tes": "test"}
_PART = re.compile(r"(?<![A-Za-z])(?i:train(ing)?|val(id(ation)?)?|test(ing)?)(?![a-z])")
_MORE_TRAIN = {"symbols", "synthetic"}  # Of MathWriting.
_SUFFIX = ".inkml"
_TABLE = re.compile(r"(?!\._).*GT(_v\d+)?\.txt")


class ReadError(Exception):
    """A file that cannot be read; the message is the one-line reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One InkML file.

    Attributes:
        source: Its name within the corpus: from the year folder on where there is one, otherwise
            without the leading folders that all files of the input share. The same for an archive
            and the same archive unpacked.
        year: The year of its year folder, or None.
        container: Path of the archive that holds it, or None.
        place: Its number in the archive's directory, or its path.
        part: "train", "val" or "test" if its folders tell, or an empty string.
        tables: Files that may hold its label; the nearest folder comes first.
    """

    source: str
    year: int | None
    container: str | None
    place: int | str
    part: str = ""
    tables: "tuple[Entry, ...]" = ()


# A file of an input: the parts of its path within the input, its container and its place.
_Found = tuple[tuple[str, ...], str | None, int | str]


@dataclass
class Listing:
    """The contents of the inputs.

    Attributes:
        entries: The InkML files, in order of their names.
        refused: (name, reason) of what looked like an InkML file and cannot be one.
        other_years: Number of files of each year that were left out.
        years: The years of all the year folders there are.
        archives_inside: Number of archives that lie inside the inputs, unopened.
    """

    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    other_years: Counter[int] = field(default_factory=Counter)
    years: set[int] = field(default_factory=set)
    archives_inside: int = 0


def find(inputs: Iterable[str], years: Collection[int] | None) -> Listing:
    """Lists the InkML files of archives, folders and single files.

    Args:
        inputs: Paths.
        years: The years to take where files lie in year folders (CROHME2012_data); None for all.

    Returns:
        The files, and counts of what was passed over.

    Raises:
        DataError: An input is missing, unreadable, or not what its name says.
    """
    listing = Listing()
    # By place: one file found through two inputs (a folder and its parent) is one file.
    found: dict[tuple[str | None, int | str], Entry] = {}
    for given in dict.fromkeys(os.path.realpath(path) for path in inputs):
        for entry in _named(given, list(_walk(given, listing)), listing):
            found[entry.container, entry.place] = entry
        if len(found) > MAX_FILES:
            raise DataError(f"more than {MAX_FILES:,} InkML files")
    taken: Counter[str] = Counter()
    for entry in sorted(found.values(), key=lambda e: (e.source, str(e.container), str(e.place))):
        if entry.year is not None:
            listing.years.add(entry.year)
            if years is not None and entry.year not in years:
                listing.other_years[entry.year] += 1
                continue
        taken[entry.source] += 1
        if taken[entry.source] > 1:
            # Different files of the same name, from two inputs or twice in an archive.
            entry = dataclasses.replace(entry, source=f"{entry.source}#{taken[entry.source]}")
        listing.entries.append(entry)
    listing.entries.sort(key=lambda entry: entry.source)
    return listing


def part_of(names: Iterable[str]) -> str:
    """Returns the part of a data set that names tell: "train", "val", "test" or nothing.

    Args:
        names: Folders from the outermost to the innermost; the first one that tells counts, as in
            valid/TestEM2014GT.
    """
    names = list(names)
    found = next(filter(None, map(_PART.search, names)), None)
    if found:
        return _PARTS[found[0][:3].lower()]
    return "train" if _MORE_TRAIN.intersection(names) else ""


def _named(given: str, found: list[_Found], listing: Listing) -> Iterator[Entry]:
    """Gives the files of one input their names within the corpus."""
    tables: dict[tuple[str, ...], list[Entry]] = {}
    for parts, container, place in sorted(found, key=lambda found: found[0]):
        if not _is_ink(parts[-1]):
            table = Entry(printable("/".join(parts)), None, container, place)
            tables.setdefault(parts[:-1], []).append(table)
    found = [one for one in found if _is_ink(one[0][-1])]
    above = Path(given).parts if os.path.isdir(given) else Path(given).parent.parts
    dated, undated = [], []
    for parts, container, place in found:
        # A folder inside an archive has nothing to do with where the archive lies.
        full = parts if container else above + parts
        matches = [(i, m) for i, p in enumerate(full[:-1]) if (m := _YEAR_FOLDER.fullmatch(p))]
        near = _tables_of(parts[:-1], tables) if tables else ()
        if matches:
            i, match = matches[-1]
            year = int(match[1])
            part = "" if year <= _LAST_YEAR_WITHOUT_PARTS else part_of(full[i:-1])
            dated.append((full[i:], year, container, place, part, near))
        else:
            part = part_of((Path(given).stem, *parts[:-1]))
            undated.append((parts, None, container, place, part, near))
    # Of tuples it compares the items: the number of leading folders that all share.
    shared = len(os.path.commonprefix([parts[:-1] for parts, *_ in undated]))  # noqa: RUF071
    undated = [(parts[shared:], *rest) for parts, *rest in undated]
    for parts, *rest in dated + undated:
        source = printable("/".join(parts))
        if len(source) > MAX_SOURCE_CHARS:
            listing.refused.append((source[:60] + "...", "name too long"))
        else:
            yield Entry(source, *rest)


def _tables_of(
    folder: tuple[str, ...], tables: dict[tuple[str, ...], list[Entry]]
) -> tuple[Entry, ...]:
    """Returns the tables in a folder and in those around it."""
    folders = (folder[:length] for length in range(len(folder), -1, -1))
    return tuple(table for around in folders for table in tables.get(around, ()))


def _walk(given: str, listing: Listing) -> Iterator[_Found]:
    """Finds the InkML files of one input, and the tables of labels."""
    shown = printable(given)
    try:
        mode = os.stat(given).st_mode
        if stat.S_ISDIR(mode):
            yield from _walk_folder(given, listing)
            return
        if not stat.S_ISREG(mode):
            raise DataError(f"{shown} is neither a file nor a folder")
        with open(given, "rb") as file:
            head = file.read(4)
    except OSError as error:
        raise DataError(f"cannot read {shown}: {error.strerror}") from None
    if given.lower().endswith(_SUFFIX):
        yield (os.path.basename(given),), None, given
    elif given.lower().endswith(".zip") or head[:2] == b"PK":
        yield from _walk_archive(given, listing)
    else:
        raise DataError(
            f"{shown} is not a .zip archive, a folder or an .inkml file (other archives have to be "
            "unpacked)"
        )


def _walk_folder(given: str, listing: Listing) -> Iterator[_Found]:
    def unreadable(error: OSError) -> None:
        name = os.path.relpath(error.filename, given)
        listing.refused.append((printable(name), f"cannot be read: {error.strerror}"))

    # Links to folders are not followed (they may go round in circles); links to files are.
    for folder, _, files in os.walk(given, onerror=unreadable):
        parts = Path(os.path.relpath(folder, given)).parts
        for name in files:
            if _is_ink(name) or _TABLE.fullmatch(name):
                yield (*parts, name), None, os.path.join(folder, name)
            elif name.lower().endswith(".zip"):
                listing.archives_inside += 1


def _walk_archive(given: str, listing: Listing) -> Iterator[_Found]:
    _check_directory(given)
    for place, info in enumerate(open_archive(given).infolist()):
        parts = tuple(member_path(info.filename).split("/"))
        if info.filename.endswith(("/", "\\")) or "__MACOSX" in parts:
            continue
        if _is_ink(parts[-1]) or _TABLE.fullmatch(parts[-1]):
            yield parts, given, place
        elif parts[-1].lower().endswith(".zip"):
            listing.archives_inside += 1


def _is_ink(name: str) -> bool:
    # macOS puts a "._name" with attributes beside each file.
    return name.lower().endswith(_SUFFIX) and not name.startswith("._")


def _check_directory(path: str) -> None:
    """Refuses an archive whose directory is too long to read, before zipfile reads all of it."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0:
        return  # Not a whole archive, as zipfile will find out.
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if length == 0xFFFFFFFF:  # The 64-bit format has it in another record, just before.
        record = tail.rfind(b"PK\6\6", 0, end)
        length = int.from_bytes(tail[record + 40 : record + 48], "little") if record >= 0 else 0
    if length > MAX_DIRECTORY_BYTES:
        raise DataError(f"{printable(path)} has a directory of more than {MAX_FILES:,} files")


@functools.cache
def _kept_open(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def close_archives() -> None:
    """Closes the archives that `read` keeps open, and forgets tables."""
    _kept_open.cache_clear()
    labels.cache_clear()


@functools.cache
def labels(tables: tuple[Entry, ...]) -> dict[str, str]:
    """Reads tables of labels: lines of the annotation "UI" of an ink, a comma and its label.

    Args:
        tables: The files; those of the nearest folder come first.

    Returns:
        The labels by UI, of the first table that has it. Empty where one table has two.

    Raises:
        ReadError: A table cannot be read.
    """
    found: dict[str, str] = {}
    for table in tables:
        try:
            data = read(table, MAX_TABLE_BYTES)
        except ReadError as error:
            raise ReadError(f"its labels, in {table.source}: {error}") from None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        here: dict[str, str] = {}
        for line in text.splitlines():
            name, comma, label = (part.strip() for part in line.partition(","))
            if len(label) > 2 and label[0] == label[-1] == '"':
                label = label[1:-1]  # A label may be a comma, and is quoted then.
            label = "," if label == COMMA else label
            if comma and label:
                here[name] = label if here.get(name, label) == label else ""
        found = here | found
    return found


def read(entry: Entry, limit: int) -> bytes:
    """Reads one file; keeps its archive open, see `close_archives`.

    Args:
        entry: The file.
        limit: The most bytes that are allowed.

    Raises:
        ReadError: It cannot be read, is damaged, or is longer than `limit`.
    """
    try:
        if entry.container is None:
            data = _read_plain(str(entry.place), limit)
        else:
            data = _read_zipped(_kept_open(entry.container), int(entry.place), limit)
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror or error}") from None
    if len(data) > limit:
        raise ReadError(f"larger than {limit // 2**20} MiB")
    return data


def _read_plain(path: str, limit: int) -> bytes:
    # Without O_NONBLOCK opening a FIFO would wait for a writer for ever.
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ReadError("not a regular file")
        return file.read(limit + 1)


def _read_zipped(archive: zipfile.ZipFile, place: int, limit: int) -> bytes:
    info = archive.infolist()[place]
    refused = refusal(info)
    if refused:
        raise ReadError(refused)
    # Lengths in headers may lie; what counts is what comes out.
    honest = max(RATIO_FREE_BYTES, MAX_RATIO * info.compress_size)
    try:
        with archive.open(info) as file:
            data = file.read(min(limit, honest) + 1)
    except READ_ERRORS as error:
        raise ReadError(f"damaged in the archive: {one_line(error)}") from None
    if len(data) > honest:
        raise ReadError(f"inflates more than {MAX_RATIO} times, like an archive bomb")
    if len(data) <= limit and len(data) != info.file_size:
        raise ReadError("damaged in the archive: not as long as its directory says")
    return data
