"""Images that are read when asked for, so that a set may be larger than memory."""

import hashlib
from typing import Protocol, Self

import numpy as np

from gan_keras.data.pictures import Shape, fit_all


class Source(Protocol):
    """Where images come from, one by one.

    Attributes:
        image_shape: `(height, width, channels)` of all of them.
    """

    image_shape: tuple[int, int, int]

    def __len__(self) -> int:
        """Number of images."""

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Images uint8 `(len(rows), h, w, c)`; called from several threads."""

    def digest(self) -> bytes:
        """Hash of what is there without reading all of it."""


class LazyImages:
    """Some images of a source, indexed like an array of uint8 `(n, height, width, channels)`.

    Args:
        source: Reads the images.
        rows: int `(n,)`, rows of the source in the order wanted; all by default.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, source: Source, rows: np.ndarray | None = None):
        self._source = source
        self._rows = np.arange(len(source)) if rows is None else np.asarray(rows, np.int64)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """As of an array."""
        return (len(self._rows), *self._source.image_shape)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | int | np.ndarray) -> np.ndarray:
        """Reads images: uint8 `(h, w, c)` for one row number, else `(n, h, w, c)`."""
        picked = self._rows[rows]
        if np.ndim(picked) == 0:
            return self._source.read(np.array([picked]))[0]
        return self._source.read(picked)

    def select(self, rows: np.ndarray) -> Self:
        """Some of the images, still unread."""
        return type(self)(self._source, self._rows[rows])

    def digest(self) -> bytes:
        """Hash of the source and of which rows are taken."""
        return hashlib.sha256(self._source.digest() + self._rows.tobytes()).digest()


class ArraySource:
    """Images in memory as a source, e.g. to be enlarged when asked for.

    Args:
        images: uint8 `(n, h, w, c)`.
    """

    def __init__(self, images: np.ndarray):
        self._images = images
        self.image_shape = images.shape[1:]

    def __len__(self) -> int:
        return len(self._images)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """As `Source`."""
        return self._images[rows]

    def digest(self) -> bytes:
        """As `Source`."""
        return hashlib.sha256(np.ascontiguousarray(self._images).data).digest()


class FittedSource:
    """Images of another source, brought into a form when asked for.

    Args:
        images: The images.
        shape: The form.
    """

    def __init__(self, images: LazyImages, shape: Shape):
        self._images, self._shape = images, shape
        self.image_shape = shape.dims

    def __len__(self) -> int:
        return len(self._images)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """As `Source`."""
        return fit_all(self._images[rows], self._shape)

    def digest(self) -> bytes:
        """As `Source`."""
        return hashlib.sha256(self._images.digest() + repr(self._shape).encode()).digest()
