"""A data set as the rest of the suite sees it."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from gan_keras.data.lazy import LazyImages
from gan_keras.foundation.errors import DataError, UsageError

# Images in memory, images read when asked for, or points: all have shape, dtype, len() and [rows].
Examples = np.ndarray | LazyImages

# Largest part of a streamed split that is read into memory at once.
MAX_SAMPLE_BYTES = 300_000_000


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """The facts about a data set that a model needs.

    They are stored in config.json, so that sampling needs no data.

    Attributes:
        image_shape: Shape of one example: `(height, width, channels)`, or `(d,)` for points.
        class_names: One name per class.
        class_counts: Train examples per class.

    Raises:
        UsageError: If the counts are not one per class, or no counts.
    """

    image_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]

    def __post_init__(self) -> None:
        counts = self.class_counts
        if len(counts) != len(self.class_names) or min(counts, default=0) < 0 or not any(counts):
            shown = f"{counts[:9]}{' ...' if len(counts) > 9 else ''}"
            raise UsageError(
                "class_counts must be one number of train examples per class, none negative and "
                f"not all 0; got {len(counts)} for {len(self.class_names)} class names: {shown}"
            )

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def is_points(self) -> bool:
        """True if the examples are points, false if they are images."""
        return len(self.image_shape) == 1

    def to_dict(self) -> dict[str, list]:
        """Plain lists, for JSON."""
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
        class_names: One name per class.

    Raises:
        DataError: If types or shapes are others, a label has no class, or there is nothing to
            train on.
    """

    name: str
    train_images: Examples
    train_labels: np.ndarray
    test_images: Examples
    test_labels: np.ndarray
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
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
        """Train examples per class, int64 `(num_classes,)`. Test examples are not counted."""
        return np.bincount(self.train_labels, minlength=self.num_classes)

    @property
    def spec(self) -> DataSpec:
        """The facts that a model needs."""
        counts = tuple(int(count) for count in self.class_counts)
        return DataSpec(self.image_shape, self.class_names, counts)

    @property
    def is_streamed(self) -> bool:
        """True if images are read when asked for."""
        return isinstance(self.train_images, LazyImages)

    def select(self, train_rows: np.ndarray, test_rows: np.ndarray) -> Self:
        """A data set of some of the examples; streamed images stay unread.

        Args:
            train_rows: int, row numbers of the train split, in the order wanted.
            test_rows: The same for the test split.
        """
        return dataclasses.replace(
            self,
            train_images=rows_of(self.train_images, train_rows),
            train_labels=self.train_labels[train_rows],
            test_images=rows_of(self.test_images, test_rows),
            test_labels=self.test_labels[test_rows],
        )

    def in_memory(self, per_split: int) -> Self:
        """A data set in memory of at most `per_split` examples per split, evenly spread over it.

        For code that needs arrays, such as scores: the result is bounded however large the set and
        its images are.
        """
        if not self.is_streamed:
            return self
        rows = (self._spread(labels, per_split) for labels in (self.train_labels, self.test_labels))
        part = self.select(*rows)
        return dataclasses.replace(
            part, train_images=part.train_images[:], test_images=part.test_images[:]
        )

    def train_sample(self, most: int) -> np.ndarray:
        """At most `most` train examples, evenly spread; bounded as `in_memory` is."""
        return self.train_images[self._spread(self.train_labels, most)]

    def _spread(self, labels: np.ndarray, most: int) -> np.ndarray:
        """Rows at even distances over a split whose images fit into bounded memory."""
        fitting = MAX_SAMPLE_BYTES // int(np.prod(self.image_shape))
        number = min(len(labels), max(1, min(most, fitting)))
        return np.unique(np.linspace(0, len(labels) - 1, number).round().astype(np.int64))

    def fingerprint(self, train_only: bool = False) -> str:
        """Hash of everything in it: tells whether a resumed run sees the same data.

        For streamed images it hashes the listing (names, sizes and times) instead of the pixels.

        Args:
            train_only: Leaves out the test split, for what is made of the train split alone.
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
    """Some of the examples; streamed images stay unread."""
    return images.select(rows) if isinstance(images, LazyImages) else images[rows]
