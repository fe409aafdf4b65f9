"""Symbol arrays that data_tools made: `<data_dir>/<name>/symbols.npz`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from data_tools.errors import DataError
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions

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
        # Hostile files: pickles are refused, and zip's checksums tell a damaged one.
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"].astype(np.int32)
            names, split = arrays["class_names"], arrays["split"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} is no symbol file or is damaged ({reason}); make it again with `{command}`"
        ) from error
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if not len(images) == len(labels) == len(split):
        raise DataError(f"{path}: images, labels and split differ in length")
    train, test = split == "train", split == "test"
    return Dataset(
        name=name,
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
        class_names=tuple(str(label) for label in names),
    )
