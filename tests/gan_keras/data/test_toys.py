import numpy as np
import pytest

from gan_keras import data
from gan_keras.data.toys import MIXTURES


@pytest.mark.parametrize(
    ("name", "modes", "sigma", "sizes"),
    [("ring", 8, 0.01, (100_000, 2_500)), ("grid", 25, 0.05, (100_000, 2_500))],
)
def test_modes(name, modes, sigma, sizes):
    found = data.load(name)
    assert found.image_shape == (2,)
    assert found.train_images.dtype == np.float32
    assert (len(found.train_images), len(found.test_images)) == sizes
    assert found.num_classes == modes
    share = found.class_counts / sizes[0]
    assert np.abs(share - 1 / modes).max() < 0.005
    away = found.train_images - MIXTURES[name].means[found.train_labels]
    assert away.std(axis=0) == pytest.approx([sigma, sigma], rel=0.01)
    # a point is of high quality within three sigma: 1 - exp(-9 / 2) of a round Gaussian in 2-D
    near = np.linalg.norm(away, axis=1) < 3 * sigma
    assert near.mean() == pytest.approx(0.98889, abs=2e-3)


def test_places_of_the_modes():
    assert MIXTURES["grid"].means.min() == -4
    assert sorted({x for x, _ in MIXTURES["grid"].means}) == [-4, -2, 0, 2, 4]
    np.testing.assert_allclose(np.linalg.norm(MIXTURES["ring"].means, axis=1), 1)
    np.testing.assert_allclose(MIXTURES["ring"].means[2], [0, 1], atol=1e-12)
    assert (MIXTURES["ring"].sigma, MIXTURES["grid"].sigma) == (0.01, 0.05)


def test_gaussian_has_the_covariance_of_its_factor():
    found, mixture = data.load("gaussian"), MIXTURES["gaussian"]
    assert found.train_images.shape == (1024, 2)
    points = np.concatenate([found.train_images, found.test_images])
    np.testing.assert_allclose(points.mean(axis=0), mixture.means[0], atol=0.1)
    np.testing.assert_allclose(np.cov(points.T), mixture.factor @ mixture.factor.T, atol=0.1)


def test_the_same_points_each_time_and_others_to_test():
    one, two = data.load("ring"), data.load("ring")
    assert one.fingerprint() == two.fingerprint()
    assert not np.isin(one.test_images[:, 0], one.train_images[:, 0]).all()
