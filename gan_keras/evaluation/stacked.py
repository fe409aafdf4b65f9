"""Scores of stacked digits: which of the 1,000 modes a generator has found."""

from typing import Any

import keras
import numpy as np

from gan_keras.data import Dataset
from gan_keras.evaluation import reading
from gan_keras.evaluation.reading import Reading
from gan_keras.evaluation.toys import kl_divergence

DIGITS = 10
# Images that published numbers were computed from (VEEGAN, PacGAN).
PROTOCOL_IMAGES = 26_000


def is_stacked(dataset: Dataset) -> bool:
    """Whether images are three digits as colours, named 000 to 999."""
    return (
        dataset.num_classes == DIGITS**3
        and len(dataset.image_shape) == 3
        and dataset.image_shape[-1] == 3
        and dataset.class_names == tuple(f"{number:03d}" for number in range(DIGITS**3))
    )


def single_digits(dataset: Dataset) -> Dataset:
    """The digits of stacked images, one channel each: what a judge of digits learns from.

    Args:
        dataset: A data set for which `is_stacked` holds.
    """

    def split(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        channels = np.moveaxis(images, -1, 1).reshape(-1, *images.shape[1:3], 1)
        return channels, split_number(labels).reshape(-1).astype(np.int32)

    return Dataset(
        f"{dataset.name} digits",
        *split(dataset.train_images, dataset.train_labels),
        *split(dataset.test_images, dataset.test_labels),
        tuple(str(digit) for digit in range(DIGITS)),
    )


def split_number(labels: np.ndarray) -> np.ndarray:
    """The three digits of class 100 r + 10 g + b, int `(n, 3)`."""
    return np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1)


def score_stacked(numbers: np.ndarray, dataset: Dataset) -> dict[str, Any]:
    """Modes captured and divergence, as VEEGAN (arXiv:1705.07761, section 5.1) counts them.

    The published protocol reads `PROTOCOL_IMAGES` images; from fewer, fewer modes can be found and
    the divergence comes out larger, so the same figures of as many real images stand beside.

    Args:
        numbers: What was read, int `(n,)` in 0..999.
        dataset: For the real mix of digits, and its test labels as real images.

    Returns:
        `modes`: numbers of 1,000 that were read at least once; `kl`: divergence of the numbers
        read from the real ones, `sum_i p_i ln(p_i / q_i)` in nats, where q is the product of the
        shares of digits (they are stacked independently; no q is 0 by chance); `samples`; and
        `real`: both for as many test images, if there are so many.
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
        reader: What `reading.make_reader` makes of a classifier of single digits.
        images: uint8 `(n, h, w, 3)`.

    Returns:
        Features of the three channels side by side `(n, 3 d)`; as probabilities those of the 1,000
        numbers `(n, 1000)`.
    """
    red, green, blue = (reading.read(reader, images[..., c : c + 1]) for c in range(3))
    together = np.einsum(
        "ni,nj,nk->nijk", red.probabilities, green.probabilities, blue.probabilities
    )
    features = np.concatenate([red.features, green.features, blue.features], axis=1)
    return Reading(features, together.reshape(len(images), -1))
