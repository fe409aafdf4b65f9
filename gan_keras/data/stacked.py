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


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Makes stacked MNIST out of the prepared MNIST; class 100 r + 10 g + b.

    Test images are made of test digits.

    Args:
        name: Name for messages.
        data_dir: Folder of prepared data sets, with `mnist`.
        options: Not used: the digits always fit into memory.

    Raises:
        DataError: If MNIST is not prepared.
    """
    mnist = tfds_sets.load(DIGITS, data_dir, DataOptions())
    random = np.random.default_rng(SEED)
    parts = []
    for digits, labels, number in (
        (mnist.train_images, mnist.train_labels, TRAIN),
        (mnist.test_images, mnist.test_labels, TEST),
    ):
        triples = random.integers(0, len(digits), (number, 3))
        values = labels[triples] @ np.array([100, 10, 1])
        parts += [_stack(digits[:], triples), values.astype(np.int32)]
    return Dataset(name, *parts, tuple(f"{label:03d}" for label in range(1000)))


def _stack(digits: np.ndarray, triples: np.ndarray) -> LazyImages:
    """Images put together when asked for: 30 MB of digits stand for 300 MB of images.

    Args:
        digits: uint8 `(n, h, w, 1)`.
        triples: int `(m, 3)`, rows of `digits`: the red, green and blue of each image.
    """
    grey = digits[..., 0]

    def read(rows: np.ndarray) -> np.ndarray:
        return np.stack([grey[column] for column in triples[rows].T], axis=-1)

    def digest() -> bytes:
        parts = (np.ascontiguousarray(part).data for part in (grey, triples))
        return hashlib.sha256(b"".join(parts)).digest()

    return LazyImages(read, (*grey.shape[1:], 3), np.arange(len(triples)), digest)
