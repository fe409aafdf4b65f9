"""Own pictures: `folder:PATH`, a folder or a .zip with a sub-folder per class or a labels.csv."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gan_keras.data import labels_csv, picture_files
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.data.records import SPLITS, UNLABELLED, Record, assemble
from gan_keras.data.stores import Store, open_store
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError

_OPTION = re.compile(r",(labels|label|split|group)=([^,]*)$")


def parse(name: str) -> tuple[Path, dict[str, str]]:
    """Reads `folder:PATH[,labels=FILE][,label=COLUMN][,split=COLUMN][,group=COLUMN]`.

    Returns:
        The path, and the options by name.

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
    return Path(text).expanduser(), options


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads own pictures.

    Classes come from a labels.csv if there is one (given by `,labels=`, in the folder or archive,
    or beside an archive), else from sub-folders, else all pictures are of one class. The test split
    is given by the `split` column or a folder `test` beside `train`; otherwise one in ten names (or
    groups, with a `group` column) is drawn by hash.

    Args:
        name: As `parse` reads it.
        data_dir: Folder of prepared data sets, where what is found out about many pictures is
            kept. A path is relative to the working directory, not to it.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there is no usable picture, or labels.csv is wrong (with the line).
    """
    path, columns = parse(name)
    store = open_store(path)
    title = printable(path.stem[:60]) or "folder"
    table = _read_table(store, columns.pop("labels", ""), columns)
    if table is None:
        records = _by_folder(store.names)
        outside = [name for name, record in zip(store.names, records, strict=True) if not record]
        unused = [(name, "it lies outside the class folders") for name in outside]
    else:
        records = _by_table(store, *table, columns)
        unnamed = records.count(None)
        unused = [(f"{unnamed:,} pictures", f"{table[1]} does not name them")] if unnamed else []
    wanted = {row: record for row, record in enumerate(records) if record}
    images, rows = picture_files.load(
        store, list(wanted), options, title, data_dir, skipped=store.skipped + unused
    )
    return assemble(title, images, [wanted[row] for row in rows.tolist()])


def _read_table(
    store: Store, elsewhere: str, columns: Mapping[str, str]
) -> tuple[bytes, str] | None:
    """Content and name of the labels.csv, if there is one."""
    path = Path(elsewhere).expanduser()
    if not elsewhere:
        content = store.labels()
        if content is not None:
            return content, f"{labels_csv.NAME} of {store.path}"
        path = store.path.parent / labels_csv.NAME
        if store.path.is_dir() or not path.is_file():
            if columns:
                raise DataError(f"{store.path} has no {labels_csv.NAME}; `,labels=FILE` names one")
            return None
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _by_table(
    store: Store, content: bytes, where: str, columns: Mapping[str, str]
) -> list[Record | None]:
    """The record of each picture in labels.csv, None for pictures that it does not name."""
    known = {*store.names, *(name for name, _ in store.skipped)}
    found: dict[str, Record] = {}
    for record in labels_csv.parse(content, where, columns):
        path, line = record.path, f"{where}, line {record.line}"
        if path in found:
            raise DataError(f"{line}: {path!r} is in line {found[path].line} already")
        if path not in known:
            raise DataError(f"{line}: there is no picture {path!r} in {store.path}")
        found[path] = record
    return [found.get(name) for name in store.names]


def _by_folder(names: Sequence[str]) -> list[Record | None]:
    """The record of each picture, None for pictures outside the class folders.

    The class is the folder that a picture lies in, below `train` and `test` if these are there.
    """
    tops = {name.partition("/")[0] for name in names if "/" in name}
    has_splits = tops == set(SPLITS)
    records: list[Record | None] = []
    for name in names:
        split, rest = name.split("/", 1) if has_splits and "/" in name else ("", name)
        label = rest.partition("/")[0] if "/" in rest else ""
        is_outside = tops and not (split or label)
        records.append(None if is_outside else Record(name, label or UNLABELLED, split))
    return records
