"""Symbol arrays that data_tools made: `<data_dir>/<name>/symbols.npz`."""

from pathlib import Path

import numpy as np

from gan_keras.data import npz
from gan_keras.data.closing_check import say
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
    """Loads a symbol file: `images` uint8 `(n, h, w)`, `labels`, `class_names` and `split`.

    Args:
        name: Name of the set and of its folder; a key of `COMMANDS`.
        data_dir: Folder of prepared data sets.
        options: Not used.

    Raises:
        DataError: If the file is missing, damaged, or not a symbol file.
    """
    path, command = data_dir / name / "symbols.npz", COMMANDS[name]
    if not path.is_file():
        raise DataError(f"data set {name!r} is not at {path}; make it with `{command}`")
    try:
        arrays = npz.read(path, ("images", "labels", "class_names", "split"))
        images, labels, class_names, split = arrays.values()
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
    if number := int((split == "val").sum()):
        say(name, f"{number:,} images for validation are left out, as there is a test split")
    names = tuple(map(str, class_names.ravel()))
    return Dataset(name, images[train], labels[train], images[test], labels[test], names)
