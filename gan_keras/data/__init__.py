"""One door to every data set: `load(name)` gives images, labels and class names."""

from collections.abc import Callable
from pathlib import Path

from gan_keras.data import (
    closing_check,
    digits,
    folder,
    idx,
    npy,
    npz,
    parquet,
    pixel_table,
    places,
    stacked,
    symbols,
    tfds_sets,
    toys,
)
from gan_keras.data.dataset import Dataset, DataSpec
from gan_keras.data.options import DataOptions
from gan_keras.foundation.errors import DataError

Loader = Callable[[str, Path, DataOptions], Dataset]

# Those of files of the user, whose name is `door:PATH`.
OWN_FILES: dict[str, Loader] = {
    "folder": folder.load,
    "npz": npz.load,
    "npy": npy.load,
    "idx": idx.load,
    "csv": pixel_table.load,
    "parquet": parquet.load,
}
# The part of a name before a colon -> loader(name, data_dir, options). Every other name is looked
# up among TFDS sets. A loader may use the options that save it work, such as the image size;
# `load` applies the rest.
LOADERS: dict[str, Loader] = {
    "digits": digits.load,
    **OWN_FILES,
    "stacked_mnist": stacked.load,
    **dict.fromkeys(symbols.COMMANDS, symbols.load),
    **dict.fromkeys(toys.MIXTURES, toys.load),
}


def load(name: str, data_dir: str | Path = "data", options: DataOptions | None = None) -> Dataset:
    """Loads a data set: into memory if it fits there, else as images that are read when needed.

    Classes without a train image are dropped, and what is odd about the set is said, as
    `closing_check` tells.

    Args:
        name: A key of `LOADERS`, with `:PATH` where that is one of `OWN_FILES`, or a TFDS image
            set (`mnist`, `emnist/byclass`, ...).
        data_dir: Folder of prepared data sets.
        options: Size, classes and balance; none by default.

    Raises:
        DataError: If the set is not there (the message says which command makes it) or is
            damaged, or its images are blank. Nothing is ever downloaded here.
        UsageError: If the options do not fit the set, or the name does not say which of several.
    """
    options = options or DataOptions()
    loader = LOADERS.get(name.partition(":")[0], tfds_sets.load)
    try:
        dataset = loader(name, Path(data_dir), options)
    except DataError as error:
        advice = places.advice(name)
        raise (DataError(f"{error}; {advice}") if advice else error) from error
    if name.partition(":")[0] in OWN_FILES:
        places.say_what_lies_beside(dataset.name, name)
    dataset = options.apply(closing_check.drop_empty_classes(dataset))
    closing_check.check(dataset)
    return dataset


def tfds_name(name: str) -> str | None:
    """Name of the TFDS set that a data set is read from, mostly its own; None if from none."""
    if name == "stacked_mnist":
        return stacked.DIGITS
    is_other = name.partition(":")[0] in LOADERS or places.is_path(name)
    return None if is_other else name


__all__ = ["LOADERS", "DataOptions", "DataSpec", "Dataset", "load", "tfds_name"]
