"""Scores of conditional generation: do images show the classes that were asked for?"""

from typing import Any

import numpy as np
import scipy

from gan_keras.storage.metrics import by_name, number

# Classes with less than this share of the median class count are reported as rare.
RARE_SHARE = 0.5


def class_scores(
    wanted: np.ndarray, read: np.ndarray, train_counts: np.ndarray, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """Computes how often images are read as the class they were asked for (GAN-test).

    GAN-test is from Shmelkov et al. 2018 (arXiv:1807.09499). The matched accuracy is that of the
    best one-to-one renaming of classes (Hungarian algorithm): if it is higher, one class is drawn
    where another was asked for ("label switching"), which no loss shows.

    Args:
        wanted: int `(n,)`, classes asked for; n at least 1.
        read: int `(n,)`, classes that the classifier read.
        train_counts: Real train images per class.
        class_names: Names of the classes.

    Returns:
        Accuracies in [0, 1] (None for classes that were not asked for); in `switched` the class
        that is drawn for another one; and `confusion`, counts as `[wanted][read]`.
    """
    classes = len(class_names)
    pairs = np.asarray(wanted) * classes + read
    confusion = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    asked = confusion.sum(axis=1)
    right = np.diag(confusion)
    per_class = np.divide(right, asked, out=np.full(classes, np.nan), where=asked > 0)
    # among equally good renamings the one that renames least: half an image for keeping a name
    worth = confusion + 0.5 / classes * np.eye(classes)
    rows, drawn = scipy.optimize.linear_sum_assignment(worth, maximize=True)
    accuracy, matched = (
        float(part.sum() / len(wanted)) for part in (right, confusion[rows, drawn])
    )
    rare = np.flatnonzero(train_counts < RARE_SHARE * np.median(train_counts))
    worst = int(np.nanargmin(per_class))
    return {
        "accuracy": accuracy,
        "accuracy_per_class": by_name(class_names, per_class),
        "worst_class": {"name": class_names[worst], "accuracy": number(per_class[worst])},
        "rare_classes": {class_names[k]: number(per_class[k]) for k in rare},
        "matched_accuracy": matched,
        "label_switching": matched - accuracy,
        "switched": {
            class_names[k]: class_names[drawn[k]] for k in np.flatnonzero(asked) if drawn[k] != k
        },
        "confusion": confusion.tolist(),
    }
