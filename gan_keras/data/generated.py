"""Generated images from anywhere: a folder of pictures, or arrays in an .npz."""

from pathlib import Path

import numpy as np

from gan_keras.data import folder, npz
from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError

# Names of classes in a message.
NAMED = 10


def load(path: Path, dataset: Dataset, data_dir: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads generated examples that are to be compared with a data set.

    Args:
        path: A folder or .zip of pictures, where a sub-folder is a class and a flat folder has no
            classes; or an .npz with `images`, and maybe `labels` and `class_names`, as
            `experiments.sample` writes it.
        dataset: What they are compared with: gives their shape and the names of classes.
        data_dir: Folder of prepared data sets.

    Returns:
        Images uint8 `(n, h, w, c)` (or points float32 `(n, d)`), and labels int32 `(n,)` or None.

    Raises:
        DataError: If they cannot be read, or their size or classes do not fit.
    """
    if not path.exists():
        raise DataError(f"there is no {path}")
    if path.suffix == ".npz":
        images, labels, names = _from_npz(path)
    else:
        if dataset.spec.is_points:
            raise DataError(f"{path}: {dataset.name} holds points, which come in an .npz")
        images, labels, names = _from_folder(path, dataset, data_dir)
    images = _fitting(images, path, dataset)
    if labels is None:
        return images, None
    return images, _renumbered(labels, names, path, dataset)


def _from_npz(path: Path) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...] | None]:
    """Arrays of a file."""
    try:
        arrays = npz.read(path, ("images",), ("labels", "class_names"))
    except npz.BadArraysError as error:
        raise DataError(f"cannot read {path} ({error})") from error
    images, labels, names = map(arrays.get, ("images", "labels", "class_names"))
    if labels is not None:
        whole = np.issubdtype(labels.dtype, np.integer)
        if not whole or labels.shape != images.shape[:1]:
            raise DataError(
                f"{path}: `labels` must be whole numbers, one an image; got {labels.dtype} "
                f"{labels.shape} for images {images.shape}"
            )
    return images, labels, None if names is None else tuple(map(str, names.ravel()))


def _from_folder(
    path: Path, dataset: Dataset, data_dir: Path
) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...] | None]:
    """Pictures of a folder, all of them: what it would hold back for tests as well."""
    found = folder.load(f"folder:{path}", data_dir, DataOptions())
    parts = (found.train_images, found.test_images)
    images = np.concatenate([part[np.arange(len(part))] for part in parts])
    labels = np.concatenate([found.train_labels, found.test_labels])
    known = folder.UNLABELLED in dataset.class_names
    flat = found.class_names == (folder.UNLABELLED,) and not known
    return images, None if flat else labels, found.class_names


def _fitting(images: np.ndarray, path: Path, dataset: Dataset) -> np.ndarray:
    """Images in the form of the data set's."""
    wanted = dataset.image_shape
    if dataset.spec.is_points:
        fits = np.issubdtype(images.dtype, np.floating) and images.shape[1:] == wanted
        images = images.astype(np.float32) if fits else images
        if fits and not np.isfinite(images).all():
            raise DataError(f"{path} holds points that are not finite")
    else:
        if images.ndim == 3 and wanted[-1] == 1:
            images = images[..., np.newaxis]
        if images.ndim == 4 and wanted[-1] == 1 and images.shape[-1] == 3:
            same = (images == images[..., :1]).all()
            images = images[..., :1] if same else images  # grey, written as RGB
        fits = images.dtype == np.uint8 and images.shape[1:] == wanted
    if not fits:
        kind = "float points" if dataset.spec.is_points else "uint8 images"
        raise DataError(
            f"{path} holds {images.dtype} {'x'.join(map(str, images.shape[1:]))}, but "
            f"{dataset.name} has {kind} {'x'.join(map(str, wanted))}; bring them to that form"
        )
    if not len(images):
        raise DataError(f"{path} holds no images")
    return images


def _renumbered(
    labels: np.ndarray, names: tuple[str, ...] | None, path: Path, dataset: Dataset
) -> np.ndarray:
    """Labels as the data set numbers its classes, by name if names are known."""
    known = dataset.class_names
    names = known if names is None else names
    if not 0 <= labels.min() <= labels.max() < len(names):
        raise DataError(
            f"{path}: labels must lie in 0..{len(names) - 1}; got {labels.min()}..{labels.max()}"
        )
    used = [names[label] for label in np.unique(labels)]
    unknown = [name for name in used if name not in known]
    if unknown:
        shown = ", ".join(map(repr, unknown[:NAMED])) + (", ..." if len(unknown) > NAMED else "")
        raise DataError(
            f"{path} has classes that {dataset.name} has not: {shown}; it has "
            f"{' '.join(known[:NAMED])}{' ...' if len(known) > NAMED else ''}"
        )
    numbers = np.array([known.index(name) if name in known else -1 for name in names], np.int32)
    return numbers[labels]
