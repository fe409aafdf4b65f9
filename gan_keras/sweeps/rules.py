"""Rules of claims: predictions of numbers, and the verdict that an interval allows on each.

Rules are fixed before the runs are made.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import estimates
from gan_keras.sweeps.estimates import Estimate

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "not decidable at this size"
# Fewer say nothing about the spread between seeds.
MIN_SEEDS = 3
_COMPARISONS = ("higher", "lower", "same", "different")
_LEVELS = ("at_least", "at_most")
_KEYS = {"metric", "arm", "than", "range_of", "than_range_of", "expect", "margin", "value"}


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
            `higher` and `lower` are refuted, however certain a smaller difference is.
        value: The level.
    """

    metric: str
    expect: str
    arms: tuple[str, ...]
    others: tuple[str, ...] = ()
    margin: float = 0.0
    value: float = 0.0

    def __str__(self) -> str:
        text = f"{self.metric} of {_in_words(self.arms)}: "
        if not self.others:
            return f"{text}{self.expect.replace('_', ' ')} {self.value:g}"
        relation = {"same": "the same as", "different": "different from"}.get(
            self.expect, f"{self.expect} than"
        )
        margin = f" (margin {self.margin:g})" if self.margin else ""
        return f"{text}{relation} {_in_words(self.others)}{margin}"


def _in_words(arms: Sequence[str]) -> str:
    return f"range of {arms[0]} to {arms[-1]}" if len(arms) > 1 else arms[0]


@dataclasses.dataclass(frozen=True)
class Finding:
    """The verdict on a rule: `CONFIRMED`, `REFUTED` or `UNDECIDED`.

    `estimate` is that of the level or the paired difference; None where nothing was measured.
    """

    rule: Rule
    verdict: str
    estimate: Estimate | None


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
    if not isinstance(margin, int | float) or margin < 0 or (expect == "same" and not margin):
        raise UsageError(f"{where}: margin={margin}: expected at least 0, more than 0 for `same`")
    level = float(entry.get("value", 0.0))
    return Rule(str(entry.get("metric", "")), expect, arms, others, float(margin), level)


def _arms(entry: Mapping[str, Any], one: str, several: str, where: str) -> tuple[str, ...]:
    found = [entry[one]] if one in entry else entry.get(several, [])
    if not isinstance(found, list) or (one in entry and several in entry):
        raise UsageError(f"{where}: give one {one}, or {several} with a list of arms")
    return tuple(found)


def apply(rule: Rule, results: Mapping[str, Any]) -> Finding:
    """Compares a rule with the content of a results file."""
    values = _by_seed(rule.arms, rule.metric, results)
    if rule.others:
        values = estimates.paired(values, _by_seed(rule.others, rule.metric, results))
    if not values:
        return Finding(rule, UNDECIDED, None)
    found = estimates.estimate(values)
    return Finding(rule, judge(found, rule), found)


def judge(found: Estimate, rule: Rule) -> str:
    """Returns the verdict that a 95 % interval allows.

    A difference is confirmed if the whole interval is on the expected side of 0, and refuted if
    all of it is on the other side or below the smallest effect that would matter. Sameness is
    confirmed if the whole interval is within the margin (two one-sided tests), and refuted if
    all of it is outside; for `different` it is the other way round.
    """
    low, high, margin, value = found.low, found.high, rule.margin, rule.value
    if found.n < MIN_SEEDS or not (math.isfinite(low) and math.isfinite(high)):
        return UNDECIDED
    if rule.expect in ("same", "different"):
        within, outside = -margin < low and high < margin, low > margin or high < -margin
        if rule.expect == "different":
            within, outside = outside, within
        return CONFIRMED if within else REFUTED if outside else UNDECIDED
    if rule.expect in ("lower", "at_most"):
        low, high, value = -high, -low, -value
    if rule.expect in _LEVELS:
        return CONFIRMED if low >= value else REFUTED if high < value else UNDECIDED
    if high < margin or high <= 0:
        return REFUTED
    return CONFIRMED if low > 0 else UNDECIDED


def _by_seed(arms: Sequence[str], metric: str, results: Mapping[str, Any]) -> dict[int, float]:
    """Returns a metric by seed: of one arm, or the range over several."""
    found = [estimates.by_seed(results, arm, metric) for arm in arms]
    if len(found) == 1:
        return found[0]
    seeds = [seed for seed in found[0] if all(seed in one for one in found)]
    return {seed: float(np.ptp([one[seed] for one in found])) for seed in seeds}
