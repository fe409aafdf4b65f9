"""Nearest training images: has a generator copied them?"""

from typing import Any

import numpy as np
import scipy

from gan_keras.data.dataset import Examples

# Images that are searched at a time: 100 MB of the largest ones here (64x64x3).
BLOCK = 1024


def nearest(images: np.ndarray, others: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest of other images by Euclidean distance of pixels.

    The search computes in float32, which has the products of whole numbers up to 1,024 values per
    image exactly and may take one of two about equally near images for the other where there are
    more; distances are exact.

    Args:
        images: uint8 `(n, h, w, c)`.
        others: uint8 `(m, h, w, c)`, m at least 1; they are searched in blocks.

    Returns:
        Rows of `others`, int64 `(n,)`, and distances with ink in [0, 1], float64 `(n,)`.
    """
    query = centred(images)
    rows, distances = np.zeros(len(images), np.int64), np.full(len(images), np.inf)
    least = np.full(len(images), np.inf, np.float32)
    for start in range(0, len(others), BLOCK):
        block = centred(others[start : start + BLOCK])
        # half the squared distance less what is the same for all
        parts = (block**2).sum(axis=1) / 2 - query @ block.T
        found = parts.argmin(axis=1)
        part = np.take_along_axis(parts, found[:, np.newaxis], axis=1)[:, 0]
        nearer = part < least
        least[nearer], rows[nearer] = part[nearer], start + found[nearer]
        difference = (query[nearer] - block[found[nearer]]).astype(np.float64)
        distances[nearer] = np.sqrt((difference**2).sum(axis=1)) / 255.0
    return rows, distances


def centred(images: np.ndarray) -> np.ndarray:
    """Returns images as vectors of whole numbers around 0, float32 `(n, h * w * c)`."""
    return images.reshape(len(images), -1).astype(np.float32) - np.float32(128)


def copying_scores(images: np.ndarray, held_out: np.ndarray, train: Examples) -> dict[str, Any]:
    """Compares generated and held-out real images by distance to their nearest training image.

    Ranks are compared as by Meehan et al. 2020 (arXiv:2004.05675), without their cells.

    Args:
        images: Generated, uint8 `(n, h, w, c)`.
        held_out: Real images with the same mix of classes that are not in `train`.
        train: What the generator was trained on.

    Returns:
        `median` and `real_median` distance, ink in [0, 1]; their `ratio`; `nearer_than_real`: the
        probability that a generated image lies nearer than a held-out one (1/2 if there is no
        difference, near 1 for copies); `exact_copies`, `real_exact_copies`: shares at distance 0.
    """
    own, real = (nearest(part, train)[1] for part in (images, held_out))
    better = scipy.stats.mannwhitneyu(real, own).statistic
    median, real_median = float(np.median(own)), float(np.median(real))
    return {
        "median": median,
        "real_median": real_median,
        "ratio": median / real_median if real_median else None,
        "nearer_than_real": float(better / (len(own) * len(real))),
        "exact_copies": float((own == 0).mean()),
        "real_exact_copies": float((real == 0).mean()),
    }
