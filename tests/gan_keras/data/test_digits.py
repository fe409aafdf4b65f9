import numpy as np

from gan_keras import data


def test_digits_are_complete_and_split_by_class():
    digits = data.load("digits")
    assert digits.image_shape == (8, 8, 1)
    assert digits.train_images.max() == 255
    assert digits.class_names == tuple("0123456789")
    test = np.bincount(digits.test_labels)
    assert (digits.class_counts + test).sum() == 1797
    np.testing.assert_allclose(test / (digits.class_counts + test), 0.1, atol=0.01)
    assert data.load("digits").fingerprint() == digits.fingerprint()
