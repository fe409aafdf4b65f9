"""Scores of labelled generated images against real ones."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist
from sklearn.metrics import confusion_matrix

# Classes with less than this share of the median class count are reported as rare.
RARE_SHARE = 0.5
# Pairs grow with the square; 1,000 images give 499,500 distances, far below the noise of seeds.
DIVERSITY_IMAGES = 1000
# A class is a mode of a generator from this share of its images on.
MODE_SHARE = 0.01


def conditional_accuracy(
    wanted: np.ndarray, read: np.ndarray, num_classes: int
) -> dict[str, np.ndarray | float]:
    """How often images are read as the class they were asked for (GAN-test).

    GAN-test is Shmelkov et al. 2018 (arXiv:1807.09499). The matched accuracy is what the best
    one-to-one renaming of classes gives (Hungarian algorithm): if it is higher, generator and
    discriminator have agreed to draw one class where another was asked for ("label switching"),
    which no loss shows.

    Args:
        wanted: int `(n,)`, classes asked for.
        read: int `(n,)`, classes that the classifier read.
        num_classes: Number of classes.

    Returns:
        `accuracy`, `per_class` `(num_classes,)` (NaN where none was asked for),
        `matched_accuracy`, `matching` `(num_classes,)` (the class drawn for each class), and
        `confusion` int `(wanted, read)`.
    """
    confusion = confusion_matrix(wanted, read, labels=np.arange(num_classes))
    asked = confusion.sum(axis=1)
    per_class = np.divide(
        np.diag(confusion), asked, out=np.full(num_classes, np.nan), where=asked > 0
    )
    rows, columns = linear_sum_assignment(confusion, maximize=True)
    matching = np.empty(num_classes, np.int64)
    matching[rows] = columns
    return {
        "accuracy": float(np.trace(confusion) / max(1, asked.sum())),
        "per_class": per_class,
        "matched_accuracy": float(confusion[rows, columns].sum() / max(1, asked.sum())),
        "matching": matching,
        "confusion": confusion,
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
            flat = images[members].reshape(len(members), -1).astype(np.float64) / 255.0
            distances[label] = pdist(flat).mean()
    return distances


def score_samples(
    images: np.ndarray,
    labels: np.ndarray,
    read: np.ndarray,
    real_images: np.ndarray,
    real_labels: np.ndarray,
    class_names: tuple[str, ...],
) -> dict[str, Any]:
    """All scores of one set of generated images, ready for JSON.

    Args:
        images: Generated, uint8 `(n, h, w, c)`.
        labels: Classes asked for, int `(n,)`.
        read: Classes that an independent classifier read, int `(n,)`.
        real_images: Real images of the train split.
        real_labels: Their labels.
        class_names: Names of the classes.

    Returns:
        Accuracies and diversities as shares in [0, 1] (diversity may exceed 1), by class where a
        class matters, and the switched classes by name.
    """
    classes = len(class_names)
    read_as = conditional_accuracy(labels, read, classes)
    per_class = read_as["per_class"]
    diversity = within_class_diversity(images, labels, classes)
    real_diversity = within_class_diversity(real_images, real_labels, classes)
    counts = np.bincount(real_labels, minlength=classes)
    rare = np.flatnonzero(counts < RARE_SHARE * np.median(counts))
    matching = read_as["matching"]
    worst = int(np.nanargmin(per_class))
    by_name = lambda values: {n: _number(v) for n, v in zip(class_names, values, strict=True)}  # noqa: E731
    return {
        "samples": len(images),
        "accuracy": read_as["accuracy"],
        "accuracy_per_class": by_name(per_class),
        "worst_class": {"name": class_names[worst], "accuracy": _number(per_class[worst])},
        "rare_classes": {class_names[k]: _number(per_class[k]) for k in rare},
        "matched_accuracy": read_as["matched_accuracy"],
        "label_switching": read_as["matched_accuracy"] - read_as["accuracy"],
        "switched": {
            class_names[k]: class_names[matching[k]] for k in range(classes) if matching[k] != k
        },
        "diversity": _number(np.nanmean(diversity)),
        "real_diversity": _number(np.nanmean(real_diversity)),
        "diversity_ratio": _number(np.nanmean(diversity / real_diversity)),
        "diversity_ratio_per_class": by_name(diversity / real_diversity),
        "confusion": read_as["confusion"].tolist(),
    }


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


def diversity(images: np.ndarray, seed: int = 0) -> float:
    """Mean Euclidean distance between two images, ink in [0, 1]; NaN for fewer than two.

    Args:
        images: uint8 `(n, h, w, c)`.
        seed: Draws `DIVERSITY_IMAGES` where there are more.
    """
    return float(within_class_diversity(images, np.zeros(len(images), np.int64), 1, seed)[0])


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
        "samples": len(images),
        "class_shares": dict(zip(class_names, shares.tolist(), strict=True)),
        "largest_class": {"name": class_names[largest], "share": float(shares[largest])},
        "modes": mode_count(shares),
        "entropy_ratio": entropy_ratio(shares),
        "real_entropy_ratio": entropy_ratio(class_shares(real_labels, classes)),
        "median_confidence": float(np.median(probabilities.max(axis=1))),
        "diversity": _number(own),
        "real_diversity": _number(real),
        "diversity_ratio": _number(own / real),
    }


def _number(value: float) -> float | None:
    """A float for JSON, which has no NaN."""
    return None if np.isnan(value) else float(value)
