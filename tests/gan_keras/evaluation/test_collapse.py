import numpy as np
import pytest

from gan_keras.evaluation import collapse

NAMES = tuple("abcd")


def test_diversity_by_hand():
    black, white = np.zeros((2, 2, 1), np.uint8), np.full((2, 2, 1), 255, np.uint8)
    images = np.stack([black, white, white, black, black])
    labels = np.array([0, 0, 0, 1, 1])
    # class 0: pairs at distance 2, 2 and 0 (four pixels differ by 1); class 1: one image twice
    found = collapse.within_class_diversity(images, labels, 3)
    np.testing.assert_allclose(found, [4 / 3, 0, np.nan])
    image = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 3), dtype=np.uint8)
    (found,) = collapse.within_class_diversity(image.repeat(50, axis=0), np.zeros(50, int), 1)
    assert found == 0  # exactly, whatever its pixels


def test_diversity_beside_real():
    found = collapse.diversity_scores(
        np.array([1.0, 0.0, np.nan, 2.0]), np.array([2.0, 4.0, 1.0, 0.0]), NAMES
    )
    assert found["diversity_ratio_per_class"] == {"a": 0.5, "b": 0.0, "c": None, "d": None}
    assert found["diversity_ratio"] == 0.25
    assert (found["diversity"], found["real_diversity"]) == (1.0, 1.75)


def test_spread_over_classes_by_hand():
    found = collapse.spread_scores(np.array([0, 0, 0, 1]), np.array([0.5, 0.5, 0, 0]), NAMES)
    assert found["class_shares"] == {"a": 0.75, "b": 0.25, "c": 0.0, "d": 0.0}
    assert found["wanted_shares"]["b"] == 0.5
    assert found["total_variation"] == 0.25
    assert found["wanted_entropy_ratio"] == pytest.approx(0.5)
    entropy = -(3 / 4 * np.log(3 / 4) + 1 / 4 * np.log(1 / 4)) / np.log(4)
    assert found["entropy_ratio"] == pytest.approx(entropy)
    # a mode has at least 1 % of the images
    read = np.repeat([0, 1, 2], [981, 10, 9])
    assert collapse.spread_scores(read, np.full(4, 0.25), NAMES)["modes"] == 2


def test_sensitivity_names_the_class_that_ignores_z():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (2, 5, 4, 4, 1), dtype=np.uint8)
    images[1] = images[1, :1]
    found = collapse.sensitivity_scores(images, np.array([2.0, 2.0]), ("a", "b"))
    assert found["ratio_per_class"]["b"] == 0 == found["smallest_ratio"]
    assert found["ratio_per_class"]["a"] > 0.3


def test_collapse_shows_in_the_scores_of_unlabelled_samples():
    random = np.random.default_rng(0)
    real = random.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)

    spread = collapse.spread_scores(np.ones(40, int), np.full(4, 0.25), NAMES)
    images, probabilities = real[:1].repeat(40, axis=0), np.full((40, 4), [0.1, 0.7, 0.1, 0.1])
    collapsed = collapse.unlabelled_scores(spread, images, probabilities, real)
    assert (collapsed["modes"], collapsed["entropy_ratio"]) == (1, 0)
    assert collapsed["largest_class"] == {"name": "b", "share": 1.0}
    assert collapsed["median_confidence"] == pytest.approx(0.7)
    assert collapsed["diversity"] == collapsed["diversity_ratio"] == 0
