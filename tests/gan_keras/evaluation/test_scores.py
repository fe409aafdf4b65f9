import numpy as np
import pytest

from gan_keras.evaluation import scores


def test_conditional_accuracy_by_hand():
    wanted = np.array([0, 0, 1, 1, 2, 2, 2])
    read = np.array([0, 1, 1, 1, 2, 0, 2])
    found = scores.conditional_accuracy(wanted, read, 4)
    assert found["accuracy"] == pytest.approx(5 / 7)
    np.testing.assert_allclose(found["per_class"], [1 / 2, 1, 2 / 3, np.nan])
    assert found["matched_accuracy"] == pytest.approx(5 / 7)
    assert found["confusion"].tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]


def test_label_switching_shows_after_matching():
    wanted = np.repeat([0, 1, 2], 10)
    read = np.repeat([1, 0, 2], 10)  # 0 and 1 swapped throughout
    found = scores.conditional_accuracy(wanted, read, 3)
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["matched_accuracy"] == 1
    assert found["matching"].tolist() == [1, 0, 2]


def test_diversity_by_hand():
    black, white = np.zeros((2, 2, 1), np.uint8), np.full((2, 2, 1), 255, np.uint8)
    images = np.stack([black, white, white, black, black])
    labels = np.array([0, 0, 0, 1, 1])
    # class 0: pairs at distance 2, 2 and 0 (four pixels differ by 1); class 1: one image twice
    found = scores.within_class_diversity(images, labels, 3)
    np.testing.assert_allclose(found, [4 / 3, 0, np.nan])


def test_collapse_and_switching_are_named():
    random = np.random.default_rng(0)
    real = random.integers(0, 256, (60, 4, 4, 1), dtype=np.uint8)
    real_labels = np.repeat([0, 1, 2], [30, 25, 5])
    fake = np.concatenate([np.repeat(real[:1], 10, axis=0), real[30:40], real[40:50]])
    labels = np.repeat([0, 1, 2], 10)
    read = np.repeat([1, 0, 2], 10)
    found = scores.score_samples(fake, labels, read, real, real_labels, ("a", "b", "c"))
    assert found["switched"] == {"a": "b", "b": "a"}
    assert found["label_switching"] == pytest.approx(2 / 3)
    assert found["diversity_ratio_per_class"]["a"] == 0
    assert found["diversity_ratio_per_class"]["b"] > 0.8
    assert found["rare_classes"] == {"c": 1.0}
    assert found["worst_class"]["accuracy"] == 0


def test_spread_over_classes_by_hand():
    shares = scores.class_shares(np.array([0, 0, 0, 1, 2, 2, 2, 2]), 4)
    np.testing.assert_allclose(shares, [3 / 8, 1 / 8, 1 / 2, 0])
    wanted = -(3 / 8 * np.log(3 / 8) + 1 / 8 * np.log(1 / 8) + 1 / 2 * np.log(1 / 2)) / np.log(4)
    assert scores.entropy_ratio(shares) == pytest.approx(wanted)
    assert scores.entropy_ratio(np.full(10, 0.1)) == pytest.approx(1)
    assert scores.entropy_ratio(np.array([0.0, 1.0])) == 0
    assert scores.mode_count(np.array([0.01, 0.009, 0.981])) == 2


def test_collapse_shows_in_the_scores_of_unlabelled_samples():
    random = np.random.default_rng(0)
    real = random.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)
    labels, names = np.arange(40) % 4, tuple("abcd")
    sure = np.eye(4)[labels]
    good = scores.score_unlabelled(real, sure, real, labels, names)
    assert (good["modes"], good["entropy_ratio"]) == (4, pytest.approx(1))
    assert good["diversity_ratio"] == 1
    assert good["median_confidence"] == 1
    collapsed = scores.score_unlabelled(
        np.repeat(real[:1], 40, axis=0), np.full((40, 4), [0.1, 0.7, 0.1, 0.1]), real, labels, names
    )
    assert (collapsed["modes"], collapsed["entropy_ratio"]) == (1, 0)
    assert collapsed["largest_class"] == {"name": "b", "share": 1.0}
    assert collapsed["median_confidence"] == pytest.approx(0.7)
    assert collapsed["diversity"] == 0
    assert collapsed["real_entropy_ratio"] == pytest.approx(1)
