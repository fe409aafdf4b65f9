"""Symbol arrays that data_tools made: `<data_dir>/<name>/symbols.npz`."""

from pathlib import Path

import numpy as np

from gan_keras.data import npz
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError

# name -> the command that makes it
COMMANDS = {
    "crohme": "make crohme-data",
    "demo": "make demo-data",
    "demo_letters": "make demo-letters",
}


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads a symbol file of `data_tools`.

    Args:
        name: Name of the set, which is its folder's.
        data_dir: Folder of prepared data sets.
        options: Not used.

    Raises:
        DataError: If the file is missing, damaged, or not a symbol file.
    """
    del options
    return read(data_dir / name / "symbols.npz", name, COMMANDS[name])


def read(path: Path, name: str, command: str) -> Dataset:
    """Reads one symbol file.

    Args:
        path: An .npz with `images` uint8 `(n, h, w)`, `labels`, `class_names` and `split`.
        name: Name for messages.
        command: The command that makes it.

    Raises:
        DataError: As `load`.
    """
    if not path.is_file():
        raise DataError(f"data set {name!r} is not at {path}; make it with `{command}`")
    try:
        arrays = npz.read(path, ("images", "labels", "class_names", "split"))
        images, labels, names, split = arrays.values()
        labels = labels.astype(np.int32)
    except (npz.BadArraysError, ValueError) as error:
        raise DataError(
            f"{path} is no symbol file or is damaged ({error}); make it again with `{command}`"
        ) from error
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if labels.ndim != 1 or not images.shape[:1] == labels.shape == split.shape:
        raise DataError(f"{path}: images, labels and split differ in length")
    train, test = split == "train", split == "test"
    return Dataset(
        name=name,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
        class_names=tuple(str(label) for label in names.ravel()),
    )
