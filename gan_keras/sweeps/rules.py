"""Rules of claims: predictions of numbers, and the verdict that an interval allows on each.

Rules are fixed before the runs are made.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import estimates
from gan_keras.sweeps.estimates import Estimate

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"
# The event of a study that a rule may leave out, to ask about the seeds that work.
COLLAPSED = "collapsed"
_COMPARISONS = ("higher", "lower", "same", "different")
_LEVELS = ("at_least", "at_most")
_KEYS = {"metric", "arm", "than", "range_of", "than_range_of", "expect", "margin", "value", "seeds"}


@dataclasses.dataclass(frozen=True)
class Rule:
    """The prediction of a claim for one number.

    Attributes:
        metric: A measure of the study.
        expect: `higher` or `lower` than the other side; `same` within `margin`; `different` by more
            than `margin`; `at_least` or `at_most` `value`.
        arms: The arm; or several, for the range over them (largest less smallest of a seed).
        others: The arms on the other side, paired by seed; empty for a level.
        margin: Smallest difference that would matter, at least 0. If the interval excludes it,
            `higher` and `lower` are refuted, however certain a smaller difference is. Of a level it
            only says how near to it a pilot plans to decide.
        value: The level.
        working: Leave out the seeds with which one of the arms has collapsed.
    """

    metric: str
    expect: str
    arms: tuple[str, ...]
    others: tuple[str, ...] = ()
    margin: float = 0.0
    value: float = 0.0
    working: bool = False

    def support(self, low: float, high: float) -> np.ndarray:
        """Returns the ends of an interval as distances to the claim's side, negative if against."""
        if self.expect in ("same", "different"):
            ends = np.abs([low, high])
            nearest = 0.0 if low < 0 < high else ends.min()
            inside = self.margin - np.array([ends.max(), nearest])
            return inside if self.expect == "same" else -inside
        sign = -1 if self.expect in ("lower", "at_most") else 1
        return sign * (np.array([low, high]) - self.value)


@dataclasses.dataclass(frozen=True)
class Finding:
    """The verdict on a rule: `CONFIRMED`, `REFUTED` or `UNDECIDED`.

    Attributes:
        estimate: Of the level or the paired difference; None where nothing was measured.
        sides: Of the arms alone, and of the others if there are any.
    """

    rule: Rule
    verdict: str
    estimate: Estimate | None
    sides: tuple[Estimate, ...] = ()


def parse(entry: Any, where: str) -> Rule:
    """Reads a rule of the registry of claims; messages name the place `where`.

    Raises:
        UsageError: If it is incomplete or contradicts itself.
    """
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise UsageError(f"{where}: a rule is a mapping of {', '.join(sorted(_KEYS))}")
    expect, margin = entry.get("expect"), entry.get("margin", 0.0)
    arms = _arms(entry, "arm", "range_of", where)
    others = _arms(entry, "than", "than_range_of", where)
    if expect not in (*_COMPARISONS, *_LEVELS):
        raise UsageError(f"{where}: expect={expect}: choose one of {(*_COMPARISONS, *_LEVELS)}")
    if not arms or bool(others) != (expect in _COMPARISONS):
        raise UsageError(f"{where}: give `arm`, and `than` unless it is at_least or at_most")
    if (expect in _LEVELS) != isinstance(entry.get("value"), int | float):
        raise UsageError(f"{where}: `value` belongs to at_least and at_most")
    if (
        not isinstance(margin, int | float)
        or margin < 0
        or (expect in ("same", "different") and not margin)
    ):
        raise UsageError(
            f"{where}: margin={margin}: expected at least 0, more for `same` and `different`"
        )
    if (seeds := entry.get("seeds", "all")) not in ("all", "working"):
        raise UsageError(f"{where}: seeds={seeds}: choose all or working")
    level, working = float(entry.get("value", 0.0)), seeds == "working"
    metric = str(entry.get("metric", ""))
    return Rule(metric, expect, arms, others, float(margin), level, working)


def _arms(entry: Mapping[str, Any], one: str, several: str, where: str) -> tuple[str, ...]:
    found = [entry[one]] if one in entry else entry.get(several, [])
    if not isinstance(found, list) or (one in entry and several in entry):
        raise UsageError(f"{where}: give one {one}, or {several} with a list of arms")
    return tuple(found)


def apply(rule: Rule, results: Mapping[str, Any], risk: float = estimates.RISK) -> Finding:
    """Compares a rule with the content of a results file.

    Args:
        rule: The rule.
        results: The content.
        risk: Chance of a wrong verdict.
    """
    found = values(rule, results)
    if not found:
        return Finding(rule, UNDECIDED, None)
    estimate = estimates.estimate(found, risk)
    confirmed, refuted = judge(estimate.low, estimate.high, rule)
    both = [_by_seed(side, rule.metric, results) for side in (rule.arms, rule.others) if side]
    sides = [estimates.estimate({seed: one[seed] for seed in found}) for one in both]
    verdict = CONFIRMED if confirmed else REFUTED if refuted else UNDECIDED
    return Finding(rule, verdict, estimate, tuple(sides))


def values(rule: Rule, results: Mapping[str, Any]) -> dict[int, float | bool]:
    """Returns by seed what a rule is about: levels, or paired differences."""
    found = _by_seed(rule.arms, rule.metric, results)
    if rule.others:
        found = estimates.paired(found, _by_seed(rule.others, rule.metric, results))
    if rule.working:
        for arm in (*rule.arms, *rule.others):
            collapsed = estimates.by_seed(results, arm, COLLAPSED)
            found = {seed: value for seed, value in found.items() if not collapsed.get(seed)}
    return found


def judge(low: Any, high: Any, rule: Rule) -> tuple[Any, Any]:
    """Returns whether intervals confirm a rule and whether they refute it; numbers or arrays.

    A difference is confirmed if the whole interval is on the expected side of 0, and refuted if
    all of it is on the other side or below the smallest effect that would matter. Sameness is
    confirmed if the whole interval is within the margin (two one-sided tests), and refuted if
    all of it is outside; for `different` it is the other way round.
    """
    margin, value = rule.margin, rule.value
    if rule.expect in ("same", "different"):
        within = (low > -margin) & (high < margin)
        outside = (low > margin) | (high < -margin)
        return (within, outside) if rule.expect == "same" else (outside, within)
    if rule.expect in ("lower", "at_most"):
        low, high, value = -high, -low, -value
    if rule.expect in _LEVELS:
        return low >= value, high < value
    refuted = (high < margin) | (high <= 0)
    return (low > 0) & np.logical_not(refuted), refuted


def _by_seed(
    arms: Sequence[str], metric: str, results: Mapping[str, Any]
) -> dict[int, float | bool]:
    """Returns a metric by seed: of one arm, or the range over several."""
    found = [estimates.by_seed(results, arm, metric) for arm in arms]
    if len(found) == 1:
        return found[0]
    seeds = [seed for seed in found[0] if all(seed in one for one in found)]
    return {seed: float(np.ptp([one[seed] for one in found])) for seed in seeds}
