import numpy as np
import pytest
from scipy.spatial.distance import cdist

from gan_keras.data import Dataset
from gan_keras.evaluation import neighbours


def noise(count, seed, shape=(6, 5, 2)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


@pytest.mark.parametrize("block", [7, 1000])
def test_nearest_training_images_in_blocks(block, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    train, images = noise(40, 0), noise(9, 1)
    images[2] = train[17]
    dataset = Dataset("x", train, np.zeros(40, np.int32), train[:0], np.zeros(0, np.int32), ("a",))
    rows, distances = neighbours.nearest_neighbours(images, dataset, 3)
    every = cdist(images.reshape(9, -1) / 255, train.reshape(40, -1) / 255)
    np.testing.assert_array_equal(rows, np.argsort(every, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :3])
    assert rows[2, 0] == 17
    assert distances[2, 0] == 0  # exactly
    assert neighbours.nearest_neighbours(images, dataset, 99)[0].shape == (9, 40)


def test_copies_are_told_from_new_images():
    train, held_out, new = noise(300, 0), noise(100, 1), noise(100, 2)
    fresh = neighbours.score_copying(new, held_out, train)
    assert fresh["nearer_than_real"] == pytest.approx(0.5, abs=0.15)
    assert fresh["ratio"] == pytest.approx(1, abs=0.05)
    assert fresh["exact_copies"] == 0
    copies = neighbours.score_copying(train[:100], held_out, train)
    assert copies["nearer_than_real"] == 1
    assert copies["exact_copies"] == 1
    assert copies["median"] == 0
    nearly = train[:100].astype(int)
    nearly[:, 0, 0, 0] ^= 1  # one grey level in one pixel
    close = neighbours.score_copying(nearly.astype(np.uint8), held_out, train)
    assert close["exact_copies"] == 0
    assert close["nearer_than_real"] == 1
    assert close["median"] == pytest.approx(1 / 255)
