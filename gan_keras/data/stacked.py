"""Stacked MNIST: three digits as the colours of one image, 1,000 modes to find or to miss.

As VEEGAN (Srivastava et al. 2017, arXiv:1705.07761) and PacGAN (Lin et al. 2018, arXiv:1712.04086)
used it: 128,000 images to train on, and 26,000 that are scored.
"""

import hashlib
from pathlib import Path

import numpy as np

from gan_keras.data import tfds_sets
from gan_keras.data.dataset import Dataset
from gan_keras.data.lazy import LazyImages
from gan_keras.data.options import DataOptions

DIGITS = "mnist"
TRAIN, TEST = 128_000, 26_000
# The data is the same in every run; a run's seed does not enter.
SEED = 20_170


class StackedSource:
    """Images put together when asked for: 30 MB of digits stand for 300 MB of images.

    Args:
        digits: uint8 `(n, h, w, 1)`.
        triples: int `(m, 3)`, rows of `digits`: the red, green and blue of each image.
    """

    def __init__(self, digits: np.ndarray, triples: np.ndarray):
        self._digits, self._triples = digits[..., 0], triples
        self.image_shape = (*digits.shape[1:3], 3)

    def __len__(self) -> int:
        return len(self._triples)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """As `lazy.Source`."""
        return np.stack([self._digits[column] for column in self._triples[rows].T], axis=-1)

    def digest(self) -> bytes:
        """As `lazy.Source`."""
        digest = hashlib.sha256(np.ascontiguousarray(self._digits).data)
        digest.update(np.ascontiguousarray(self._triples).data)
        return digest.digest()


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Makes stacked MNIST out of the prepared MNIST; class 100 r + 10 g + b.

    Test images are made of test digits.

    Args:
        name: Name for messages.
        data_dir: Folder of prepared data sets, with `mnist`.
        options: How much memory to take; the size is not looked at.

    Raises:
        DataError: If MNIST is not prepared.
    """
    mnist = tfds_sets.load(DIGITS, data_dir, DataOptions(memory_mb=options.memory_mb))
    random = np.random.default_rng(SEED)
    parts = []
    for digits, labels, number in (
        (mnist.train_images, mnist.train_labels, TRAIN),
        (mnist.test_images, mnist.test_labels, TEST),
    ):
        triples = random.integers(0, len(digits), (number, 3))
        parts += [LazyImages(StackedSource(digits, triples)), _number(labels[triples])]
    return Dataset(name, *parts, tuple(f"{label:03d}" for label in range(1000)))


def _number(digits: np.ndarray) -> np.ndarray:
    """The number that three digits `(m, 3)` write, int32 `(m,)`."""
    return (digits @ np.array([100, 10, 1])).astype(np.int32)
