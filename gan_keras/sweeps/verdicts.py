"""Verdicts: what an interval says about a claim. Rules are fixed before the runs are made."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from gan_keras.foundation.errors import UsageError
from gan_keras.sweeps import tables
from gan_keras.sweeps.tables import Estimate

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "not decidable at this size"
# Fewer say nothing about the spread between seeds.
MIN_SEEDS = 3
_COMPARISONS = ("higher", "lower", "same", "different", "identical")
_LEVELS = ("at_least", "at_most")
_KEYS = {"metric", "arm", "than", "range_of", "than_range_of", "expect", "margin", "value"}


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a claim predicts of one number.

    Attributes:
        metric: A measure of the study.
        expect: `higher` or `lower` than the other side; `same` within `margin`; `different` by more
            than `margin`; `identical` for each seed; `at_least` or `at_most` `value`.
        arms: The arm; or several, whose range (largest less smallest of a seed) is meant.
        others: What they are compared with, paired by seed; empty for a level.
        margin: Smallest difference that would matter, at least 0. If the interval excludes it,
            `higher` and `lower` are refuted, however sure a still smaller difference is.
        value: The level.
    """

    metric: str
    expect: str
    arms: tuple[str, ...]
    others: tuple[str, ...] = ()
    margin: float = 0.0
    value: float = 0.0

    def __str__(self) -> str:
        side = [" to ".join(("range of " + arms[0], arms[-1])) if len(arms) > 1 else "".join(arms)
                for arms in (self.arms, self.others)]  # fmt: skip
        if not self.others:
            words = {"at_least": "at least", "at_most": "at most"}[self.expect]
            return f"{self.metric} of {side[0]}: {words} {self.value:g}"
        words = {
            "same": "the same as",
            "different": "different from",
            "identical": "identical to",
        }.get(self.expect, f"{self.expect} than")
        margin = f" (margin {self.margin:g})" if self.margin else ""
        return f"{self.metric} of {side[0]}: {words} {side[1]}{margin}"


@dataclasses.dataclass(frozen=True)
class Finding:
    """What came of a rule.

    Attributes:
        rule: The rule.
        verdict: One of the three.
        estimate: Of the level or the paired difference; None where nothing was measured.
        values: The level or the paired difference of each seed.
    """

    rule: Rule
    verdict: str
    estimate: Estimate | None
    values: tuple[float, ...] = ()


def parse(entry: Any, where: str) -> Rule:
    """Reads a rule of the registry of claims.

    Args:
        entry: The mapping.
        where: What to blame in messages.

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
        raise UsageError(
            f"{where}: {expect} needs `arm`" + " and `than`" * (expect in _COMPARISONS)
        )
    if (expect in _LEVELS) != isinstance(entry.get("value"), int | float):
        raise UsageError(f"{where}: `value` belongs to at_least and at_most")
    if not isinstance(margin, int | float) or margin < 0 or (expect == "same" and not margin):
        raise UsageError(f"{where}: margin={margin}: expected at least 0, more than 0 for `same`")
    return Rule(
        metric=str(entry.get("metric", "")),
        expect=expect,
        arms=arms,
        others=others,
        margin=float(margin),
        value=float(entry.get("value", 0.0)),
    )


def _arms(entry: Mapping[str, Any], one: str, several: str, where: str) -> tuple[str, ...]:
    if one in entry and several in entry:
        raise UsageError(f"{where}: give {one} or {several}, not both")
    if several in entry:
        if not isinstance(entry[several], list) or len(entry[several]) < 2:
            raise UsageError(f"{where}: {several} needs a list of arms")
        return tuple(entry[several])
    return (entry[one],) if one in entry else ()


def apply(rule: Rule, results: Mapping[str, Any]) -> Finding:
    """Holds a rule against what was measured.

    Args:
        rule: The rule.
        results: What a results file holds.
    """
    own = _side(rule.arms, rule.metric, results)
    if rule.others:
        values = tables.paired(own, _side(rule.others, rule.metric, results))
    else:
        values = list(own.values())
    if not values:
        return Finding(rule, UNDECIDED, None)
    found = tables.estimate(values)
    if rule.expect == "identical" and len(values) >= MIN_SEEDS:
        return Finding(rule, REFUTED if any(values) else CONFIRMED, found, tuple(values))
    verdict = judge(found, rule.expect, rule.margin, rule.value)
    return Finding(rule, verdict, found, tuple(values))


def judge(found: Estimate, expect: str, margin: float = 0.0, value: float = 0.0) -> str:
    """The verdict that a 95 % interval allows.

    A difference is confirmed if the whole interval is on the expected side of 0, and refuted if
    all of it is on the other side or below the smallest effect that would matter. Sameness is
    confirmed if the whole interval is within the margin (two one-sided tests), and refuted if
    all of it is outside; for `different` it is the other way round.

    Args:
        found: The interval.
        expect: As in `Rule`.
        margin: As in `Rule`.
        value: As in `Rule`.
    """
    low, high = found.low, found.high
    if found.n < MIN_SEEDS or not (math.isfinite(low) and math.isfinite(high)):
        return UNDECIDED
    if expect in ("same", "different"):
        within, outside = -margin < low and high < margin, low > margin or high < -margin
        if expect == "different":
            within, outside = outside, within
        return CONFIRMED if within else REFUTED if outside else UNDECIDED
    if expect in ("lower", "at_most"):
        low, high, value = -high, -low, -value
    if expect in _LEVELS:
        return CONFIRMED if low >= value else REFUTED if high < value else UNDECIDED
    if expect not in ("higher", "lower"):
        return UNDECIDED
    if high < margin or high <= 0:
        return REFUTED
    return CONFIRMED if low > 0 else UNDECIDED


def combine(verdicts: Sequence[str]) -> str:
    """The verdict on a claim: one refuted rule refutes it, all must be confirmed to confirm it."""
    if REFUTED in verdicts:
        return REFUTED
    return CONFIRMED if verdicts and set(verdicts) == {CONFIRMED} else UNDECIDED


def _side(arms: Sequence[str], metric: str, results: Mapping[str, Any]) -> dict[int, float]:
    """A metric by seed: of one arm, or the range over several."""
    found = [tables.by_seed(results, arm, metric) for arm in arms]
    if len(found) == 1:
        return found[0]
    seeds = set.intersection(*(set(one) for one in found))
    return {
        seed: max(one[seed] for one in found) - min(one[seed] for one in found)
        for seed in sorted(seeds)
    }
