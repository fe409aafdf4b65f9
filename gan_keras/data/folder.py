"""Own pictures: `folder:PATH`, a folder or archive with a folder per class or a table of labels."""

import contextlib
import dataclasses
import itertools
import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from gan_keras.data import label_tables, layouts, picture_files
from gan_keras.data.closing_check import listed, say
from gan_keras.data.dataset import Dataset
from gan_keras.data.layouts import Place
from gan_keras.data.options import DataOptions
from gan_keras.data.places import parse
from gan_keras.data.records import UNLABELLED, Record, assemble, normal
from gan_keras.data.splits import split_of, split_words
from gan_keras.data.stores import Store, by_suffix, open_store
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError

_OPTIONS = ("labels", "file", "label", "split", "group")
# Files of one name that may be meant by the end of a path in a table.
_ALIKE = 100
# Files of a kind that are looked into, and columns and lines of a table.
_FEW, _NAMED, _SOME = 10, 20, 1000
_MOST_SPLITS = 3
# Boxes in JSON as of COCO, in XML as of VOC, and in lines as of YOLO: a class and four shares.
_BOX = re.compile(rb'"image_id"|<bndbox>|^\d+( [01](\.\d+)?){4}\s*$', re.MULTILINE)

# A table: its content, its path for messages, and its folder within the store.
_Table = tuple[bytes, str, str]


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `folder:PATH[,labels=FILE][,file=COLUMN][,label=COLUMN][,split=...][,group=...]`.

    Classes come from tables if there are any (`label_tables.NAMES` in the folder or archive or in
    its split folders, labels.csv beside an archive, or what `,labels=` names), else from folders
    (see `layouts`), else all pictures are of one class. The test split is given by the `split`
    column or by split folders; otherwise one in ten names (or groups, with a `group` column) is
    drawn by hash.

    Args:
        name: As above.
        data_dir: Folder of prepared data sets, where what is found out about many pictures is
            kept. A path is relative to the working directory, not to it.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there is no usable picture, or a table is wrong (with the line).
    """
    path, columns = parse(name, _OPTIONS)
    store = open_store(path)
    stem = path.stem.removesuffix(".tar")
    title = printable(stem[:60]) or "folder"
    places = layouts.places(store.names)
    tables = _find_tables(store, places, columns.pop("labels", ""), columns)
    if tables:
        records = _by_table(store, places, tables, columns)
        unnamed = records.count(None)
        where = tables[0][1] if len(tables) == 1 else "no table"
        verb = "does not name" if len(tables) == 1 else "names"
        unused = [(f"{unnamed:,} pictures", f"{where} {verb} them")] if unnamed else []
    else:
        _look_for_other_classes(title, store, places)
        records, unused = _by_folder(store, places)
    used = {where for _, where, _ in tables}
    _say_what_is_unread(title, store, used)
    wanted = {row: record for row, record in enumerate(records) if record}
    images, rows = picture_files.load(
        store, list(wanted), options, title, data_dir, skipped=store.skipped + unused
    )
    read = [wanted[row] for row in rows.tolist()]
    lost = {record.label for record in wanted.values()} - {record.label for record in read}
    if lost:
        say(title, f"no picture can be read of the classes {listed(sorted(lost))}")
    return assemble(title, images, read)


def _shown(store: Store, name: str) -> str:
    """A file of a store for messages."""
    return f"{name} of {store.path}"


def _find_tables(
    store: Store, places: Sequence[Place | None], elsewhere: str, columns: Mapping[str, str]
) -> list[_Table]:
    """The tables that give the classes; none if there are none."""
    inside = [*store.others, *(name for name, _ in store.skipped)]
    beside = store.path.parent / label_tables.NAMES[0]
    if elsewhere:
        path = Path(elsewhere).expanduser()
        found = [x for x in inside if x == elsewhere or x.endswith(f"/{elsewhere}")]
        if path.is_file() or not found:
            return [_table_on_disk(path)]
        return [_table_inside(store, name) for name in found]
    for usual in label_tables.NAMES:
        found = [
            name
            for name in inside
            if posixpath.basename(name).casefold() == usual and _is_above(name, store.names, places)
        ]
        tables = [_table_inside(store, name) for name in found]
        # Others than labels.csv may hold no labels at all, but captions or boxes.
        if tables and (
            usual == label_tables.NAMES[0]
            or columns
            or all(label_tables.is_labelled(label_tables.read(*table[:2])[0]) for table in tables)
        ):
            return tables
    if not store.path.is_dir() and beside.is_file():
        return [_table_on_disk(beside)]
    if columns:
        raise DataError(
            f"{store.path} has no {' or '.join(label_tables.NAMES)}; `,labels=FILE` names a table"
        )
    return []


def _is_above(table: str, names: Sequence[str], places: Sequence[Place | None]) -> bool:
    """True if all pictures, or all of a split, lie below the folder that a table lies in."""
    folder = table.removesuffix(posixpath.basename(table))
    outside = {
        place.split
        for name, place in zip(names, places, strict=True)
        if place and not name.startswith(folder)
    }
    return not outside or not outside >= {place.split for place in places if place}


def _table_inside(store: Store, name: str) -> _Table:
    """A table among the files of a store."""
    return store.read(name), _shown(store, name), posixpath.dirname(name)


def _table_on_disk(path: Path) -> _Table:
    """A table elsewhere, whose paths count from the root of the store."""
    try:
        return path.read_bytes(), str(path), ""
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _by_table(
    store: Store,
    places: Sequence[Place | None],
    tables: Sequence[_Table],
    columns: Mapping[str, str],
) -> list[Record | None]:
    """The record of each picture in the tables, None for pictures that they do not name."""
    left_out = {normal(name) for name, _ in store.skipped}
    find = _Finder(store.names)
    found: dict[int, tuple[Record, str]] = {}
    for content, where, folder in tables:
        for record in label_tables.parse(content, where, columns):
            line = f"{where}, line {record.line}"
            row = find(record.path, folder)
            if row is None:
                if normal(posixpath.join(folder, record.path)) in left_out:
                    continue
                raise DataError(f"{line}: there is no picture {record.path!r} in {store.path}")
            if row in found:
                raise DataError(f"{line}: {record.path!r} is in {found[row][1]} already")
            place = places[row]
            split = record.split or (place.split if place else "")
            found[row] = dataclasses.replace(record, split=split), f"line {record.line}"
    return [found[row][0] if row in found else None for row in range(len(store.names))]


class _Finder:
    """Finds the picture that a path in a table means, among the names of all pictures."""

    def __init__(self, names: Sequence[str]) -> None:
        self._rows = {normal(name): row for row, name in enumerate(names)}
        # With and without its suffix, which Kaggle's tables leave out.
        self._by_file: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._bare: dict[str, list[int]] = defaultdict(list)
        for name, row in self._rows.items():
            bare = posixpath.splitext(name)[0]
            self._bare[bare].append(row)
            for form in {name, bare}:
                self._by_file[posixpath.basename(form)].append((form, row))

    def __call__(self, path: str, folder: str) -> int | None:
        """Number of the picture; None if there is none, or no telling which.

        Args:
            path: As the table has it.
            folder: Folder of the table.
        """
        path = normal(path)
        for whole in (posixpath.normpath(posixpath.join(folder, path)), path):
            if whole in self._rows:
                return self._rows[whole]
            if len(rows := self._bare.get(whole, [])) == 1:
                return rows[0]
        if ".." in path.split("/"):
            return None
        # The table may have been written for a folder further in or out.
        alike = {
            row
            for form, row in self._by_file.get(posixpath.basename(path), [])[:_ALIKE]
            if form.endswith(f"/{path}") or path.endswith(f"/{form}")
        }
        return alike.pop() if len(alike) == 1 else None


def _by_folder(
    store: Store, places: Sequence[Place | None]
) -> tuple[list[Record | None], list[tuple[str, str]]]:
    """The record of each picture by its folders, and what is left out, with the reason."""
    has_classes = {place.split for place in places if place and place.label}
    records: list[Record | None] = []
    outside: Counter[str] = Counter()
    unused: list[tuple[str, str]] = []
    unlabelled: Counter[str] = Counter()
    placed = _folders_above(
        name for name, place in zip(store.names, places, strict=True) if place is not None
    )
    for name, place in zip(store.names, places, strict=True):
        usable = place is not None and bool(place.label)
        records.append(Record(place.path, place.label, place.split) if usable else None)
        if place is None:
            above = [str(folder) for folder in PurePosixPath(name).parents]
            beside = [folder for folder in above if folder not in placed]
            outside[beside[-1] if beside else above[0]] += 1  # the outermost
        elif not usable and place.split not in has_classes:
            unlabelled[place.split] += 1
        elif not usable:
            unused.append((name, "it lies outside the class folders"))
    for folder, number in outside.items():
        unused.append((f"{number:,} pictures in {folder}/", "they lie beside the split folders"))
    for split, number in unlabelled.items():
        unused.append((f"{number:,} pictures of {split}", "unlabelled: in no class folder"))
    return records, unused


def _folders_above(names: Iterable[str]) -> set[str]:
    """All folders that files lie in, at any depth; "." is the root."""
    folders = {posixpath.dirname(name) for name in names}
    return {"."} | {
        str(above)
        for folder in folders
        for above in (PurePosixPath(folder), *PurePosixPath(folder).parents)
    }


def _say_what_is_unread(title: str, store: Store, used: Collection[str]) -> None:
    """Says of which kinds the files are that are neither pictures nor tables in use."""
    others = [name for name in store.others if _shown(store, name) not in used]
    if not others:
        return
    with_pictures = _folders_above(store.names)
    empty = sorted({posixpath.dirname(name) or "." for name in others} - with_pictures)
    folders = f"; folders without one: {listed(empty)}" if empty else ""
    say(title, f"files without a picture that can be read: {by_suffix(others)}{folders}")


def _look_for_other_classes(title: str, store: Store, places: Sequence[Place | None]) -> None:
    """Says what might have given classes and has not; refuses what surely should have."""
    labels = sorted({place.label for place in places if place and place.label})
    deeper = {
        (place.label, posixpath.dirname(place.path.partition("/")[2]))
        for place in places
        if place and place.path.count("/") > 1
    }
    is_deep = len(deeper) > len({label for label, _ in deeper})
    told = [splits[0] for label in labels if (splits := split_words(label)[0])]
    # pix2pix has trainA, trainB, testA, testB
    if (len(told) == len(labels) and len({*told}) > 1) or (
        is_deep and told and 1 < len(labels) <= _MOST_SPLITS
    ):
        raise DataError(
            f"{title}: are the folders {listed(labels)} splits or classes? splits are called "
            "train, val and test, with folders of classes in them; classes something else"
        )
    if is_deep:
        named = "/".join(min(deeper))
        say(title, f"folders inside the class folders make no classes of their own, as {named}")
    if any(posixpath.basename(name) == "dataset.json" for name in store.others):
        say(title, "dataset.json, which may hold classes, is not read: write `file,label` lines")
    has_splits = any(place and place.split for place in places)
    if not has_splits and all(split_of(_first_word(name)) for name in store.names):
        words = listed(sorted({*map(_first_word, store.names)}))
        say(title, f"names of files tell splits, {words}: put them into folders of these names")
    if len(labels) > 1:
        return
    if boxes := _boxes(store):
        raise DataError(
            f"{title}: {boxes} tells where objects are in the pictures (as of COCO, YOLO, VOC); a "
            "class per picture is needed: cut the objects out, and save them in a folder per class"
        )
    if table := _likely_table(store):
        say(title, f"all pictures are of one class, but there is a table, {table}")
    elif labels in ([], [UNLABELLED]):
        say(title, "there are no folders of classes and no table; all images are of one class")
    elif store.others:
        say(title, f"all pictures are of one class, {labels[0]}, the folder that they lie in")


def _first_word(path: str) -> str:
    """What the name of a file begins with."""
    return re.split("[ _-]", posixpath.basename(path))[0]


def _boxes(store: Store) -> str:
    """Name of a file that tells boxes of objects in pictures; empty if there is none."""
    deepest = sorted(store.others, key=lambda name: (-name.count("/"), name))
    for suffix in (".json", ".xml", ".txt"):
        for name in [name for name in deepest if name.lower().endswith(suffix)][:_FEW]:
            with contextlib.suppress(DataError):
                if _BOX.search(store.read(name)):
                    return name
    return ""


def _likely_table(store: Store) -> str:
    """The table that names the most pictures of several classes, with how to take it; or empty."""
    find = _Finder(store.names)
    found: list[tuple[int, str]] = []
    tables = [name for name in store.others if name.lower().endswith(label_tables.SUFFIXES)]
    for name in sorted(tables, key=lambda name: (name.count("/"), name))[:_FEW]:
        try:
            content, where, folder = _table_inside(store, name)
            columns, lines = label_tables.read(content, where)
            rows = list(itertools.islice(lines, _SOME))
        except DataError as error:
            found.append((0, f"{name} ({error})"))
            continue
        columns = columns[:_NAMED]
        values = {column: [row.get(column, "") for _, row in rows] for column in columns}
        named = {
            column: sum(find(value.strip(), folder) is not None for value in each if value)
            for column, each in values.items()
        }
        file = max(columns, key=lambda column: named[column], default="")
        repeats = any(1 < len({*each}) < len(each) for each in values.values())
        number = named.get(file, 0) if repeats else 0
        shown, file = ", ".join(columns), file if number else "COLUMN"
        advice = f"`,labels={name},file={file},label=COLUMN` behind the path takes classes from it"
        found.append((-number, f"{name} (columns: {shown}); {advice}"))
    return min(found, key=lambda pair: pair[0])[1] if found else ""
