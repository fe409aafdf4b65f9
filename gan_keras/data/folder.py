"""Own pictures: `folder:PATH`, a folder or a .zip with a sub-folder a class or a labels.csv."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from data_tools.corpus import printable
from gan_keras.data import encoded, labels_csv, splits
from gan_keras.data.dataset import Dataset
from gan_keras.data.labels_csv import SPLITS, Columns
from gan_keras.data.options import DataOptions
from gan_keras.data.stores import Store, open_store
from gan_keras.foundation.errors import DataError

# Class of pictures that have none: no sub-folder and no labels.csv.
UNLABELLED = "all"
_OPTION = re.compile(r",(labels|label|split|group)=([^,]*)$")


@dataclasses.dataclass(frozen=True)
class Request:
    """What `folder:PATH,label=...` asks for.

    Attributes:
        path: Folder or .zip.
        labels: A labels.csv elsewhere, or None.
        columns: Its columns.
    """

    path: Path
    labels: Path | None = None
    columns: Columns = dataclasses.field(default_factory=Columns)


@dataclasses.dataclass(frozen=True)
class Labelled:
    """A picture with its class.

    Attributes:
        row: Its number in the store.
        label: Class name.
        split: `train`, `test`, or empty: then `key` decides.
        key: What decides on the split.
    """

    row: int
    label: str
    split: str
    key: str


def parse(name: str) -> Request:
    """Reads `folder:PATH[,labels=FILE][,label=COLUMN][,split=COLUMN][,group=COLUMN]`.

    Raises:
        DataError: If there is no path.
    """
    text = name.partition(":")[2]
    options: dict[str, str] = {}
    while not Path(text).exists() and (found := _OPTION.search(text)):
        options[found[1]] = found[2]
        text = text[: found.start()]
    if not text:
        raise DataError("folder: needs a path, as in folder:pictures or folder:pictures.zip")
    labels = options.pop("labels", None)
    return Request(
        Path(text).expanduser(), labels and Path(labels).expanduser(), Columns(**options)
    )


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads own pictures.

    Classes come from a labels.csv if there is one (given by `,labels=`, in the folder or archive,
    or beside an archive), else from sub-folders, else all are of one class. Test pictures are
    those of the `split` column or of a folder `test` beside `train`; else one in ten names (or
    groups, with a `group` column), drawn by hash. In the names of classes what cannot be printed is
    escaped, such as bytes that are no UTF-8.

    Args:
        name: As `parse` reads it.
        data_dir: Folder of prepared data sets, where what is found out about many pictures is
            kept. A path is relative to the working directory, not to it.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there is no usable picture, or labels.csv is wrong (with the line).
    """
    request = parse(name)
    store = open_store(request.path)
    title = printable(request.path.stem[:60]) or "folder"
    skipped = list(store.skipped)
    content, where = _labels_file(store, request)
    if content is None:
        pictures = _by_folder(store, skipped)
    else:
        pictures = _by_labels(store, labels_csv.parse(content, where, request.columns), where)
        unnamed = len(store.names) - len(pictures)
        if unnamed:
            skipped.append((f"{unnamed:,} pictures", f"{where} does not name them"))
    rows = [picture.row for picture in pictures]
    loaded = encoded.load(store, rows, options, title, data_dir / encoded.LISTINGS)
    encoded.report(title, skipped + loaded.skipped)
    by_row = {picture.row: picture for picture in pictures}
    return _assemble(title, loaded.images, [by_row[row] for row in loaded.rows.tolist()])


def _labels_file(store: Store, request: Request) -> tuple[bytes | None, str]:
    """Content and name of labels.csv; None where there is none."""
    if request.labels is None:
        content = store.labels()
        if content is not None:
            return content, f"{labels_csv.NAME} of {store.path}"
    beside = store.path.parent / labels_csv.NAME
    path = request.labels or (beside if store.path.is_file() else None)
    if path is None or (request.labels is None and not path.is_file()):
        if request.columns != Columns():
            raise DataError(f"{store.path} has no {labels_csv.NAME}; `,labels=FILE` names one")
        return None, ""
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _by_labels(store: Store, entries: Sequence[labels_csv.Entry], where: str) -> list[Labelled]:
    """The pictures that labels.csv names, in the order of their names."""
    rows = {name: row for row, name in enumerate(store.names)}
    left_out = {name for name, _ in store.skipped}
    lines: dict[str, int] = {}
    pictures = []
    for entry in entries:
        name = entry.file.replace("\\", "/").removeprefix("./")
        if name in lines:
            raise DataError(
                f"{where}, line {entry.line}: {entry.file!r} is in line {lines[name]} already"
            )
        lines[name] = entry.line
        if name in rows:
            key = entry.group or name
            pictures.append(Labelled(rows[name], entry.label, entry.split, key))
        elif name not in left_out:
            raise DataError(
                f"{where}, line {entry.line}: there is no picture {entry.file!r} in {store.path}"
            )
    return sorted(pictures, key=lambda picture: picture.row)


def _by_folder(store: Store, skipped: list[tuple[str, str]]) -> list[Labelled]:
    """The class of a picture is the folder it lies in, below `train` and `test` if there are."""
    tops = {name.partition("/")[0] for name in store.names if "/" in name}
    has_splits = tops == set(SPLITS)
    pictures = []
    for row, name in enumerate(store.names):
        split, rest = (name.split("/", 1)) if has_splits and "/" in name else ("", name)
        label = rest.rpartition("/")[0].partition("/")[0]
        if not label and tops:
            if not split:
                skipped.append((name, "it lies outside the class folders"))
                continue
            label = UNLABELLED
        pictures.append(Labelled(row, label or UNLABELLED, split, name))
    return pictures


def _assemble(title: str, images, pictures: Sequence[Labelled]) -> Dataset:
    """Splits pictures and numbers their classes."""
    names = sorted({picture.label for picture in pictures}, key=_class_order(pictures))
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers[picture.label] for picture in pictures], np.int32)
    test = splits.by_hash([picture.key for picture in pictures], labels)
    given = np.array([SPLITS.index(p.split) if p.split else -1 for p in pictures])
    test = np.where(given < 0, test, given == SPLITS.index("test"))
    if test.all():
        raise DataError(f"{title}: all pictures are in the test split")
    return splits.divide(title, images, labels, test, _distinct(map(printable, names)))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names of which a later one that is there already has a number behind it."""
    found: dict[str, None] = {}
    for name in names:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name}#{number}"
        found[free] = None
    return tuple(found)


def _class_order(pictures: Sequence[Labelled]) -> Callable[[str], object]:
    """Numbers in the order of numbers, other names in the order of code points."""
    if all(picture.label.isascii() and picture.label.isdigit() for picture in pictures):
        return lambda name: (int(name), name)
    return str
