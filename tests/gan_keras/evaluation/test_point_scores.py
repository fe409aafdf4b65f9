import json
import math

import numpy as np
import pytest

from gan_keras.data.toys import MIXTURES
from gan_keras.evaluation.feature_distances import frechet_distance
from gan_keras.evaluation.point_scores import (
    covariance_eigenvalue_ratios,
    energy_distance,
    kl_divergence,
    mode_scores,
    point_scores,
)
from gan_keras.reports import diagnosis, score_tables

MEANS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def test_modes_by_hand():
    points = np.array([[0, 0], [0.5, 0], [0, 2.9], [10, 0], [10, 3.1], [0, 13.0], [5, 5]])
    found = mode_scores(points, MEANS, sigma=1.0)
    # exactly 3 sigma away is not less than 3 sigma; mode 3 has no point, mode 2 none of quality
    assert found["modes"] == 2
    assert found["high_quality"] == pytest.approx(4 / 7)
    assert found["mode_counts"] == [3, 1, 0, 0]
    assert found["reverse_kl"] == pytest.approx(0.75 * math.log(3) + 0.25 * math.log(1))
    none = mode_scores(np.full((3, 2), 100.0), MEANS, 1.0)
    assert (none["modes"], none["high_quality"], none["reverse_kl"]) == (0, 0.0, None)


def test_divergence_by_hand():
    even = np.full(4, 0.25)
    assert kl_divergence(np.array([5, 5, 5, 5]), even) == pytest.approx(0, abs=1e-12)
    assert kl_divergence(np.array([9, 0, 0, 0]), even) == pytest.approx(math.log(4))
    shares = np.array([0.5, 0.25, 0.25, 0.0])
    found = kl_divergence(np.array([1, 3, 0, 0]), shares)
    assert found == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(3))
    assert kl_divergence(np.array([1, 0, 0, 1]), shares) is None  # infinite


def test_energy_distance_by_hand():
    first, second = np.array([[0.0], [2.0]]), np.array([[1.0]])
    # 2 * 1 - (0 + 2 + 2 + 0) / 4 - 0
    assert energy_distance(first, second) == pytest.approx(1)
    assert energy_distance(first, first) == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.full((5, 2), np.nan)])
def test_what_cannot_be_scored_has_no_score_rather_than_a_perfect_one(points):
    real = np.random.default_rng(0).normal(size=(9, 2))
    assert np.isnan(frechet_distance(points, real))
    found = point_scores(points, real)
    assert found["frechet_distance"] is None
    assert found["covariance_eigenvalue_ratios"] == [None, None]
    assert "nan" not in json.dumps(found).lower()
    assert not diagnosis.collapsed(found)
    assert score_tables.axis_variances(found) == "-, - of real"


def test_covariance_ratios_name_the_lost_axis():
    random = np.random.default_rng(0)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    real = random.normal(size=(5000, 2)) * [3, 1] @ turn.T
    generated = random.normal(size=(5000, 2)) * [3, 0] @ turn.T
    assert covariance_eigenvalue_ratios(real, real) == pytest.approx([1, 1])
    assert covariance_eigenvalue_ratios(generated, real) == pytest.approx([1, 0], abs=0.1)


def test_all_scores():
    mixture = MIXTURES["grid"]
    real, _ = mixture.draw(2500, np.random.default_rng(0))
    good, _ = mixture.draw(500, np.random.default_rng(1))
    truth = mixture.means, mixture.sigma
    found, collapsed = (point_scores(p, real, truth) for p in (good, good[:1].repeat(500, 0)))
    for key in ("frechet_distance", "energy_distance", "reverse_kl"):
        assert found[key] < 0.2 < collapsed[key]
    assert (found["modes"], collapsed["modes"]) == (25, 1)
    # within 3 sigma in the plane: 1 - exp(-9/2)
    assert found["real_high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.005)
    assert "modes" not in point_scores(good, real)
