"""Labelled image sets of TensorFlow Datasets, read where they are prepared already.

TFDS would try the network for minutes when a set is missing, and takes seconds to import, so the
folders are looked at first.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from absl import logging

from gan_keras.data import picture_files, places
from gan_keras.data.closing_check import say
from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.options import DataOptions
from gan_keras.data.pictures import Shape
from gan_keras.data.records import UNLABELLED, divide, draw_test
from gan_keras.data.tfrecords import RecordFiles
from gan_keras.foundation.errors import DataError, UsageError, one_line

if TYPE_CHECKING:
    import tensorflow_datasets as tfds


def folders(data_dir: Path) -> list[Path]:
    """Folders in which prepared TFDS sets may lie, most specific first.

    Args:
        data_dir: Folder of prepared data sets; its `tfds` sub-folder and itself are looked at.
    """
    named = [data_dir / "tfds", data_dir]
    if "TFDS_DATA_DIR" in os.environ:
        named.append(Path(os.environ["TFDS_DATA_DIR"]))
    return [*named, Path.home() / "tensorflow_datasets"]


def is_name(name: str) -> bool:
    """True if a name may be that of a set: it cannot lead out of the data folders."""
    return all(re.sub("[_.-]", "", part).isalnum() for part in name.split("/"))


def find(name: str, data_dir: Path) -> Path | None:
    """Finds the newest prepared version of a set.

    Args:
        name: `set` or `set/config`.
        data_dir: Folder of prepared data sets.

    Returns:
        The folder with its `dataset_info.json`, or None.

    Raises:
        UsageError: If the set has configurations and the name gives none: the choice must not
            depend on what happens to be prepared.
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
        if places.is_path(name):
            raise DataError(
                f"--dataset={name} is no name of a data set; files of your own are folder:PATH, "
                "npz:FILE and the like"
            )
        looked = ", ".join(str(path) for path in folders(data_dir))
        raise DataError(
            f"data set {name!r} is not prepared (looked in {looked}); fetch it with "
            f"`make data DATASET={name}`"
        )
    with _no_notes():
        return _read(name, folder, data_dir, options)


@contextlib.contextmanager
def _no_notes() -> Iterator[None]:
    """Keeps TFDS from writing notes on every step to the terminal."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _read(name: str, folder: Path, data_dir: Path, options: DataOptions) -> Dataset:
    """Reads a set that is there."""
    import tensorflow_datasets as tfds  # late: takes seconds

    try:
        builder = tfds.builder_from_directory(folder)
    except Exception as error:  # whatever damaged JSON makes TFDS raise
        raise DataError(
            f"{folder} is damaged ({one_line(error)}); remove it and fetch it anew"
        ) from error
    info = builder.info
    image, label = _features(builder, name)
    if "train" not in info.splits:
        raise DataError(f"data set {name!r} has no split train")
    # TFDS keeps EMNIST as the original files have it: with rows and columns exchanged.
    transposed = name.split("/")[0] == "emnist"

    def read(files: RecordFiles, shape: Shape | None) -> tuple[Examples, np.ndarray]:
        images, rows = picture_files.load(
            files, range(len(files.names)), options, name, data_dir, shape, transposed=transposed
        )
        return images, files.labels[rows]

    train = RecordFiles(builder, "train", image, label)
    images, labels = read(train, _declared_shape(info, image, options, transposed))
    class_names = tuple(info.features[label].names) if label else (UNLABELLED,)
    if "test" in info.splits:
        test = RecordFiles(builder, "test", image, label)
        if (test.labels >= 0).all():  # -1 where the labels are kept secret
            # in the form of the train images, whatever the pictures are
            height, width, channels = images.shape[1:]
            form = Shape(height, width, channels, options.fit, transposed)
            return Dataset(name, images, labels, *read(test, form), class_names)
        say(name, f"{len(test.labels):,} test images without labels are left out")
    drawn = draw_test([str(row) for row in range(len(labels))], labels)
    return divide(name, images, labels, drawn, class_names)


def _declared_shape(
    info: "tfds.core.DatasetInfo", image: str, options: DataOptions, transposed: bool
) -> Shape | None:
    """The form to read images in that are declared to be of one form; None if they are not."""
    feature = info.features[image]
    if np.issubdtype(feature.np_dtype, np.floating):
        raise DataError(f"data set {info.name!r}: floating-point images, whose range is not known")
    if None in feature.shape or feature.shape[-1] not in (1, 3):
        return None
    height, width, channels = feature.shape
    if transposed:
        height, width = width, height
    number = sum(info.splits[split].num_examples for split in {"train", "test"} & {*info.splits})
    fits = number * height * width * channels <= options.memory_bytes
    side = options.image_size
    # What fits into memory is enlarged later, where that may be done image by image.
    if side and not (fits and side * side > height * width):
        height = width = side
    return Shape(height, width, options.channel_number or channels, options.fit, transposed)


def _features(builder: "tfds.core.DatasetBuilder", name: str) -> tuple[str, str | None]:
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
