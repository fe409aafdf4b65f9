import numpy as np
import pytest

from gan_keras.evaluation import selection


def test_halves_share_out_each_class():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [10, 7, 4]))
    first, second = selection.halves(labels, seed=1)
    assert sorted([*first, *second]) == list(range(21))
    a, b = np.bincount(labels[first]), np.bincount(labels[second])
    assert np.abs(a - b).max() <= 1
    np.testing.assert_array_equal(first, selection.halves(labels, seed=1)[0])
    assert not np.array_equal(first, selection.halves(labels, seed=2)[0])


def test_rows_have_the_mix_that_was_asked_for():
    labels = np.repeat([0, 1, 2], 100)
    shares = np.array([0.5, 0.3, 0.2])
    assert selection.largest_count(labels, shares) == 200
    rows = selection.rows_in_mix(labels, shares, 200, np.random.default_rng(0))
    assert len(set(rows)) == 200
    assert np.bincount(labels[rows]).tolist() == [100, 60, 40]
    assert labels[rows].tolist() == sorted(labels[rows])  # class by class


def test_a_missing_class_is_left_out():
    labels = np.repeat([0, 2], [30, 60])
    shares = np.array([0.25, 0.5, 0.25])
    assert selection.largest_count(labels, shares) == 60
    rows = selection.rows_in_mix(labels, shares, 60, np.random.default_rng(0))
    assert np.bincount(labels[rows]).tolist() == [30, 0, 30]


@pytest.mark.parametrize("count", [7, 11])
def test_rounding_keeps_the_count(count):
    labels = np.repeat([0, 1, 2], 50)
    rows = selection.rows_in_mix(labels, np.full(3, 1 / 3), count, np.random.default_rng(0))
    assert len(rows) == count
    counts = np.bincount(labels[rows])
    assert counts.max() - counts.min() <= 1
