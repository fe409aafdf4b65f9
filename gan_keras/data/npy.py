"""One array of images per class, as of Quick, Draw!: `npy:FOLDER`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_keras.data import arrays, npz, places
from gan_keras.data.arrays import Part
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.data.splits import split_of
from gan_keras.foundation.archives import printable
from gan_keras.foundation.errors import DataError, one_line

SUFFIX = ".npy"
# Before the name of the class in files that a browser has loaded from Quick, Draw!'s bucket.
_PREFIX = "full_numpy_bitmap_"


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads `npy:FOLDER[,transposed=yes]`: the class is the name of the file.

    Folders `train`, `test` and the like keep their splits. A folder of `x_train.npy`,
    `y_train.npy`, ... is taken as an .npz of such arrays would be.

    Args:
        name: As above; also a single file, which is one class.
        data_dir: Not used: a path is relative to the working directory.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If there are no such files, or one is damaged or holds no images.
    """
    path, given = places.parse(name, ("transposed",))
    if path.is_dir():
        paths = [file for file in places.files_below(path) if file.suffix.lower() == SUFFIX]
    elif path.is_file():
        paths = [path]
    else:
        raise DataError(f"there is no folder {path} of {SUFFIX} files")
    if not paths:
        raise DataError(f"{path} holds no {SUFFIX} files, one per class")
    transposed = places.is_transposed(given)
    roles = npz.roles_of([file.stem for file in paths])
    if "labels" in roles.get("train", {}) and "images" in roles["train"]:
        if len(folders := sorted({file.parent for file in paths})) > 1:
            known = " ".join(f"npy:{folder}" for folder in folders)
            raise DataError(f"{path} has several sets, say which: {known}")
        parts = npz.parts_of(roles, {file.stem: _open(file) for file in paths})
    else:
        splits: dict[str, list[Path]] = {}
        for file in paths:
            split = split_of(file.parent.name) if file.parent != path else ""
            splits.setdefault(split or "train", []).append(file)
        parts = {split: _classes(files) for split, files in splits.items()}
    return arrays.dataset(places.title(path), parts, options, None, transposed)


def _classes(paths: Sequence[Path]) -> Part:
    """The images of files, whose names are their classes."""
    images = [_open(file) for file in paths]
    if flat := [file for file, array in zip(paths, images, strict=True) if array.ndim < 2]:
        raise DataError(
            f"{flat[0]} holds no images; images and labels of all classes would be called "
            "images.npy and labels.npy, or x_train.npy, y_train.npy, ..."
        )
    names = [printable(file.stem.removeprefix(_PREFIX)) for file in paths]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{paths[0].parent.parent}: there are several files {twice}{SUFFIX}")
    return Part(images, np.repeat(names, [len(array) for array in images]))


def _open(path: Path) -> np.ndarray:
    """The array of a file, still on disk."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever damaged headers make NumPy raise
        raise DataError(f"cannot read {path}: {one_line(error)}") from error
