"""What a data set is to the rest of the suite."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from gan_keras.data.lazy import LazyImages
from gan_keras.foundation.errors import DataError

# Images in memory, images read when asked for, or points: all have shape, dtype, len() and [rows].
Examples = np.ndarray | LazyImages

# What is taken out of a streamed split at once.
_MAX_BYTES = 300_000_000


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """What a model must know of its data: stored in config.json, so that samples need no data.

    Attributes:
        image_shape: Shape of one example: `(height, width, channels)`, or `(d,)` for points.
        class_names: One name a class.
        class_counts: Train examples a class.
    """

    image_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def is_points(self) -> bool:
        """Whether the examples are points rather than images."""
        return len(self.image_shape) == 1

    def to_dict(self) -> dict[str, list]:
        """As plain lists, for JSON."""
        return {name: list(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Sequence]) -> Self:
        """Rebuilds what `to_dict` gave; raises KeyError on a missing entry."""
        return cls(*(tuple(values[field.name]) for field in dataclasses.fields(cls)))


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Labelled examples, split into train and test.

    Examples are images, uint8 `(n, height, width, channels)` where ink is 255 if a set has ink, or
    points, float32 `(n, d)`. Images are a NumPy array when they fit into memory, else `LazyImages`,
    which are indexed alike: `images[rows]` gives an array.

    Attributes:
        name: Name for messages.
        train_images: Examples to train on.
        train_labels: int32 `(n,)`, indices into `class_names`.
        test_images: Examples that are never used to train anything; may be none.
        test_labels: int32.
        class_names: One name a class.
    """

    name: str
    train_images: Examples
    train_labels: np.ndarray
    test_images: Examples
    test_labels: np.ndarray
    class_names: tuple[str, ...]

    def __post_init__(self):
        for split in ("train", "test"):
            images, labels = getattr(self, f"{split}_images"), getattr(self, f"{split}_labels")
            form = (images.dtype, images.ndim)
            if form not in ((np.uint8, 4), (np.float32, 2)) or len(images) != len(labels):
                raise DataError(
                    f"{self.name}: {split} images must be uint8 (n, height, width, channels), or "
                    f"points float32 (n, d), with a label each; got {images.dtype} "
                    f"{images.shape} and {len(labels)} labels"
                )
            if len(labels) and not 0 <= labels.min() <= labels.max() < self.num_classes:
                raise DataError(
                    f"{self.name}: {split} labels must lie in 0..{self.num_classes - 1}; got "
                    f"{labels.min()}..{labels.max()}"
                )
        if not len(self.train_images):
            raise DataError(f"{self.name}: the train split is empty")

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one example, `(height, width, channels)` or `(d,)`."""
        return tuple(self.train_images.shape[1:])

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def class_counts(self) -> np.ndarray:
        """Train examples a class, int64 `(num_classes,)`. Test examples are not counted."""
        return np.bincount(self.train_labels, minlength=self.num_classes)

    @property
    def spec(self) -> DataSpec:
        """What a model must know of it."""
        counts = tuple(int(count) for count in self.class_counts)
        return DataSpec(self.image_shape, self.class_names, counts)

    @property
    def is_streamed(self) -> bool:
        """Whether images are read when asked for."""
        return isinstance(self.train_images, LazyImages)

    def select(self, train_rows: np.ndarray, test_rows: np.ndarray) -> Self:
        """A data set of some of its examples.

        Args:
            train_rows: int, row numbers of the train split, in the order wanted.
            test_rows: The same of the test split.
        """
        return dataclasses.replace(
            self,
            train_images=rows_of(self.train_images, train_rows),
            train_labels=self.train_labels[train_rows],
            test_images=rows_of(self.test_images, test_rows),
            test_labels=self.test_labels[test_rows],
        )

    def in_memory(self, per_split: int) -> Self:
        """A data set in memory of at most `per_split` examples a split, evenly spread over it.

        For code that needs arrays, such as scores: the result is bounded however large the set and
        its images are.
        """
        if not self.is_streamed:
            return self
        picks = [self._picks(part, per_split) for part in (self.train_labels, self.test_labels)]
        return dataclasses.replace(
            self,
            train_images=self.train_images[picks[0]],
            train_labels=self.train_labels[picks[0]],
            test_images=self.test_images[picks[1]],
            test_labels=self.test_labels[picks[1]],
        )

    def train_sample(self, most: int) -> np.ndarray:
        """At most `most` train examples, evenly spread; bounded as `in_memory` is."""
        return self.train_images[self._picks(self.train_labels, most)]

    def _picks(self, labels: np.ndarray, most: int) -> np.ndarray:
        """Rows of a split, evenly spread, whose images fit into bounded memory."""
        fitting = _MAX_BYTES // int(np.prod(self.image_shape))
        return _spread(len(labels), max(1, min(most, fitting)))

    def fingerprint(self, train_only: bool = False) -> str:
        """Hash of everything in it: tells whether a resumed run sees the same data.

        Of streamed images not the pixels are hashed but the listing: names, sizes and times.

        Args:
            train_only: Whether to leave out the test split, for what is made of the other alone.
        """
        digest = hashlib.sha256(repr((self.class_names, self.image_shape)).encode())
        parts = [self.train_images, self.train_labels, self.test_images, self.test_labels]
        for part in parts[:2] if train_only else parts:
            if isinstance(part, LazyImages):
                digest.update(part.digest())
            else:
                digest.update(np.ascontiguousarray(part).view(np.uint8).data)
        return digest.hexdigest()[:16]


def rows_of(images: Examples, rows: np.ndarray) -> Examples:
    """Some examples; what is streamed stays so."""
    return images.select(rows) if isinstance(images, LazyImages) else images[rows]


def _spread(size: int, wanted: int) -> np.ndarray:
    """At most `wanted` row numbers out of `size`, at even distances."""
    return np.unique(np.linspace(0, size - 1, min(size, wanted)).round().astype(np.int64))
