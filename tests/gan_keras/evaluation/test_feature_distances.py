import math

import numpy as np
import paper_formulas
import pytest

from gan_keras.evaluation import feature_distances
from gan_keras.evaluation.feature_distances import (
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


def test_frechet_distance_is_sound_for_few_points_far_from_the_origin():
    far = (normal(20, 50) + 1e3).astype(np.float32)
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
