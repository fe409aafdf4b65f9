import numpy as np
import pytest

from gan_keras import data
from gan_keras.data.toys import MIXTURES


@pytest.mark.parametrize(("name", "modes", "sigma"), [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_modes(name, modes, sigma):
    found, mixture = data.load(name), MIXTURES[name]
    assert found.image_shape == (2,)
    assert found.train_images.dtype == np.float32
    assert (len(found.train_images), len(found.test_images)) == (100_000, 2_500)
    assert found.num_classes == modes
    assert np.abs(found.class_counts / 100_000 - 1 / modes).max() < 0.005
    away = found.train_images - mixture.means[found.train_labels]
    assert away.std(axis=0) == pytest.approx([sigma, sigma], rel=0.01)
    assert mixture.sigma == sigma


def test_places_of_the_modes():
    assert {tuple(mean) for mean in MIXTURES["grid"].means} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }
    np.testing.assert_allclose(np.linalg.norm(MIXTURES["ring"].means, axis=1), 1)
    np.testing.assert_allclose(MIXTURES["ring"].means[2], [0, 1], atol=1e-12)


def test_gaussian_has_the_covariance_of_its_factor():
    found, mixture = data.load("gaussian"), MIXTURES["gaussian"]
    assert found.train_images.shape == (1024, 2)
    points = np.concatenate([found.train_images, found.test_images])
    np.testing.assert_allclose(points.mean(axis=0), mixture.means[0], atol=0.1)
    np.testing.assert_allclose(np.cov(points.T), mixture.factor @ mixture.factor.T, atol=0.1)


def test_the_same_points_each_time_and_others_to_test():
    one = data.load("ring")
    assert one.fingerprint() == data.load("ring").fingerprint()
    assert not np.isin(one.test_images[:, 0], one.train_images[:, 0]).all()
