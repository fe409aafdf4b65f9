import dataclasses
from pathlib import Path

import numpy as np
import pytest
from data_samples import numbered

from gan_keras import data
from gan_keras.data import DataOptions, stacked


@pytest.fixture
def digits(monkeypatch):
    """An "MNIST" whose pixels are the number of the image, and whose class is its last digit."""
    labels = np.arange(100, dtype=np.int32) % 10
    mnist = dataclasses.replace(
        numbered(100), train_labels=labels, test_labels=labels[:4], class_names=tuple("0123456789")
    )
    monkeypatch.setattr(stacked.tfds_sets, "load", lambda name, folder, options: mnist)
    monkeypatch.setattr(stacked, "TRAIN", 500)
    monkeypatch.setattr(stacked, "TEST", 50)


def test_class_is_the_number_that_the_digits_write(digits):
    found = stacked.load("stacked_mnist", Path(), DataOptions())
    assert found.num_classes == 1000
    assert (len(found.train_images), len(found.test_images)) == (500, 50)
    images = found.train_images[:]
    assert images.dtype == np.uint8
    written = (images[:, 0, 0].astype(int) % 10) @ [100, 10, 1]
    np.testing.assert_array_equal(written, found.train_labels)
    assert found.class_names[7] == "007"
    assert found.test_images[:].max() < 4  # made of test digits
    again = stacked.load("stacked_mnist", Path(), DataOptions())
    assert again.fingerprint() == found.fingerprint()
    np.testing.assert_array_equal(again.train_images[:], images)
    resized = DataOptions(image_size=8, memory_mb=0).apply(found)
    assert resized.train_images[:2].shape == (2, 8, 8, 3)


def test_real_digits(real_data):
    if stacked.tfds_sets.find("mnist", real_data) is None:
        pytest.skip("no prepared mnist")
    found = data.load("stacked_mnist", real_data)
    assert found.train_images.shape == (128_000, 28, 28, 3)
    assert found.test_images.shape == (26_000, 28, 28, 3)
    assert found.class_counts.min() > 50
