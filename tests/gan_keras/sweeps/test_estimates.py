import math

import numpy as np
import pytest
from scipy import stats
from sweep_samples import finished, results, two_arms

from gan_keras.sweeps import estimates


def test_median_and_interval_by_hand():
    found = estimates.estimate(dict(enumerate([5.0, 1.0, 4.0, 2.0, 3.0])))
    # all five are on one side of the median with a chance of 1/32
    assert (found.value, found.low, found.high, found.n) == (3.0, 1.0, 5.0, 5)
    # of eight, at most one is with a chance of 9/256
    eight = estimates.estimate({n: float(n) for n in range(8)})
    assert (eight.value, eight.least, eight.low, eight.high) == (3.5, 0.0, 1.0, 6.0)


@pytest.mark.parametrize("n", [1, 4])
def test_too_few_seeds_have_no_interval(n):
    found = estimates.estimate(dict.fromkeys(range(n), 0.5))
    assert (found.value, found.n, found.low, found.high) == (0.5, n, -math.inf, math.inf)


def test_shares_of_events_by_hand():
    found = estimates.estimate(dict(enumerate([True, False, False, False, False])))
    # Clopper and Pearson: 1 - 0.95 ** (1 / 5), and the root of (1 + 4 p) (1 - p) ** 4 = 0.05
    assert (found.events, found.n) == (1, 5)
    assert (found.low, found.high) == pytest.approx((0.010206, 0.657408), abs=1e-6)
    assert str(found) == "1 of 5 (1% to 66%)"
    none = estimates.estimate(dict.fromkeys(range(5), False))
    assert (none.low, none.high) == pytest.approx((0.0, 1 - 0.05**0.2))


@pytest.mark.parametrize(("more", "fewer"), [(5, 0), (6, 0), (8, 1), (9, 1), (0, 6), (0, 0)])
def test_pairs_of_events_differ_just_where_mcnemar_says(more, fewer):
    values = [1] * more + [-1] * fewer + [0] * (20 - more - fewer)
    found = estimates.estimate(dict(enumerate(values)))
    assert found.value == pytest.approx((more - fewer) / 20)
    assert found.low <= found.value <= found.high
    significant = bool(more + fewer) and stats.binomtest(more, more + fewer).pvalue <= 0.05
    assert (found.low > 0 or found.high < 0) == significant


def seeds(rng, n, effect=0.0, humps=False, trials=4000):
    """Outcomes of many studies: normal with sd 1; or one seed of five has collapsed, far below."""
    found = rng.normal(effect, 1.0, (trials, n))
    return found - 50.0 * (rng.random((trials, n)) < 0.2) if humps else found


@pytest.mark.parametrize("humps", [False, True])
@pytest.mark.parametrize("n", [5, 8, 13, 20, 30])
def test_no_effect_is_hardly_ever_taken_for_one(humps, n):
    rng = np.random.default_rng(n)
    difference = seeds(rng, n, humps=humps) - seeds(rng, n, humps=humps)
    low, high = estimates.interval(difference, 0.05)
    # 4,000 trials have a standard error of 0.0034
    assert (low > 0).mean() < 0.06
    assert (high < 0).mean() < 0.06
    collapse = seeds(rng, n, humps=True) < -25
    pairs = collapse.astype(int) - (seeds(rng, n, humps=True) < -25)
    low, high = estimates.interval(pairs, 0.05)
    assert ((low > 0) | (high < 0)).mean() < 0.06
    low, high = estimates.interval(collapse, 0.05)
    assert (low > 0.2).mean() < 0.06
    assert (high < 0.2).mean() < 0.06


def test_only_runs_that_have_it_count():
    made_up = results(
        [
            finished("a", 2, score=3.0),
            finished("a", 0, score=1.0),
            finished("a", 1, score=None),
            {"arm": "a", "seed": 3, "status": "failed"},
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
    assert lines[1].split() == ["a", "2", "(1", "to", "3)", "n=3"]
    assert "4 (3 to 5)" in lines[2]
    # differences 2, 3, 1
    assert "+2 (+1 to +3) against a" in lines[2]
    assert lines[3:] == ["failed", "  b-seed=3: no data (x.log)"]
