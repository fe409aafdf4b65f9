"""Labelled image sets of TensorFlow Datasets, read where they are prepared already.

TFDS would try the network for minutes when a set is missing, and takes seconds to import, so the
folders are looked at first.
"""

import os
from pathlib import Path

import numpy as np

from data_tools.errors import DataError
from gan_keras.data.dataset import Dataset


def folders(data_dir: Path) -> list[Path]:
    """Where prepared TFDS sets may lie, most specific first.

    Args:
        data_dir: Folder of prepared data sets; its `tfds` sub-folder and itself are looked at.
    """
    named = [data_dir / "tfds", data_dir]
    if "TFDS_DATA_DIR" in os.environ:
        named.append(Path(os.environ["TFDS_DATA_DIR"]))
    return [*named, Path.home() / "tensorflow_datasets"]


def find(name: str, data_dir: Path) -> Path | None:
    """Finds the newest prepared version of a set.

    Args:
        name: `set` or `set/config`.
        data_dir: Folder of prepared data sets.

    Returns:
        The folder with its `dataset_info.json`, or None.
    """
    parts = name.split("/")
    if not all(part.replace("_", "").replace("-", "").replace(".", "").isalnum() for part in parts):
        return None  # nothing that could lead out of the data folders
    for folder in folders(data_dir):
        base = folder.joinpath(*parts)
        versions = [info.parent for info in base.glob("*/dataset_info.json")]
        versions += [info.parent for info in base.glob("*/*/dataset_info.json")]
        if versions:
            return max(
                versions, key=lambda path: [int(n) for n in path.name.split(".") if n.isdigit()]
            )
    return None


def load(name: str, data_dir: Path) -> Dataset:
    """Loads a prepared TFDS set.

    Args:
        name: `set` or `set/config`, e.g. `mnist` or `emnist/byclass`.
        data_dir: Folder of prepared data sets.

    Raises:
        DataError: If it is not prepared, or has no image and label.
    """
    folder = find(name, data_dir)
    if folder is None:
        looked = ", ".join(str(path) for path in folders(data_dir))
        raise DataError(
            f"data set {name!r} is not prepared (looked in {looked}); fetch it with "
            f"`make data DATASET={name}`"
        )
    import tensorflow_datasets as tfds  # late: takes seconds

    builder = tfds.builder_from_directory(folder)
    features = builder.info.features
    if "image" not in features or "label" not in features:
        raise DataError(f"data set {name!r} has no image and label: {', '.join(features)}")
    missing = {"train", "test"} - set(builder.info.splits)
    if missing:
        raise DataError(f"data set {name!r} has no split {', '.join(sorted(missing))}")
    splits = {split: _arrays(builder, name, split) for split in ("train", "test")}
    # TFDS keeps EMNIST as the original files have it: transposed.
    if name.split("/")[0] == "emnist":
        splits = {key: (images.swapaxes(1, 2), labels) for key, (images, labels) in splits.items()}
    return Dataset(
        name=name,
        train_images=splits["train"][0],
        train_labels=splits["train"][1],
        test_images=splits["test"][0],
        test_labels=splits["test"][1],
        class_names=tuple(features["label"].names),
    )


def _arrays(builder, name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads one split into arrays: images uint8 `(n, h, w, c)` and labels int32."""
    data = builder.as_dataset(split=split, shuffle_files=False)
    try:
        batches = [(b["image"].numpy(), b["label"].numpy()) for b in data.batch(1024)]
    except Exception as error:
        if "shape" not in str(error).lower():
            raise
        raise DataError(
            f"data set {name!r} has images of several sizes; only sets of one size can be loaded"
        ) from error
    images = np.concatenate([images for images, _ in batches])
    return images, np.concatenate([labels for _, labels in batches]).astype(np.int32)
