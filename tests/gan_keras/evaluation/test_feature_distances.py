import math

import numpy as np
import paper_formulas
import pytest

from gan_keras.evaluation import feature_distances
from gan_keras.evaluation.feature_distances import (
    distribution_scores,
    expected_coverage,
    frechet_distance,
    kernel_distance,
    neighbour_scores,
)


def normal(count, dimensions=8, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, dimensions)) + shift


def test_frechet_distance_by_hand():
    first = np.array([[1.0, 1], [-1, 1], [1, -1], [-1, -1]]) * math.sqrt(3) / 2  # covariance I
    assert np.cov(first, rowvar=False) == pytest.approx(np.eye(2))
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(first, first + np.array([3, 4])) == pytest.approx(25)
    # standard deviations 1, 1 against 2, 1: (2 - 1)^2
    assert frechet_distance(first, first * [2, 1]) == pytest.approx(1)
    # a line has a singular covariance
    assert frechet_distance(first, first * [1, 0]) == pytest.approx(1)


def test_frechet_distance_is_the_papers_formula():
    first, second, *_ = paper_formulas.inputs()
    assert frechet_distance(first, second) == pytest.approx(paper_formulas.frechet(first, second))


def test_frechet_distance_is_sound_where_there_are_fewer_points_than_dimensions():
    first, second = normal(20, 50), normal(20, 50, seed=1)
    found = frechet_distance(first, second)
    assert found == pytest.approx(frechet_distance(second, first))
    assert 0 < found < 200
    # float32 points far from the origin lose nothing of their distance
    far = (first + 1e3).astype(np.float32)
    assert frechet_distance(far, far) == pytest.approx(0, abs=1e-6)


def test_kernel_distance_is_the_papers_formula():
    first, second, *_ = paper_formulas.inputs()
    second = second[: len(first)]
    assert kernel_distance(first, second) == pytest.approx(paper_formulas.mmd(first, second))


@pytest.mark.parametrize("spread", [0, 3])
def test_kernel_distance_is_unbiased_for_few_points_and_for_set_numbers_of_classes(spread):
    centers = np.repeat(normal(4, seed=99) * spread, 5, axis=0)
    values = [
        kernel_distance(centers + normal(20, seed=2 * i), centers + normal(20, seed=2 * i + 1))
        for i in range(200)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / math.sqrt(len(values))
    assert min(values) < 0 < max(values)


def test_blocks_of_the_kernel_distance_agree_with_the_whole(monkeypatch):
    first, second = normal(900), normal(950, seed=1, shift=0.5)
    whole = kernel_distance(first, second)
    monkeypatch.setattr(feature_distances, "KERNEL_BLOCK", 300)
    assert kernel_distance(first, second) == pytest.approx(whole, rel=0.1)


@pytest.mark.parametrize("k", [3, 5])
def test_neighbour_scores_are_the_papers_formulas(k, monkeypatch):
    monkeypatch.setattr(feature_distances, "K", k)
    first, second, *_ = paper_formulas.inputs()
    wanted = paper_formulas.manifolds(first, second, k)
    assert 0 < wanted["precision"] <= 1
    assert 0 < wanted["recall"] < 1
    assert neighbour_scores(first, second) == pytest.approx(wanted)
    monkeypatch.setattr(feature_distances, "WORKING_MEMORY", 0.001)  # a few rows per block
    assert neighbour_scores(first, second) == pytest.approx(wanted)


def test_equal_distributions_score_as_theory_says():
    found = neighbour_scores(normal(1500), normal(1500, seed=1))
    assert found["density"] == pytest.approx(1, abs=0.07)
    assert expected_coverage(1500, 1500) == pytest.approx(1 - 2**-5, abs=1e-3)
    assert found["coverage"] == pytest.approx(1 - 2**-5, abs=0.015)
    few = neighbour_scores(normal(1500), normal(300, seed=1))
    assert few["coverage"] == pytest.approx(expected_coverage(1500, 300), abs=0.04)


def test_what_is_missing_lowers_recall_and_what_is_wrong_precision():
    real = np.concatenate([normal(300), normal(300, seed=1, shift=20)])
    half = neighbour_scores(real, normal(600, seed=2))
    assert half["recall"] == pytest.approx(0.5, abs=0.05)
    assert half["coverage"] == pytest.approx(0.5, abs=0.05)
    assert half["precision"] > 0.9
    astray = np.concatenate([normal(300, seed=2), normal(300, seed=3, shift=100)])
    found = neighbour_scores(normal(600), astray)
    assert found["precision"] == pytest.approx(0.5, abs=0.05)
    assert found["recall"] > 0.9


def test_few_points():
    found = distribution_scores(normal(2), normal(2, seed=1))
    assert set(found) == {
        "frechet_classifier_features",
        "kid_classifier_features",
        "precision",
        "recall",
        "density",
        "coverage",
    }
    assert all(np.isfinite(value) for value in found.values())
    assert set(distribution_scores(normal(5), normal(5), cheap=True)) == {
        "frechet_classifier_features"
    }
