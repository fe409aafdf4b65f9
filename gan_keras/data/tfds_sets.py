"""Labelled image sets of TensorFlow Datasets, read where they are prepared already.

TFDS would try the network for minutes when a set is missing, and takes seconds to import, so the
folders are looked at first.
"""

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import logging

from gan_keras.data import encoded, splits
from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.options import DataOptions
from gan_keras.data.tfrecords import Records
from gan_keras.foundation.errors import DataError, UsageError

# Class of images of a set that has none.
UNLABELLED = "all"
_BATCH = 1024


def folders(data_dir: Path) -> list[Path]:
    """Where prepared TFDS sets may lie, most specific first.

    Args:
        data_dir: Folder of prepared data sets; its `tfds` sub-folder and itself are looked at.
    """
    named = [data_dir / "tfds", data_dir]
    if "TFDS_DATA_DIR" in os.environ:
        named.append(Path(os.environ["TFDS_DATA_DIR"]))
    return [*named, Path.home() / "tensorflow_datasets"]


def is_name(name: str) -> bool:
    """Whether a name may be one of a set: nothing that could lead out of the data folders."""
    return all(
        part.replace("_", "").replace("-", "").replace(".", "").isalnum()
        for part in name.split("/")
    )


def find(name: str, data_dir: Path) -> Path | None:
    """Finds the newest prepared version of a set.

    Args:
        name: `set` or `set/config`.
        data_dir: Folder of prepared data sets.

    Returns:
        The folder with its `dataset_info.json`, or None.

    Raises:
        UsageError: If the set has configurations and the name says none: which one is meant must
            not depend on what happens to be prepared.
    """
    if not is_name(name):
        return None
    configs: set[str] = set()
    for folder in folders(data_dir):
        base = folder.joinpath(*name.split("/"))
        versions = [info.parent for info in base.glob("*/dataset_info.json")]
        if versions:
            return max(
                versions, key=lambda path: [int(n) for n in path.name.split(".") if n.isdigit()]
            )
        configs |= {info.parent.parent.name for info in base.glob("*/*/dataset_info.json")}
    if configs:
        raise UsageError(
            f"data set {name!r} has configurations, say which; prepared: "
            + " ".join(f"{name}/{config}" for config in sorted(configs))
        )
    return None


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads a prepared TFDS set.

    A set without a labelled test split gives a tenth of its train split to tests.

    Args:
        name: `set` or `set/config`, e.g. `mnist` or `emnist/byclass`.
        data_dir: Folder of prepared data sets.
        options: Size wanted, and how much memory to take.

    Raises:
        DataError: If it is not prepared, damaged, or has no images.
        UsageError: As `find`.
    """
    folder = find(name, data_dir)
    if folder is None:
        looked = ", ".join(str(path) for path in folders(data_dir))
        raise DataError(
            f"data set {name!r} is not prepared (looked in {looked}); fetch it with "
            f"`make data DATASET={name}`"
        )
    with _no_notes():
        return _load(name, folder, data_dir, options)


@contextlib.contextmanager
def _no_notes() -> Iterator[None]:
    """Keeps TFDS from writing notes on every step to the terminal."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _load(name: str, folder: Path, data_dir: Path, options: DataOptions) -> Dataset:
    """`load` of a set that is there."""
    import tensorflow_datasets as tfds  # late: takes seconds

    try:
        builder = tfds.builder_from_directory(folder)
    except Exception as error:  # whatever damaged JSON makes TFDS raise
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{folder} is damaged ({reason}); remove it and fetch it anew") from error
    image, label = _features(builder, name)
    reader = _Reader(builder, name, folder, data_dir, image, label, options)
    if "train" not in builder.info.splits:
        raise DataError(f"data set {name!r} has no split train")
    train_images, train_labels = reader.read("train")
    class_names = tuple(builder.info.features[label].names) if label else (UNLABELLED,)
    if "test" in builder.info.splits:
        test_images, test_labels = reader.read("test")
        if (test_labels >= 0).all():  # -1 where the labels are kept secret
            return Dataset(name, train_images, train_labels, test_images, test_labels, class_names)
    test = splits.by_hash([str(row) for row in range(len(train_labels))], train_labels)
    return splits.divide(name, train_images, train_labels, test, class_names)


def _features(builder, name: str) -> tuple[str, str | None]:
    """Names of the image and of the class feature (None if there is none)."""
    import tensorflow_datasets as tfds

    def first(kind: type, usual: str) -> str | None:
        names = [key for key, value in builder.info.features.items() if isinstance(value, kind)]
        return usual if usual in names else next(iter(names), None)

    image = first(tfds.features.Image, "image")
    if image is None:
        found = ", ".join(builder.info.features)
        raise DataError(f"data set {name!r} has no images, only {found}")
    return image, first(tfds.features.ClassLabel, "label")


@dataclasses.dataclass(frozen=True)
class _Reader:
    """Reads the splits of one set."""

    builder: object
    name: str
    folder: Path
    data_dir: Path
    image: str
    label: str | None
    options: DataOptions

    def read(self, split: str) -> tuple[Examples, np.ndarray]:
        """Images uint8 `(n, h, w, c)` and labels int32 of a split."""
        feature = self.builder.info.features[self.image]
        plain = (
            None not in feature.shape and feature.shape[-1] in (1, 3) and feature.dtype == "uint8"
        )
        if plain and self._bytes(feature.shape) <= self.options.memory_bytes:
            images, labels = self._arrays(split, feature.shape)
            # TFDS keeps EMNIST as the original files have it: transposed.
            return (images.swapaxes(1, 2) if self._is_transposed else images), labels
        records = Records(self.builder, split, self.image, self.label)
        loaded = encoded.load(
            records,
            range(len(records)),
            self.options,
            self.name,
            self.data_dir / encoded.LISTINGS,
            self._is_transposed,
        )
        encoded.report(self.name, loaded.skipped)
        return loaded.images, records.labels[loaded.rows]

    @property
    def _is_transposed(self) -> bool:
        return self.name.split("/")[0] == "emnist"

    def _bytes(self, shape: tuple[int, ...]) -> int:
        return int(np.prod(shape)) * sum(
            self.builder.info.splits[split].num_examples
            for split in ("train", "test")
            if split in self.builder.info.splits
        )

    def _arrays(self, split: str, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Reads a split of images of one size, batch by batch."""
        size = self.builder.info.splits[split].num_examples
        images, labels = np.empty((size, *shape), np.uint8), np.zeros(size, np.int32)
        at = 0
        try:
            for batch in self.builder.as_dataset(split=split, shuffle_files=False).batch(_BATCH):
                part = batch[self.image].numpy()
                images[at : at + len(part)] = part
                if self.label:
                    labels[at : at + len(part)] = batch[self.label].numpy()
                at += len(part)
        except Exception as error:  # whatever missing or damaged records make TensorFlow raise
            reason = " ".join(str(error).split())[:200]
            raise DataError(
                f"{self.folder}: split {split} is damaged ({reason}); remove the folder and fetch "
                f"it with `make data DATASET={self.name}`"
            ) from error
        if at != size:
            raise DataError(f"{self.folder}: split {split} has {at} of {size} images")
        return images, labels
