"""Estimates over seeds: means with intervals, differences paired by seed, and the table of them."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gan_keras.evaluation import seed_statistics


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over `n` seeds, its standard deviation, and the ends of its 95 % t-interval.

    One seed has NaN as standard deviation and an infinite interval.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float


def estimate(by_seed: Mapping[int, float]) -> Estimate:
    """Returns the mean over seeds with its 95 % t-interval."""
    values = list(by_seed.values())
    mean, n = float(np.mean(values)), len(values)
    if n == 1:
        return Estimate(mean, math.nan, 1, -math.inf, math.inf)
    return Estimate(mean, float(np.std(values, ddof=1)), n, *seed_statistics.interval(values))


def by_seed(results: Mapping[str, Any], arm: str, metric: str) -> dict[int, float]:
    """Returns a metric of the finished runs of an arm by seed, without runs that lack it."""
    own = [run for run in results["runs"].values() if run["arm"] == arm]
    values = {run["seed"]: run["metrics"].get(metric) for run in own if run["status"] == "finished"}
    return {seed: values[seed] for seed in sorted(values) if values[seed] is not None}


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> dict[int, float]:
    """Returns `first - second` by seed, which removes the effect that a seed has on both."""
    return {seed: first[seed] - second[seed] for seed in first if seed in second}


def table(results: Mapping[str, Any]) -> str:
    """Returns results as text: mean +- sd per metric and arm, and differences to the baseline."""
    lines = []
    arms, baseline = results["arms"], results["baseline"]
    width = max(map(len, arms)) + 2
    for metric in results["metrics"]:
        lines.append(metric)
        base = by_seed(results, baseline, metric)
        for arm in arms:
            values = by_seed(results, arm, metric)
            found = estimate(values) if values else None
            line = f"  {arm:{width}s}" + (f"{spread(found):26s} n={found.n}" if found else "-")
            if arm != baseline and (differences := paired(values, base)):
                change = estimate(differences)
                line += f"   {change.mean:+.4g} against {baseline}"
                if change.n > 1:
                    line += f", 95 % [{change.low:+.4g}, {change.high:+.4g}]"
            lines.append(line.rstrip())
    failed = {name: run for name, run in results["runs"].items() if run["status"] == "failed"}
    lines += ["failed"] if failed else []
    lines += [f"  {name}: {run['reason']} ({run['log']})" for name, run in failed.items()]
    return "\n".join(lines)


def number(value: float) -> str:
    """Returns a number with four digits, without an exponent where that is readable."""
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.4e}"


def spread(found: Estimate) -> str:
    """Returns mean +- standard deviation as text."""
    return number(found.mean) + (f" +- {number(found.sd)}" if found.n > 1 else "")
