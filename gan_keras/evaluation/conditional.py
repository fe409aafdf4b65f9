"""Whether images show the classes that were asked for."""

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix

from gan_keras.evaluation.numbers import by_name, number

# Classes with less than this share of the median class count are reported as rare.
RARE_SHARE = 0.5


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
        `matched_accuracy`, `matching` `(num_classes,)` (the class drawn for each class; its own
        where none was asked for), and `confusion` int `(wanted, read)`.
    """
    confusion = confusion_matrix(wanted, read, labels=np.arange(num_classes))
    asked = confusion.sum(axis=1)
    per_class = np.divide(
        np.diag(confusion), asked, out=np.full(num_classes, np.nan), where=asked > 0
    )
    # Among equally good renamings the one that renames least: half an image for keeping a name.
    rows, columns = linear_sum_assignment(confusion + 0.5 / num_classes * np.eye(num_classes), True)
    matching = np.empty(num_classes, np.int64)
    matching[rows] = columns
    return {
        "accuracy": float(np.trace(confusion) / max(1, asked.sum())),
        "per_class": per_class,
        "matched_accuracy": float(confusion[rows, columns].sum() / max(1, asked.sum())),
        "matching": matching,
        "confusion": confusion,
    }


def score_conditional(
    wanted: np.ndarray, read: np.ndarray, train_counts: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """The scores of `conditional_accuracy`, by the names of classes and ready for JSON.

    Args:
        wanted: int `(n,)`, classes asked for; n at least 1.
        read: int `(n,)`, classes that the classifier read.
        train_counts: Real train images a class.
        class_names: Names of the classes.

    Returns:
        Accuracies in [0, 1], and in `switched` which class is drawn for which where it is another.
    """
    found = conditional_accuracy(wanted, read, len(class_names))
    per_class, matching = found["per_class"], found["matching"]
    rare = np.flatnonzero(train_counts < RARE_SHARE * np.median(train_counts))
    worst = int(np.nanargmin(per_class))
    asked = np.flatnonzero(~np.isnan(per_class))
    return {
        "accuracy": found["accuracy"],
        "accuracy_per_class": by_name(class_names, per_class),
        "worst_class": {"name": class_names[worst], "accuracy": number(per_class[worst])},
        "rare_classes": {class_names[k]: number(per_class[k]) for k in rare},
        "matched_accuracy": found["matched_accuracy"],
        "label_switching": found["matched_accuracy"] - found["accuracy"],
        "switched": {class_names[k]: class_names[matching[k]] for k in asked if matching[k] != k},
        "confusion": found["confusion"].tolist(),
    }
