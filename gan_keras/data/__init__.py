"""One door to every data set: `load(name)` gives images, labels and class names."""

from collections.abc import Callable
from pathlib import Path

from gan_keras.data import symbols, tfds_sets
from gan_keras.data.dataset import Dataset, DataSpec

# name -> loader(name, data_dir); every other name is looked up among TFDS sets.
LOADERS: dict[str, Callable[[str, Path], Dataset]] = {
    "crohme": symbols.load,
    "demo": symbols.load,
    "demo_letters": symbols.load,
}


def load(name: str, data_dir: str | Path = "data") -> Dataset:
    """Loads a data set into memory.

    Args:
        name: A key of `LOADERS`, or a labelled TFDS image set (`mnist`, `emnist/byclass`, ...).
        data_dir: Folder of prepared data sets.

    Raises:
        DataError: If the set is not there (the message says which command makes it) or is
            damaged. Nothing is ever downloaded here.
    """
    return LOADERS.get(name, tfds_sets.load)(name, Path(data_dir))


__all__ = ["LOADERS", "DataSpec", "Dataset", "load"]
