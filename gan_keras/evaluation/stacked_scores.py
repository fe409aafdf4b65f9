"""Scores of stacked digits: how many of the 1,000 modes has a generator found?"""

from typing import Any

import keras
import numpy as np

from gan_keras.data import Dataset
from gan_keras.evaluation import classifier
from gan_keras.evaluation.classifier import Reading
from gan_keras.evaluation.point_scores import kl_divergence

DIGITS = 10
NAMES = tuple(f"{number:03d}" for number in range(DIGITS**3))


def is_stacked(dataset: Dataset) -> bool:
    """Tells whether images are three digits as colours, named 000 to 999."""
    return dataset.class_names == NAMES and dataset.image_shape[2:] == (3,)


def single_digits(dataset: Dataset) -> Dataset:
    """Returns the digits of stacked images, one per channel: what a judge of digits learns from."""

    def split(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        channels = np.moveaxis(images, -1, 1).reshape(-1, *images.shape[1:3], 1)
        return channels, split_number(labels).reshape(-1).astype(np.int32)

    return Dataset(
        f"{dataset.name} digits",
        *split(dataset.train_images[:], dataset.train_labels),
        *split(dataset.test_images[:], dataset.test_labels),
        tuple(str(digit) for digit in range(DIGITS)),
    )


def split_number(labels: np.ndarray) -> np.ndarray:
    """Returns the three digits of class 100 r + 10 g + b, int `(n, 3)`."""
    return np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1)


def stacked_scores(numbers: np.ndarray, dataset: Dataset) -> dict[str, Any]:
    """Counts modes and measures divergence, as VEEGAN (arXiv:1705.07761, section 5.1) does.

    The published protocol reads 26,000 images; from fewer, fewer modes can be found and the
    divergence comes out larger, so the same figures of as many real images stand beside.

    Args:
        numbers: What was read, int `(n,)` in 0..999.
        dataset: For the real mix of digits, and its test labels as real images.

    Returns:
        `modes`: numbers of 1,000 that were read at least once; `kl`: divergence of the numbers
        read from the real ones in nats, whose shares are products of the shares of digits;
        `samples`; and `real`: both for as many test images, if there are enough.
    """
    shares = [
        np.bincount(column, minlength=DIGITS) / len(column)
        for column in split_number(dataset.train_labels).T
    ]
    expected = np.einsum("i,j,k->ijk", *shares).ravel()

    def scores(numbers: np.ndarray) -> dict[str, float | int | None]:
        counts = np.bincount(numbers, minlength=DIGITS**3)
        return {
            "samples": len(numbers),
            "modes": int((counts > 0).sum()),
            "kl": kl_divergence(counts, expected),
        }

    return scores(numbers) | {"real": scores(dataset.test_labels[: len(numbers)])}


def read(reader: keras.Model, images: np.ndarray) -> Reading:
    """Reads each channel by itself.

    Args:
        reader: As `classifier.make_reader` makes it of a classifier of single digits.
        images: uint8 `(n, h, w, 3)`.

    Returns:
        Features of the three channels side by side `(n, 3 d)`; probabilities `(n, 1000)`.
    """
    channels = [classifier.read(reader, images[..., c : c + 1]) for c in range(3)]
    together = np.einsum("ni,nj,nk->nijk", *(channel.probabilities for channel in channels))
    features = np.concatenate([channel.features for channel in channels], axis=1)
    return Reading(features, together.reshape(len(images), -1))
