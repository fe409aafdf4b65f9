"""Images that are read when asked for, so that a set may be larger than memory."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from gan_keras.data.pictures import Shape, fit_all


@dataclasses.dataclass(frozen=True, eq=False)
class LazyImages:
    """Some images of a source, indexed like an array of uint8 `(n, height, width, channels)`.

    Attributes:
        read: Reads images uint8 `(n, h, w, c)` of the source by their numbers, int64 `(n,)`; it is
            called from several threads.
        image_shape: `(height, width, channels)` of every image.
        rows: int64 `(n,)`, numbers of the images in the order wanted.
        source_digest: Hashes what the source holds, without reading all of it.
    """

    dtype: ClassVar[np.dtype] = np.dtype(np.uint8)
    ndim: ClassVar[int] = 4

    read: Callable[[np.ndarray], np.ndarray]
    image_shape: tuple[int, int, int]
    rows: np.ndarray
    source_digest: Callable[[], bytes]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of the array they stand for."""
        return (len(self.rows), *self.image_shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | int | np.ndarray) -> np.ndarray:
        """Reads images: uint8 `(h, w, c)` for one row number, else `(n, h, w, c)`."""
        picked = self.rows[rows]
        if np.ndim(picked) == 0:
            return self.read(np.array([picked]))[0]
        return self.read(picked)

    def select(self, rows: np.ndarray) -> Self:
        """Some of the images, still unread."""
        return dataclasses.replace(self, rows=self.rows[rows])

    def digest(self) -> bytes:
        """Hash of the source and of which images are taken."""
        return hashlib.sha256(self.source_digest() + self.rows.tobytes()).digest()


def file_stamp(path: Path) -> str:
    """Name, size and time of a file, for a digest."""
    facts = path.stat()
    return f"{path.name} {facts.st_size} {facts.st_mtime_ns}"


def files_digest(paths: Iterable[Path], rows: Sequence[int] | np.ndarray) -> bytes:
    """Hash of the names, sizes and times of files, and of numbers of rows in them."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{file_stamp(path)}\0".encode())
    digest.update(np.asarray(rows, np.int64).tobytes())
    return digest.digest()


def from_array(images: np.ndarray) -> LazyImages:
    """Images uint8 `(n, h, w, c)` in memory as if they were read when asked for."""

    def digest() -> bytes:
        return hashlib.sha256(np.ascontiguousarray(images).data).digest()

    return LazyImages(images.__getitem__, images.shape[1:], np.arange(len(images)), digest)


def fitted(images: LazyImages, shape: Shape) -> LazyImages:
    """Images brought into a form when asked for."""

    def digest() -> bytes:
        return hashlib.sha256(images.digest() + repr(shape).encode()).digest()

    return LazyImages(
        lambda rows: fit_all(images[rows], shape), shape.dims, np.arange(len(images)), digest
    )
