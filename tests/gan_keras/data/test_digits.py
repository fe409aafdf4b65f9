import numpy as np

from gan_keras import data


def test_digits_are_complete_and_split_by_class(tmp_path):
    digits = data.load("digits", tmp_path)
    assert digits.image_shape == (8, 8, 1)
    assert len(digits.train_images) + len(digits.test_images) == 1797
    assert digits.train_images.max() == 255
    assert digits.class_names == tuple("0123456789")
    shares = np.bincount(digits.test_labels) / np.bincount(
        np.concatenate([digits.train_labels, digits.test_labels])
    )
    np.testing.assert_allclose(shares, 0.1, atol=0.01)
    assert data.load("digits", tmp_path).fingerprint() == digits.fingerprint()
