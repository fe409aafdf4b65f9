"""GAN-train: how well one learns from generated images what real ones show."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from gan_keras.data import Dataset
from gan_keras.evaluation import classifier as classifiers
from gan_keras.evaluation.selection import rows_in_mix
from gan_keras.foundation.files import load_or_make, write_json

# Images at most that the classifier is trained on: a minute or two of two cores.
LIMIT = 16_000
# Another seed than the judge's: the two must not share their initial weights.
SEED = classifiers.SEED + 1000


def gan_train_accuracy(images: np.ndarray, labels: np.ndarray, dataset: Dataset) -> float:
    """Computes GAN-train (Shmelkov et al. 2018): trained on samples only, tested on real images.

    Args:
        images: Generated, uint8 `(n, h, w, c)`; of more than `LIMIT` a part is used.
        labels: int `(n,)`.
        dataset: Only its test split is used.

    Returns:
        Accuracy in [0, 1]; NaN if there are no test images.
    """
    rows = _limited(labels, dataset.num_classes)
    return _trained_accuracy(images[rows], labels[rows], dataset)


def real_train_accuracy(labels: np.ndarray, dataset: Dataset, cache_dir: str | Path) -> float:
    """Computes the same with real images: what GAN-train would be of a perfect generator.

    Args:
        labels: Of the generated images: as many real ones of each class are trained on, repeated
            where the train split has fewer.
        dataset: Real images.
        cache_dir: The result is kept there.

    Returns:
        Accuracy in [0, 1]; NaN if there are no test images.
    """
    if not len(dataset.test_images):
        return float("nan")
    counts = np.bincount(labels[_limited(labels, dataset.num_classes)])
    key = hashlib.sha256(np.ascontiguousarray(counts, np.int64).data).hexdigest()[:8]
    path = classifiers.cache_path(dataset, cache_dir, f"-gan_train_real-{key}.json")

    def train() -> float:
        print("training the same classifier on as many real images (once)")
        random, rows = np.random.default_rng(SEED), []
        for label, count in enumerate(counts):
            members = random.permutation(np.flatnonzero(dataset.train_labels == label))
            rows.append(np.resize(members, count if len(members) else 0))
        chosen = np.concatenate(rows)
        images, real_labels = dataset.train_images[chosen], dataset.train_labels[chosen]
        found = _trained_accuracy(images, real_labels, dataset)
        write_json(path, {"accuracy": found, "images_per_class": counts.tolist()})
        return found

    waiting = f"waiting for {path}, which another process makes"
    return load_or_make(path, _cached, train, waiting=waiting, verbose=1)


def _limited(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Returns the rows to train on: all, or `LIMIT` with the same mix of classes."""
    if len(labels) <= LIMIT:
        return np.arange(len(labels))
    shares = np.bincount(labels, minlength=num_classes) / len(labels)
    return rows_in_mix(labels, shares, LIMIT, np.random.default_rng(SEED))


def _trained_accuracy(images: np.ndarray, labels: np.ndarray, dataset: Dataset) -> float:
    """Trains a classifier on some images and tests it on the real test split."""
    labels = np.asarray(labels, np.int32)
    source = dataclasses.replace(dataset, train_images=images, train_labels=labels)
    model = classifiers.train_classifier(source, seed=SEED, verbose=1)
    return classifiers.accuracy(model, dataset.test_images[:], dataset.test_labels)


def _cached(path: Path) -> float | None:
    """Reads the accuracy in a file of the cache; None if it is not there or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["accuracy"]
        return float(found) if 0 <= found <= 1 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
