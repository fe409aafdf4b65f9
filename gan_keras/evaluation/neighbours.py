"""Nearest training images: has a generator copied them?"""

from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu
from sklearn.neighbors import NearestNeighbors

from gan_keras.data import Dataset

# Images that are looked through at a time: 100 MB of the largest ones here (64x64x3).
BLOCK = 1024


def nearest_neighbours(
    images: np.ndarray, dataset: Dataset, count: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The training images that are nearest to some images, by Euclidean distance of pixels.

    Args:
        images: uint8 `(n, h, w, c)`.
        dataset: Its train split is looked through.
        count: Neighbours for each image, the nearest first; fewer if there are fewer.

    Returns:
        Rows of `dataset.train_images`, int64 `(n, count)`, and distances with ink in [0, 1],
        float64 of the same shape.
    """
    return nearest(images, dataset.train_images, count)


def nearest(
    images: np.ndarray, others: np.ndarray, count: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """As `nearest_neighbours`, among any images; exact, and in blocks of bounded memory.

    Args:
        images: uint8 `(n, h, w, c)`.
        others: uint8 `(m, h, w, c)`.
        count: Neighbours for each image.
    """
    query = _flat(images)
    rows, distances = np.zeros((len(images), 0), np.int64), np.zeros((len(images), 0))
    for start in range(0, len(others), BLOCK):
        block = _flat(others[start : start + BLOCK])
        search = NearestNeighbors(n_neighbors=min(count, len(block)), algorithm="brute")
        found, found_rows = search.fit(block).kneighbors(query)
        distances = np.concatenate([distances, found / 255.0], axis=1)
        rows = np.concatenate([rows, found_rows + start], axis=1)
        order = np.argsort(distances, axis=1, kind="stable")[:, :count]
        distances = np.take_along_axis(distances, order, axis=1)
        rows = np.take_along_axis(rows, order, axis=1)
    return rows, distances


def _flat(images: np.ndarray) -> np.ndarray:
    """Images as vectors of whole numbers: their products are exact, copies at distance 0."""
    return images.reshape(len(images), -1).astype(np.float64)


def score_copying(images: np.ndarray, held_out: np.ndarray, train: np.ndarray) -> dict[str, Any]:
    """Distances to the nearest training image, beside those of images that nobody trained on.

    A generator that copies lies nearer to its training images than other real images do. The
    comparison of ranks is that of Meehan et al. 2020 (arXiv:2004.05675), without their cells.

    Args:
        images: Generated, uint8 `(n, h, w, c)`.
        held_out: Real images with the same mix of classes that are not in `train`.
        train: What the generator was trained on.

    Returns:
        `median` and `real_median` distance, ink in [0, 1]; their `ratio`; `nearer_than_real`: the
        probability that a generated image is nearer to its neighbour than a held-out one to its
        own (1/2 if there is no difference, near 1 for copies; ties count half); `exact_copies` and
        `real_exact_copies`: shares at distance 0.
    """
    own, real = (nearest(part, train)[1][:, 0] for part in (images, held_out))
    median, real_median = float(np.median(own)), float(np.median(real))
    return {
        "median": median,
        "real_median": real_median,
        "ratio": median / real_median if real_median else None,
        "nearer_than_real": float(mannwhitneyu(real, own).statistic / (len(own) * len(real))),
        "exact_copies": float((own == 0).mean()),
        "real_exact_copies": float((real == 0).mean()),
    }
