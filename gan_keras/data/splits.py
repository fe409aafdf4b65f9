"""Which examples test: decided by their names, so that more data never moves old data."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from gan_keras.data.dataset import Dataset, Examples, rows_of

TEST_SHARE = 10  # one in so many


def by_hash(keys: Sequence[str], labels: np.ndarray) -> np.ndarray:
    """Draws a test split of about 10 %, the same one each time.

    Args:
        keys: What decides for each example: its name, or its group (a writer, a book), all
            examples of which always go together.
        labels: int `(n,)`. A class whose examples would all test is trained on instead, and so is
            all else of their groups.

    Returns:
        bool `(n,)`, whether an example tests.
    """
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    tests = np.array([_is_drawn(key) for key in numbers], bool)
    for label in np.unique(labels):
        groups = group[labels == label]
        # Groups only ever go to train: no class loses there what it had.
        if tests[groups].all():
            tests[groups] = False
    return tests[group]


def _is_drawn(key: str) -> bool:
    """Whether what has this key tests."""
    digest = blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % TEST_SHARE == 0


def divide(
    name: str, images: Examples, labels: np.ndarray, test: np.ndarray, class_names: Sequence[str]
) -> Dataset:
    """Makes a data set of examples that are not split yet.

    Args:
        name: Of the data set.
        images: Examples.
        labels: int32 `(n,)`.
        test: bool `(n,)`, whether an example tests.
        class_names: One name a class.
    """
    parts = []
    for rows in (np.flatnonzero(~test), np.flatnonzero(test)):
        parts += [rows_of(images, rows), labels[rows]]
    return Dataset(name, *parts, tuple(class_names))
