"""What a data set is to the rest of the suite."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from data_tools.errors import DataError


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """What a model must know of its data: stored in config.json, so that samples need no data.

    Attributes:
        image_shape: `(height, width, channels)`.
        class_names: One name a class.
        class_counts: Train images a class.
    """

    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def to_dict(self) -> dict[str, list]:
        """As plain lists, for JSON."""
        return {name: list(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Sequence]) -> Self:
        """Rebuilds what `to_dict` gave; raises KeyError on a missing entry."""
        return cls(*(tuple(values[field.name]) for field in dataclasses.fields(cls)))


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A labelled image set in memory, split into train and test.

    Attributes:
        name: Name under which it was loaded.
        train_images: uint8 `(n, height, width, channels)`; ink is 255 where a set has ink.
        train_labels: int32 `(n,)`, indices into `class_names`.
        test_images: uint8, never used to train anything.
        test_labels: int32.
        class_names: One name a class.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...]

    def __post_init__(self):
        for split in ("train", "test"):
            images, labels = getattr(self, f"{split}_images"), getattr(self, f"{split}_labels")
            if images.dtype != np.uint8 or images.ndim != 4 or len(images) != len(labels):
                raise DataError(
                    f"{self.name}: {split} images must be uint8 (n, height, width, channels) with "
                    f"a label each; got {images.dtype} {images.shape} and {len(labels)} labels"
                )
            if len(labels) and not 0 <= labels.min() <= labels.max() < self.num_classes:
                raise DataError(
                    f"{self.name}: {split} labels must lie in 0..{self.num_classes - 1}; got "
                    f"{labels.min()}..{labels.max()}"
                )
        if not len(self.train_images):
            raise DataError(f"{self.name}: the train split is empty")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)`."""
        return tuple(self.train_images.shape[1:])

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def class_counts(self) -> np.ndarray:
        """Train images a class, int64 `(num_classes,)`. Test images are not counted."""
        return np.bincount(self.train_labels, minlength=self.num_classes)

    @property
    def spec(self) -> DataSpec:
        """What a model must know of it."""
        counts = tuple(int(count) for count in self.class_counts)
        return DataSpec(self.image_shape, self.class_names, counts)

    def fingerprint(self) -> str:
        """Hash of everything in it: tells whether a resumed run sees the same data."""
        digest = hashlib.sha256(repr((self.class_names, self.image_shape)).encode())
        for part in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(part).view(np.uint8).data)
        return digest.hexdigest()[:16]
