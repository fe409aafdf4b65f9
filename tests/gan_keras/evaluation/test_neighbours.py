import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gan_keras.evaluation import neighbours


def noise(count, seed, shape=(6, 5, 2)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def test_nearest_training_images_in_blocks(monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    train, images = noise(40, 0), noise(9, 1)
    images[2] = train[17]
    rows, distances = neighbours.nearest(images, train)
    every = cdist(images.reshape(9, -1) / 255, train.reshape(40, -1) / 255)
    np.testing.assert_array_equal(rows, every.argmin(axis=1))
    np.testing.assert_allclose(distances, every.min(axis=1))
    assert (rows[2], distances[2]) == (17, 0)  # exactly


def test_copies_are_told_from_new_images():
    train, held_out, new = noise(300, 0), noise(100, 1), noise(100, 2)
    fresh = neighbours.copying_scores(new, held_out, train)
    assert fresh["nearer_than_real"] == pytest.approx(0.5, abs=0.15)
    assert fresh["ratio"] == pytest.approx(1, abs=0.05)
    copies = neighbours.copying_scores(train[:100], held_out, train)
    assert copies["nearer_than_real"] == 1
    assert copies["exact_copies"] == 1
    assert copies["median"] == 0
    nearly = train[:100] ^ np.eye(1, 60, dtype=np.uint8).reshape(6, 5, 2)  # one grey level
    close = neighbours.copying_scores(nearly, held_out, train)
    assert (close["exact_copies"], close["nearer_than_real"]) == (0, 1)
    assert close["median"] == pytest.approx(1 / 255)
