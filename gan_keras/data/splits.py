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
            examples of which then go together.
        labels: int `(n,)`. A class whose examples would all test is trained on instead.

    Returns:
        bool `(n,)`, whether an example tests.
    """
    memory: dict[str, bool] = {}
    for key in keys:
        if key not in memory:
            digest = blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
            memory[key] = int.from_bytes(digest, "big") % TEST_SHARE == 0
    test = np.array([memory[key] for key in keys], bool)
    for label in np.unique(labels):
        members = labels == label
        if test[members].all():
            test[members] = False
    return test


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
