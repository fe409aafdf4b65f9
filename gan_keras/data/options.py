"""Options that a user has for any data set: size, classes, balance."""

import dataclasses
from typing import Any, Self

import numpy as np

from gan_keras.data import lazy
from gan_keras.data.dataset import Dataset, Examples
from gan_keras.data.pictures import Shape, fit_all, has_no_colour
from gan_keras.data.records import normal
from gan_keras.foundation.class_names import class_list
from gan_keras.foundation.errors import UsageError

_PART = 1024  # images whose colours are looked at together


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """The form in which a data set is wanted.

    Attributes:
        image_size: Side of the square that images are brought to, in pixels; 0 leaves them.
        fit: How, see `pictures.Shape`.
        channels: `grey`, `rgb`, or `auto`, which is grey where all images are.
        only_class: Classes to keep, by name and separated by commas; all when empty.
        balance: Cuts each class of the train split to the size of the smallest.
        memory_mb: Images that take more than this many MB are streamed.
    """

    image_size: int = 0
    fit: str = "resize"
    channels: str = "auto"
    only_class: str = ""
    balance: bool = False
    # With its copy in the graph and TensorFlow itself, the process stays below 2 GB.
    memory_mb: int = 700

    @classmethod
    def from_config(cls, config: Any) -> Self:
        """Takes the fields of these names from a configuration; those it lacks keep defaults."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: getattr(config, name) for name in names if hasattr(config, name)})

    @property
    def memory_bytes(self) -> int:
        """`memory_mb` in bytes."""
        return self.memory_mb * 1_000_000

    @property
    def channel_number(self) -> int:
        """Channels wanted: 1, 3, or 0 for those that the images need."""
        return {"auto": 0, "grey": 1, "rgb": 3}[self.channels]

    def apply(self, dataset: Dataset) -> Dataset:
        """Brings a loaded data set into the form wanted.

        Args:
            dataset: As its loader gives it, each class with train images; work that the loader
                has done is not done again.

        Raises:
            UsageError: If a class is unknown, or points are asked to be images.
        """
        if self.only_class:
            dataset = _keep_classes(dataset, self.only_class)
        if self.balance:
            dataset = _balanced(dataset)
        return self._fitted(dataset)

    def _fitted(self, dataset: Dataset) -> Dataset:
        """Images of the form wanted; read when asked for if they do not fit into memory."""
        if dataset.spec.is_points:
            if self.image_size:
                raise UsageError(f"--image_size={self.image_size}: {dataset.name} holds points")
            if self.channel_number:
                raise UsageError(f"--channels={self.channels}: {dataset.name} holds points")
            return dataset
        height, width, channels = dataset.image_shape
        if self.image_size:
            height = width = self.image_size
        if self.channel_number:
            channels = self.channel_number
        elif channels == 3 and is_grey(dataset.train_images) and is_grey(dataset.test_images):
            channels = 1
        shape = Shape(height, width, channels, self.fit)
        if dataset.image_shape == shape.dims:
            return dataset
        number = len(dataset.train_images) + len(dataset.test_images)
        fits = number * np.prod(shape.dims) <= self.memory_bytes

        def fitted(images: Examples) -> Examples:
            if isinstance(images, lazy.LazyImages):
                return lazy.fitted(images, shape)
            return fit_all(images, shape) if fits else lazy.fitted(lazy.from_array(images), shape)

        return dataclasses.replace(
            dataset,
            train_images=fitted(dataset.train_images),
            test_images=fitted(dataset.test_images),
        )


def is_grey(images: Examples) -> bool:
    """True if images in memory have no colour; of streamed ones their loader has seen to it."""
    return not isinstance(images, lazy.LazyImages) and all(
        has_no_colour(images[start : start + _PART]) for start in range(0, len(images), _PART)
    )


def class_number(dataset: Dataset, name: str, flag: str) -> int:
    """The number of a class that a flag names.

    Args:
        dataset: Has the classes.
        name: Name of one.
        flag: For the message.

    Raises:
        UsageError: If there is no such class.
    """
    known = [normal(known) for known in dataset.class_names]
    if normal(name) not in known:
        some = " ".join(dataset.class_names[:100])
        more = " ..." if dataset.num_classes > 100 else ""
        raise UsageError(f"--{flag}={name}: {dataset.name} has the classes {some}{more}")
    return known.index(normal(name))


def _keep_classes(dataset: Dataset, names: str) -> Dataset:
    """Keeps the named classes in both splits, numbered anew in their old order."""
    if normal(names) in map(normal, dataset.class_names):  # a name may have commas in it
        wanted = (names,)
    else:
        wanted = class_list(names, "only_class") or dataset.class_names
    numbers = sorted(class_number(dataset, name, "only_class") for name in wanted)
    renumbered = np.full(dataset.num_classes, -1, np.int32)
    renumbered[numbers] = np.arange(len(numbers))
    train, test = renumbered[dataset.train_labels], renumbered[dataset.test_labels]
    chosen = dataset.select(np.flatnonzero(train >= 0), np.flatnonzero(test >= 0))
    return dataclasses.replace(
        chosen,
        train_labels=train[train >= 0],
        test_labels=test[test >= 0],
        class_names=tuple(dataset.class_names[number] for number in numbers),
    )


def _balanced(dataset: Dataset) -> Dataset:
    """Cuts each class of the train split to its first examples, as many as the smallest has."""
    counts = dataset.class_counts
    smallest = int(counts.min())
    by_class = np.argsort(dataset.train_labels, kind="stable")
    starts = np.cumsum(counts) - counts
    rows = np.concatenate([by_class[start : start + smallest] for start in starts])
    return dataset.select(np.sort(rows), np.arange(len(dataset.test_labels)))
