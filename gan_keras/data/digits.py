"""Handwritten digits at 8x8 pixels that scikit-learn brings along: real data without a download."""

from pathlib import Path

import numpy as np

from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads the 1,797 digits (UCI "Optical Recognition of Handwritten Digits", its test part).

    A tenth of each class is the test split, always the same one.

    Args:
        name: Name of the set.
        data_dir: Not used: nothing needs to be prepared.
        options: Not used.
    """
    from sklearn.datasets import load_digits  # late: takes a second
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    # 0..16, the counts of pixels in 4x4 blocks of the scanned bitmaps
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = digits.target.astype(np.int32)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=0.1, random_state=0, stratify=labels
    )
    names = tuple(map(str, digits.target_names))
    return Dataset(name, train_images, train_labels, test_images, test_labels, names)
