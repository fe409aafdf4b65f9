"""Labelled records into a data set: numbers the classes and decides which examples test."""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from gan_keras.data.closing_check import say
from gan_keras.data.dataset import Dataset, Examples, rows_of
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError

# Class of examples that have none.
UNLABELLED = "all"
# One in this many groups is drawn for tests where no split is given.
TEST_SHARE = 10


@dataclasses.dataclass(frozen=True)
class Record:
    """One example with its class, from wherever it comes.

    Attributes:
        path: Name of the example within its set, "/" between folders.
        label: Class name.
        split: train, val or test; if empty, `group` (or else `path`) decides.
        group: Examples of one group always go to the same split, e.g. a writer's; may be empty.
        class_index: Number of the class among all; may be empty.
        line: Line of the table that names it, for messages; 0 if there is none.
    """

    path: str
    label: str
    split: str = ""
    group: str = ""
    class_index: str = ""
    line: int = 0


def assemble(name: str, images: Examples, records: Sequence[Record]) -> Dataset:
    """Makes a data set of examples and their records.

    Classes are in the order of `class_index` if each has one of its own, else of their numbers if
    all names are numbers, else of code points. Their names are in the normal form NFC without
    blanks around them, and what cannot be printed is escaped, such as bytes that are no UTF-8. What
    is for validation tests if nothing else does, and is left out otherwise; where all is to train
    on, a test split is drawn as well.

    Args:
        name: Name of the data set.
        images: Examples.
        records: One per example.

    Raises:
        DataError: If there is nothing to train on.
    """
    labels_of = unquoted([normal(record.label).strip() or record.label for record in records])
    names = in_order(set(labels_of))
    indices = {(r.class_index, label) for r, label in zip(records, labels_of, strict=True)}
    if len({index for index, _ in indices if index.isdecimal()}) == len(indices) == len(names):
        names = [label for _, label in sorted(indices, key=lambda pair: int(pair[0]))]
    numbers = {label: number for number, label in enumerate(names)}
    labels = np.array([numbers[label] for label in labels_of], np.int32)
    given = np.array([record.split for record in records])
    if number := int((given == "val").sum()):
        has_test = bool((given == "test").any())
        say_validation(name, number, has_test)
        if has_test:
            rows = np.flatnonzero(given != "val")
            kept = [records[row] for row in rows.tolist()]
            return assemble(name, rows_of(images, rows), kept)
        given[given == "val"] = "test"
    if (given == "train").all():
        given[:] = ""
    drawn = draw_test([normal(record.group or record.path) for record in records], labels)
    test = np.where(given == "", drawn, given == "test")
    if test.all():
        raise DataError(f"{name}: all pictures are in the test split")
    return divide(name, images, labels, test, _printable(names))


def say_validation(name: str, number: int, has_test: bool) -> None:
    """Says what becomes of images for validation: they test where nothing else does."""
    left_out = "are left out, as there is a test split"
    fate = left_out if has_test else "are the test split; none is trained on"
    say(name, f"{number:,} images for validation {fate}")


def normal(name: str) -> str:
    """A name in the normal form NFC, in which equal ones are equal; macOS writes another."""
    return unicodedata.normalize("NFC", name)


def draw_test(keys: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Draws a test split of about 10 % by hash: more data never moves old data.

    Args:
        keys: Decides for each example: its name, or its group (a writer, a book), all examples of
            which always go together.
        labels: int `(n,)`. A class all of whose examples are drawn is trained on instead, and so is
            everything else of their groups.

    Returns:
        bool `(n,)`, true for test examples.
    """
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    tests = np.array([_hash(key) % TEST_SHARE == 0 for key in numbers], bool)
    for label in np.unique(labels):
        groups = group[labels == label]
        # Groups only ever move to train, so no class loses the train examples that it had.
        if tests[groups].all():
            tests[groups] = False
    return tests[group]


def draw_numbered(labels: np.ndarray) -> np.ndarray:
    """Draws every tenth example of each class for tests, where examples have no names.

    More data at the end never moves old data.

    Args:
        labels: int `(n,)`.

    Returns:
        bool `(n,)`, true for test examples.
    """
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    places = np.empty(len(labels), np.int64)
    places[order] = np.arange(len(labels)) - np.searchsorted(ordered, ordered)
    return places % TEST_SHARE == TEST_SHARE - 1


def divide(
    name: str, images: Examples, labels: np.ndarray, test: np.ndarray, class_names: Sequence[str]
) -> Dataset:
    """Makes a data set of examples that are not split yet.

    Args:
        name: Name of the data set.
        images: Examples.
        labels: int32 `(n,)`.
        test: bool `(n,)`, true for test examples.
        class_names: One name per class.
    """
    parts = []
    for rows in (np.flatnonzero(~test), np.flatnonzero(test)):
        parts += [rows_of(images, rows), labels[rows]]
    return Dataset(name, *parts, tuple(class_names))


def _hash(key: str) -> int:
    """64 bits of a hash."""
    digest = blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def unquoted(labels: list[str]) -> list[str]:
    """Labels without the quotes that all are in, which converters of ARFF leave there."""
    quoted = all(len(label) > 2 and label[0] == label[-1] == "'" for label in labels)
    return [label[1:-1] for label in labels] if quoted else labels


def plain_number(text: str) -> str:
    """A whole number without the `.0` that it gets where tables are joined; other text as it is."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", text)


def in_order(names: set[str]) -> list[str]:
    """Names of classes in their order."""
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _printable(names: Sequence[str]) -> tuple[str, ...]:
    """Names that can be printed; a later one that is there already gets a number."""
    found: dict[str, None] = {}
    for name in map(printable, names):
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name}#{number}"
        found[free] = None
    return tuple(found)
