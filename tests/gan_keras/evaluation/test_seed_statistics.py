import numpy as np
import pytest

from gan_keras.evaluation import seed_statistics

RUNS = [
    {"seed": 0, "accuracy": 0.9, "distribution": {"recall": 0.5, "floor": {"recall": 0.9}}},
    {"seed": 1, "accuracy": 0.8, "distribution": {"recall": None}, "dataset": "x", "gif": True},
    {"seed": 2, "accuracy": 0.7, "confusion": [[1]], "distribution": {"recall": 0.7}},
]


def test_mean_and_spread_by_hand():
    found = seed_statistics.summarize(RUNS)
    assert found["accuracy"] == {"mean": pytest.approx(0.8), "sd": pytest.approx(0.1), "n": 3}
    assert found["distribution.recall"] == {
        "mean": pytest.approx(0.6), "sd": pytest.approx(0.1 * np.sqrt(2)), "n": 2,
    }  # fmt: skip
    assert found["distribution.floor.recall"] == {"mean": 0.9, "sd": None, "n": 1}


def test_paired_difference_is_the_t_test():
    a, b = [0.9, 0.85, 0.7], [0.8, 0.8, 0.55]
    found = seed_statistics.paired_difference([{"x": v} for v in a], [{"x": v} for v in b])["x"]
    # differences 0.1, 0.05, 0.15: mean 0.1, sd 0.05; t(0.975, 2) = 4.302653
    assert found["mean"] == pytest.approx(0.1)
    assert found["high"] - found["mean"] == pytest.approx(4.302653 * 0.05 / np.sqrt(3), rel=1e-6)
    assert found["mean"] - found["low"] == pytest.approx(found["high"] - found["mean"])
    assert found["n"] == 3


def test_pairs_without_a_partner():
    found = seed_statistics.paired_difference(RUNS, RUNS)
    assert found["distribution.recall"] == {"mean": 0, "low": 0, "high": 0, "n": 2}
    assert found["distribution.floor.recall"] == {"mean": 0, "low": None, "high": None, "n": 1}
    assert "missing" not in seed_statistics.paired_difference([{"missing": 1}], [{"x": 1}])
    with pytest.raises(ValueError, match="shorter"):
        seed_statistics.paired_difference(RUNS, RUNS[:2])
