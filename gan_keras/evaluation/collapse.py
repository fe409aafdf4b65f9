"""Whether a generator has lost classes, or variety within them."""

from typing import Any

import numpy as np
from sklearn.metrics import euclidean_distances

from gan_keras.evaluation.numbers import by_name, number

# Pairs grow with the square; 1,000 images give 499,500 distances, far below the noise of seeds.
DIVERSITY_IMAGES = 1000
# A class is a mode of a generator from this share of its images on.
MODE_SHARE = 0.01


def class_shares(read: np.ndarray, num_classes: int) -> np.ndarray:
    """Share of each class among what a classifier read.

    Args:
        read: int `(n,)`.
        num_classes: Number of classes.

    Returns:
        float64 `(num_classes,)` that sums to 1.
    """
    return np.bincount(read, minlength=num_classes) / max(1, len(read))


def entropy_ratio(shares: np.ndarray) -> float:
    """Entropy of class shares in units of the largest one, `-sum_k p_k ln p_k / ln K`.

    1 if all classes are equally frequent, 0 if there is only one.

    Args:
        shares: float `(num_classes,)` that sum to 1.
    """
    present = shares[shares > 0]
    # the sum of nothing but p = 1 is -0
    return abs(float(-np.sum(present * np.log(present)) / np.log(max(2, len(shares)))))


def mode_count(shares: np.ndarray, least: float = MODE_SHARE) -> int:
    """Number of classes that have at least a share `least`."""
    return int(np.sum(shares >= least))


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Total variation distance of two class mixes, `1/2 sum_k |p_k - q_k|`, in [0, 1].

    Args:
        first: float `(num_classes,)` that sum to 1.
        second: The same.
    """
    return float(np.abs(first - second).sum() / 2)


def score_histogram(
    read: np.ndarray, wanted: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """How what was read spreads over the classes, beside how it was wanted.

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
        "modes": mode_count(shares),
        "total_variation": total_variation(shares, wanted),
    }


def within_class_diversity(
    images: np.ndarray, labels: np.ndarray, num_classes: int, seed: int = 0
) -> np.ndarray:
    """Mean Euclidean distance between two images of a class, ink in [0, 1].

    Zero when a class has collapsed to one image.

    Args:
        images: uint8 `(n, h, w, c)`.
        labels: int `(n,)`.
        num_classes: Number of classes.
        seed: Draws `DIVERSITY_IMAGES` where a class has more.

    Returns:
        float64 `(num_classes,)`; NaN for classes with fewer than two images.
    """
    random = np.random.default_rng(seed)
    distances = np.full(num_classes, np.nan)
    for label in range(num_classes):
        members = np.flatnonzero(labels == label)
        if len(members) > DIVERSITY_IMAGES:
            members = random.choice(members, DIVERSITY_IMAGES, replace=False)
        if len(members) > 1:
            distances[label] = _mean_distance(images[members])
    return distances


def _mean_distance(images: np.ndarray) -> float:
    """Mean Euclidean distance between two different ones of some images, ink in [0, 1]."""
    # Whole numbers: float64 has all products exactly, so equal images are at distance 0.
    flat = images.reshape(len(images), -1).astype(np.float64)
    return float(euclidean_distances(flat).sum() / 255.0 / (len(flat) * (len(flat) - 1)))


def diversity(images: np.ndarray, seed: int = 0) -> float:
    """Mean Euclidean distance between two images, ink in [0, 1]; NaN for fewer than two.

    Args:
        images: uint8 `(n, h, w, c)`.
        seed: Draws `DIVERSITY_IMAGES` where there are more.
    """
    return float(within_class_diversity(images, np.zeros(len(images), np.int64), 1, seed)[0])


def score_diversity(
    diversities: np.ndarray, real: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Within-class diversities beside those of real images, ready for JSON.

    Args:
        diversities: What `within_class_diversity` gives for generated images.
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


def score_sensitivity(
    images: np.ndarray, real: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """How much the noise alone changes an image, all else being equal.

    Args:
        images: uint8 `(num_classes, k, h, w, c)`, images of one class that differ in z alone.
        real: What `within_class_diversity` gives for real images.
        class_names: Names of the classes.

    Returns:
        Mean distance between two images of a class, ink in [0, 1]: 0 where z has no effect; and
        its ratio to the distance of two real images, by class, its mean and its smallest.
    """
    labels = np.repeat(np.arange(len(images)), images.shape[1])
    flat = images.reshape(-1, *images.shape[2:])
    distances = within_class_diversity(flat, labels, len(class_names))
    found = score_diversity(distances, real, class_names)
    ratios = [value for value in found["diversity_ratio_per_class"].values() if value is not None]
    return {
        "mean_distance": found["diversity"],
        "ratio": found["diversity_ratio"],
        "smallest_ratio": min(ratios, default=None),
        "ratio_per_class": found["diversity_ratio_per_class"],
    }


def _mean(values: np.ndarray) -> float | None:
    """Mean of what is not NaN; None if all is."""
    known = values[~np.isnan(values)]
    return number(known.mean()) if len(known) else None


def score_unlabelled(
    images: np.ndarray,
    probabilities: np.ndarray,
    real_images: np.ndarray,
    real_labels: np.ndarray,
    class_names: tuple[str, ...],
) -> dict[str, Any]:
    """Scores of images that were generated without asking for classes, ready for JSON.

    Args:
        images: Generated, uint8 `(n, h, w, c)`.
        probabilities: What an independent classifier makes of them, `(n, num_classes)`.
        real_images: Real images of the train split.
        real_labels: Their labels.
        class_names: Names of the classes.

    Returns:
        How the classifier's readings spread over the classes (a collapsed generator has few
        modes and little entropy), how sure it is, and how different the images are from each
        other.
    """
    classes = len(class_names)
    shares = class_shares(probabilities.argmax(axis=1), classes)
    largest = int(shares.argmax())
    own, real = diversity(images), diversity(real_images)
    return {
        "class_shares": by_name(class_names, shares),
        "largest_class": {"name": class_names[largest], "share": float(shares[largest])},
        "modes": mode_count(shares),
        "entropy_ratio": entropy_ratio(shares),
        "real_entropy_ratio": entropy_ratio(class_shares(real_labels, classes)),
        "median_confidence": float(np.median(probabilities.max(axis=1))),
        "diversity": number(own),
        "real_diversity": number(real),
        "diversity_ratio": number(own / real) if real else None,
    }
