"""Scores of collapse: classes that a generator has lost, and variety within classes."""

from typing import Any

import numpy as np
import scipy

from gan_keras.data.dataset import Examples
from gan_keras.evaluation.neighbours import centred
from gan_keras.storage.metrics import by_name, number

# Pairs grow with the square; 1,000 images give 499,500 distances, far below the noise of seeds.
DIVERSITY_IMAGES = 1000
# Values of an image up to which float32 has the products of `centred` exactly: 2^24 / 128^2.
EXACT = 1024
# A class is a mode of a generator from this share of its images on.
MODE_SHARE = 0.01


def class_shares(read: np.ndarray, num_classes: int) -> np.ndarray:
    """Computes the share of each class among labels, float64 `(num_classes,)`."""
    return np.bincount(read, minlength=num_classes) / max(1, len(read))


def entropy_ratio(shares: np.ndarray) -> float:
    """Computes the entropy of class shares over its maximum, `-sum_k p_k ln p_k / ln K`.

    1 if all classes are equally frequent, 0 if there is only one.
    """
    return abs(float(scipy.stats.entropy(shares) / np.log(max(2, len(shares)))))  # not -0


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Computes the total variation distance of class shares, `1/2 sum_k |p_k - q_k|`, in [0, 1]."""
    return float(np.abs(first - second).sum() / 2)


def spread_scores(
    read: np.ndarray, wanted: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Compares the spread of images over the classes with the one that was wanted.

    Args:
        read: Classes that a classifier read, int `(n,)`.
        wanted: Share of each class that was wanted, float `(num_classes,)`.
        class_names: Names of the classes.
    """
    shares = class_shares(read, len(class_names))
    return {
        "class_shares": by_name(class_names, shares),
        "wanted_shares": by_name(class_names, wanted),
        "entropy_ratio": entropy_ratio(shares),
        "wanted_entropy_ratio": entropy_ratio(wanted),
        "modes": int(np.sum(shares >= MODE_SHARE)),
        "total_variation": total_variation(shares, wanted),
    }


def within_class_diversity(images: Examples, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Computes the mean Euclidean distance between two images of a class, ink in [0, 1].

    It is 0 when a class has collapsed to one image. Where a class has more than
    `DIVERSITY_IMAGES`, as many are drawn, the same ones each time.

    Args:
        images: uint8 `(n, h, w, c)`.
        labels: int `(n,)`.
        num_classes: Number of classes.

    Returns:
        float64 `(num_classes,)`; NaN for classes with fewer than two images.
    """
    random = np.random.default_rng(0)
    found = np.full(num_classes, np.nan)
    for label in range(num_classes):
        members = np.flatnonzero(labels == label)
        if len(members) > DIVERSITY_IMAGES:
            members = random.choice(members, DIVERSITY_IMAGES, replace=False)
        if len(members) > 1:
            pairs = len(members) * (len(members) - 1)
            found[label] = _distances(centred(images[members])).sum() / 255 / pairs
    return found


def _distances(points: np.ndarray) -> np.ndarray:
    """Returns Euclidean distances of each to each, float64; equal ones of `centred` are at 0."""
    if points.shape[1] > EXACT:
        points = points.astype(np.float64)
    products = points @ points.T
    squares = products.diagonal()
    squares = squares[:, np.newaxis] + squares - 2 * products
    return np.sqrt(np.maximum(squares, 0), dtype=np.float64)


def _mean(values: np.ndarray) -> float | None:
    """Averages what is not NaN; None if all is."""
    known = values[~np.isnan(values)]
    return number(known.mean()) if len(known) else None


def diversity_scores(
    diversities: np.ndarray, real: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Compares within-class diversities of generated and real images.

    Args:
        diversities: As `within_class_diversity` gives them for generated images.
        real: The same for real ones.
        class_names: Names of the classes.

    Returns:
        Means over the classes that have a value, and the ratio of each class (may exceed 1).
    """
    ratios = np.divide(diversities, real, out=np.full(len(real), np.nan), where=real > 0)
    return {
        "diversity": _mean(diversities),
        "real_diversity": _mean(real),
        "diversity_ratio": _mean(ratios),
        "diversity_ratio_per_class": by_name(class_names, ratios),
    }


def sensitivity_scores(
    images: np.ndarray, real: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Measures how much the noise alone changes an image, all else being equal.

    Args:
        images: uint8 `(num_classes, k, h, w, c)`, images of one class that differ in z alone.
        real: As `within_class_diversity` gives it for real images.
        class_names: Names of the classes.

    Returns:
        Mean distance between two images of a class, ink in [0, 1]: 0 where z has no effect; and
        its ratio to the distance of two real images, by class, its mean and its smallest.
    """
    labels = np.repeat(np.arange(len(images)), images.shape[1])
    flat = images.reshape(-1, *images.shape[2:])
    distances = within_class_diversity(flat, labels, len(class_names))
    found = diversity_scores(distances, real, class_names)
    ratios = found["diversity_ratio_per_class"]
    return {
        "mean_distance": found["diversity"],
        "ratio": found["diversity_ratio"],
        "smallest_ratio": min((r for r in ratios.values() if r is not None), default=None),
        "ratio_per_class": ratios,
    }


def unlabelled_scores(
    spread: dict[str, Any], images: np.ndarray, probabilities: np.ndarray, real_images: Examples
) -> dict[str, Any]:
    """Scores images that were generated without asking for classes.

    Args:
        spread: As `spread_scores` gives it, with the real mix of classes as the wanted one.
        images: Generated, uint8 `(n, h, w, c)`.
        probabilities: What an independent classifier makes of them, `(n, num_classes)`.
        real_images: Real images of the train split.
    """
    shares = spread["class_shares"]
    largest = max(shares, key=lambda name: shares[name])
    own, real = (
        within_class_diversity(part, np.zeros(len(part), np.int64), 1)[0]
        for part in (images, real_images)
    )
    return {
        "class_shares": shares,
        "largest_class": {"name": largest, "share": shares[largest]},
        "modes": spread["modes"],
        "entropy_ratio": spread["entropy_ratio"],
        "real_entropy_ratio": spread["wanted_entropy_ratio"],
        "median_confidence": float(np.median(probabilities.max(axis=1))),
        "diversity": number(own),
        "real_diversity": number(real),
        "diversity_ratio": number(own / real) if real else None,
    }
