"""Pilots: from a few runs of a study, the number of seeds that decides its claims."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from gan_keras.sweeps import estimates, rules
from gan_keras.sweeps.claims import Claim
from gan_keras.sweeps.rules import Rule
from gan_keras.sweeps.study import Planned

POWER = 0.8
# Rules that are about the margin itself.
_NEAR = ("same", "different")
# More seeds than a study could bear.
_MOST = 100
_TRIALS = 1000
# Four of five pilots rate the spread no lower than it is.
_LUCK = 0.2
# Standard deviations from which a seed is far off.
_FAR = 3.0


def plan(asked: Sequence[Claim], results: Mapping[str, Any]) -> dict[str, Planned]:
    """Plans the claims of a study by the results of its pilot; without claims not measured there.

    The risk of a wrong verdict is that of the strictest step of `claims.decide`.
    """
    found = {}
    for claim in asked:
        samples = [np.array(list(rules.values(rule, results).values())) for rule in claim.rules]
        if all(map(len, samples)):
            parts = len(claim.rules)
            risk, power = estimates.RISK / len(asked) / parts, 1 - (1 - POWER) / parts
            rows = list(zip(samples, claim.rules, strict=True))
            spreads = tuple(spread(sample) for sample in samples)
            margins, effects = (
                [seeds_needed(sample, one, risk, power) for sample, one in some]
                for some in (rows, [(sample, _by_effect(one)) for sample, one in rows])
            )
            seeds, at_effect = (0 if 0 in some else max(some) for some in (margins, effects))
            found[claim.id] = Planned(_met(claim, results), spreads, seeds, at_effect)
    return found


def _by_effect(rule: Rule) -> Rule:
    """Returns a rule that is planned with the effect of the pilot, where that can be."""
    return dataclasses.replace(rule, margin=rule.margin if rule.expect in _NEAR else 0.0)


def _met(claim: Claim, results: Mapping[str, Any]) -> int:
    """Returns the number of seeds that meet all needs of a claim."""
    met = set(results["seeds"])
    for need in claim.needs:
        values = rules.values(need, results)
        met &= {seed for seed, v in values.items() if rules.judge(v, v, need)[0]}
    return len(met)


def spread(values: np.ndarray) -> float:
    """Estimates the standard deviation of the seeds that work, 0 for events.

    It is the upper end of its 80 % interval, and infinite where two do not work.
    """
    if values.dtype.kind != "f":
        return 0.0
    working = values[_far_off(values) == 0]
    if len(working) < 2:
        return math.inf
    more = (len(working) - 1) / stats.chi2.ppf(_LUCK, len(working) - 1)
    return float(f"{working.std(ddof=1) * more**0.5:.3g}")


def _far_off(values: np.ndarray) -> np.ndarray:
    """Returns how far outcomes are from the median, as in collapse; 0 for those that are near."""
    away = values - np.median(values)
    near = _FAR * stats.median_abs_deviation(values, scale="normal")
    return np.where(np.abs(away) > near, away, 0.0)


def seeds_needed(values: np.ndarray, rule: Rule, risk: float, power: float = POWER) -> int:
    """Computes the fewest seeds with which a rule is probably confirmed if it holds by its margin.

    A rule without a margin is planned with the effect that the pilot had, `same` with no effect,
    and `different` with twice the margin. Outcomes are simulated: numbers from a normal
    distribution, but for as many far off as in the pilot (differences on either side alike), and
    events with the probability that the effect gives them.

    Args:
        values: Of the pilot, by `rules.values`: levels or paired differences.
        rule: The rule.
        risk: Chance of a wrong verdict.
        power: Chance of the right one.

    Returns:
        The number of seeds; 0 if 100 are not enough.
    """
    draws = _draws(values, rule, np.random.default_rng(0))
    for n in range(2, _MOST + 1):
        low, high = estimates.interval(draws[:, :n], risk)
        if rules.judge(low, high, rule)[0].mean() >= power:
            return n
    return 0


def _draws(values: np.ndarray, rule: Rule, rng: np.random.Generator) -> np.ndarray:
    """Simulates outcomes, shape `(trials, seeds)`."""
    size = (_TRIALS, _MOST)
    middle = float(np.median(values) if values.dtype.kind == "f" else values.mean())
    effect = {"same": 0.0, "different": 2 * rule.margin}.get(rule.expect, rule.margin)
    if not effect and rule.expect != "same":
        effect = abs(middle - rule.value)
    effect = rule.value + (-effect if rule.expect in ("lower", "at_most") else effect)
    if values.dtype.kind == "f":
        away = _far_off(values)
        away = rng.choice(np.concatenate([away, -away]) if rule.others else away, size)
        return effect + np.where(away, away, rng.normal(0.0, spread(values), size))
    if values.dtype.kind == "b":
        return rng.random(size) < effect
    differing = max(float(np.mean(values != 0)), abs(effect))
    more, fewer = (differing + effect) / 2, (differing - effect) / 2
    drawn = rng.random(size)
    return (drawn < more).astype(int) - (drawn > 1 - fewer).astype(int)


def text(planned: Mapping[str, Planned], seeds: Sequence[int]) -> str:
    """Returns what a pilot found in the form of the study file, where it belongs."""
    lines = ["what the pilot found, for the study file:", "pilot:", f"  seeds: {list(seeds)}"]
    lines += ["  found:"] if planned else []
    for claim, one in planned.items():
        values = dataclasses.asdict(one) | {"spread": list(one.spread)}
        inner = ", ".join(f"{name}: {value}" for name, value in values.items())
        lines.append(f"    {claim}: {{{inner}}}  # needs met in {one.met} of {len(seeds)}")
    return "\n".join(lines)
