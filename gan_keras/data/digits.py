"""Handwritten digits at 8x8 pixels that scikit-learn brings along: real data without a download."""

from pathlib import Path

import numpy as np

from gan_keras.data.dataset import Dataset
from gan_keras.data.options import DataOptions

TEST_SHARE = 0.1


def load(name: str, data_dir: Path, options: DataOptions) -> Dataset:
    """Loads the 1,797 digits (UCI "Optical Recognition of Handwritten Digits", its test part).

    Args:
        name: Name of the set.
        data_dir: Unused; nothing needs to be prepared.
        options: Unused here.

    Returns:
        8x8x1 images; a tenth of each class is the test split, the same one always.
    """
    del data_dir, options
    from sklearn.datasets import load_digits  # late: takes a second
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    # 0..16, the counts of pixels in 4x4 blocks of the scanned bitmaps
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    train_images, test_images, train_labels, test_labels = train_test_split(
        images,
        digits.target.astype(np.int32),
        test_size=TEST_SHARE,
        random_state=0,
        stratify=digits.target,
    )
    names = tuple(str(digit) for digit in digits.target_names)
    return Dataset(name, train_images, train_labels, test_images, test_labels, names)
