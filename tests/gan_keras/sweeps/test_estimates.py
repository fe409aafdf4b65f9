import math

import pytest
from sweep_samples import finished, results, two_arms

from gan_keras.sweeps import estimates


def test_mean_sd_and_interval_by_hand():
    found = estimates.estimate({0: 1.0, 1: 2.0, 2: 3.0})
    # sd 1; t(0.975, 2 degrees) = 4.30265; half width 4.30265 / sqrt(3)
    assert (found.mean, found.sd, found.n) == (2.0, 1.0, 3)
    assert (found.low, found.high) == pytest.approx((2 - 2.48414, 2 + 2.48414), abs=1e-5)


def test_one_seed_has_no_interval():
    found = estimates.estimate({0: 0.5})
    assert (found.mean, found.n, found.low, found.high) == (0.5, 1, -math.inf, math.inf)
    assert math.isnan(found.sd)


def test_only_finished_runs_that_have_it_count():
    made_up = results(
        [
            finished("a", 2, score=3.0),
            finished("a", 0, score=1.0),
            finished("a", 1, score=None),
            {**finished("a", 3, score=9.0), "status": "failed"},
            finished("b", 0, score=5.0),
        ]
    )
    assert list(estimates.by_seed(made_up, "a", "score").items()) == [(0, 1.0), (2, 3.0)]
    assert not estimates.by_seed(made_up, "a", "other")


def test_table_by_hand():
    made_up = two_arms([1.0, 2.0, 3.0], [3.0, 5.0, 4.0])
    failed = {"arm": "b", "seed": 3, "status": "failed", "reason": "no data", "log": "x.log"}
    made_up["runs"]["b-seed=3"] = failed
    lines = estimates.table(made_up).splitlines()
    assert lines[0] == "score"
    assert lines[1].split() == ["a", "2", "+-", "1", "n=3"]
    assert "4 +- 1" in lines[2]
    # differences 2, 3, 1: mean 2, sd 1
    assert "+2 against a, 95 % [-0.4841, +4.484]" in lines[2]
    assert lines[3:] == ["failed", "  b-seed=3: no data (x.log)"]
