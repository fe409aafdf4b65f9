"""Generated images made elsewhere: a folder of pictures, or arrays in an .npz."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_keras.data import arrays, folder, npz
from gan_keras.data.closing_check import listed
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import has_no_colour
from gan_keras.data.records import UNLABELLED
from gan_keras.foundation.errors import DataError


def load(path: Path, dataset: Dataset, data_dir: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads generated examples that are to be compared with a data set.

    Args:
        path: A folder or .zip of pictures, with a sub-folder per class or without classes; or an
            .npz with `images`, and maybe `labels` and `class_names`, as `experiments.sample` writes
            it.
        dataset: The data set, which gives their shape and the names of classes.
        data_dir: Folder of prepared data sets.

    Returns:
        Images uint8 `(n, h, w, c)` (or points float32 `(n, d)`), and labels int32 `(n,)` or None.

    Raises:
        DataError: If they cannot be read, or their size or classes do not fit.
    """
    if not path.exists():
        raise DataError(f"there is no {path}")
    if path.suffix == ".npz":
        images, labels, names = _from_npz(path, dataset)
    else:
        images, labels, names = _from_folder(path, dataset, data_dir)
    images = _fitting(images, path, dataset)
    if labels is None:
        return images, None
    return images, _renumbered(labels, names, path, dataset)


def _from_npz(path: Path, dataset: Dataset) -> tuple[np.ndarray, np.ndarray | None, Sequence[str]]:
    """Images, labels (None where it has none) and class names of a file."""
    try:
        found = npz.read(path, ("images",), ("labels", "class_names"))
    except npz.BadArraysError as error:
        raise DataError(f"cannot read {path} ({error})") from error
    images, labels = found["images"], found.get("labels")
    if not dataset.spec.is_points:
        images = arrays.Form.recognise(str(path), [images])(images)
    names = tuple(map(str, found.get("class_names", np.array(dataset.class_names)).ravel()))
    if labels is None:
        return images, None, names
    part = arrays.Part([images], labels)
    numbers, names = arrays.class_numbers(str(path), {"generated": part}, names)
    return images, numbers["generated"], names


def _from_folder(
    path: Path, dataset: Dataset, data_dir: Path
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """The same of all pictures of a folder, including those that would be drawn for tests."""
    if dataset.spec.is_points:
        raise DataError(f"{path}: {dataset.name} holds points, which come in an .npz")
    channels = "rgb" if dataset.image_shape[-1] == 3 else "auto"
    found = folder.load(f"folder:{path}", data_dir, DataOptions(channels=channels))
    images = np.concatenate([found.train_images[:], found.test_images[:]])
    labels = np.concatenate([found.train_labels, found.test_labels])
    is_flat = found.class_names == (UNLABELLED,) and UNLABELLED not in dataset.class_names
    return images, None if is_flat else labels, found.class_names


def _fitting(images: np.ndarray, path: Path, dataset: Dataset) -> np.ndarray:
    """Images in the form of the data set's."""
    wanted, are_points = dataset.image_shape, dataset.spec.is_points
    if are_points and np.issubdtype(images.dtype, np.floating):
        images = images.astype(np.float32)
    is_rgb = not are_points and (wanted[-1], images.shape[-1]) == (1, 3)
    if is_rgb and has_no_colour(images):
        images = images[..., :1]  # grey, written as RGB
    dtype = np.float32 if are_points else np.uint8
    if images.dtype != dtype or images.shape[1:] != wanted:
        kind = "float points" if are_points else "uint8 images"
        raise DataError(
            f"{path} holds {images.dtype} {'x'.join(map(str, images.shape[1:]))}, but "
            f"{dataset.name} has {kind} {'x'.join(map(str, wanted))}; bring them to that form"
        )
    if are_points and not np.isfinite(images).all():
        raise DataError(f"{path} holds points that are not finite")
    if not len(images):
        raise DataError(f"{path} holds no images")
    return images


def _renumbered(
    labels: np.ndarray, names: Sequence[str], path: Path, dataset: Dataset
) -> np.ndarray:
    """Labels in the data set's own numbering, by name."""
    known = dataset.class_names
    unknown = [names[label] for label in np.unique(labels) if names[label] not in known]
    if unknown:
        raise DataError(
            f"{path} has classes that {dataset.name} has not: "
            f"{listed([*map(repr, unknown)])}; it has {listed(known)}"
        )
    numbers = [known.index(name) if name in known else -1 for name in names]
    return np.array(numbers, np.int32)[labels]
