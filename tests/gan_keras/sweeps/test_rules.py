import math

import numpy as np
import pytest
from sweep_samples import finished, results, two_arms

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import rules
from gan_keras.sweeps.rules import CONFIRMED, REFUTED, UNDECIDED


@pytest.mark.parametrize(
    ("low", "high", "expect", "margin", "value", "verdict"),
    [
        (-0.1, 0.5, "higher", 0, 0, UNDECIDED),
        (0.0, 0.0, "higher", 0, 0, REFUTED),
        (0.01, 0.04, "higher", 0.05, 0, REFUTED),  # there, but too small to matter
        (0.01, 0.09, "higher", 0.05, 0, CONFIRMED),
        (-0.5, -0.1, "lower", 0, 0, CONFIRMED),
        (-0.04, -0.01, "lower", 0.05, 0, REFUTED),
        (-0.04, 0.03, "same", 0.05, 0, CONFIRMED),
        (-0.04, 0.06, "same", 0.05, 0, UNDECIDED),
        (0.06, 0.08, "same", 0.05, 0, REFUTED),
        (0.06, 0.08, "different", 0.05, 0, CONFIRMED),
        (0.04, 0.08, "different", 0.05, 0, UNDECIDED),
        (-0.04, 0.03, "different", 0.05, 0, REFUTED),
        (0.91, 0.95, "at_least", 0, 0.9, CONFIRMED),
        (0.85, 0.95, "at_least", 0, 0.9, UNDECIDED),
        (0.80, 0.89, "at_least", 0, 0.9, REFUTED),
        (0.80, 0.89, "at_most", 0, 0.9, CONFIRMED),
        (0.91, 0.95, "at_most", 0, 0.9, REFUTED),
    ],
)
def test_what_an_interval_says(low, high, expect, margin, value, verdict):
    asked = rules.Rule("score", expect, ("a",), ("b",), margin, value)
    expected = (verdict == CONFIRMED, verdict == REFUTED)
    assert rules.judge(low, high, asked) == expected
    found = rules.judge(np.array([low, -math.inf]), np.array([high, math.inf]), asked)
    assert [list(one) for one in found] == [[one, False] for one in expected]


def rule(**entry):
    return rules.parse({"metric": "score", **entry}, "here")


def test_rules_on_made_up_results():
    first, second = [1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 3.0, 4.1, 5.0, 6.0]
    clear = two_arms(first, second)
    higher = rules.apply(rule(arm="b", than="a", expect="higher"), clear)
    assert (higher.verdict, higher.estimate.n, higher.estimate.value) == (CONFIRMED, 5, 1.0)
    assert [side.value for side in higher.sides] == [4.1, 3.0]
    # the same without pairs would not be decidable: the spread of seeds is as large
    unclear = two_arms(first, second[::-1])
    assert rules.apply(rule(arm="b", than="a", expect="higher"), unclear).verdict == UNDECIDED
    # nor is it with less risk
    asked = rule(arm="b", than="a", expect="higher")
    assert rules.apply(asked, clear, risk=0.03).verdict == UNDECIDED
    missing = rules.apply(rule(arm="c", than="a", expect="higher"), clear)
    assert (missing.verdict, missing.estimate) == (UNDECIDED, None)


def test_ranges_are_of_one_seed():
    runs = [
        finished(arm, seed, score=value + 10 * seed)
        for arm, value in (("a", 0.0), ("b", 1.0), ("c", 0.0), ("d", 5.0), ("e", 2.0))
        for seed in range(5)
    ]
    ranges = rule(range_of=["a", "b"], than_range_of=["c", "d", "e"], expect="lower")
    found = rules.apply(ranges, results(runs, arms="abcde"))
    assert (found.verdict, found.estimate.value) == (CONFIRMED, -4.0)


def test_seeds_that_work():
    found = two_arms([1.0, 1.0, 9.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 0.0, 2.0, 2.0])
    for run in found["runs"].values():
        run["metrics"]["collapsed"] = run["metrics"]["score"] in (0.0, 9.0)
    values = rules.values(rule(arm="b", than="a", expect="higher", seeds="working"), found)
    assert values == {0: 1.0, 1: 1.0, 4: 1.0, 5: 1.0}
    share = rules.apply(
        rules.parse({"metric": "collapsed", "arm": "a", "expect": "at_most", "value": 0.7}, "here"),
        found,
    )
    assert (share.verdict, share.estimate.events) == (CONFIRMED, 1)
    pairs = rules.apply(
        rules.parse({"metric": "collapsed", "arm": "a", "than": "b", "expect": "lower"}, "here"),
        found,
    )
    assert (pairs.verdict, pairs.estimate.value) == (UNDECIDED, 0.0)


@pytest.mark.parametrize(
    "entry",
    [
        {"arm": "a", "expect": "better", "than": "b"},
        {"arm": "a", "expect": "higher"},
        {"than": "a", "expect": "higher"},
        {"arm": "a", "expect": "at_least"},
        {"arm": "a", "expect": "at_least", "value": 1, "than": "b"},
        {"arm": "a", "expect": "same", "than": "b"},
        {"arm": "a", "expect": "different", "than": "b"},
        {"arm": "a", "expect": "higher", "than": "b", "margin": -1},
        {"arm": "a", "range_of": ["a", "b"], "expect": "higher", "than": "b"},
        {"arm": "a", "expect": "at_least", "value": 1, "seeds": "good"},
        {"range_of": "ab", "expect": "higher", "than": "b"},
        {"arm": "a", "expect": "higher", "than": "b", "colour": "red"},
    ],
)
def test_rules_that_cannot_be(entry):
    with pytest.raises(UsageError, match="^here: "):
        rule(**entry)
