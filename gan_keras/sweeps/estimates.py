"""Estimates over seeds: means with intervals, differences paired by seed, and the table of them."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gan_keras.evaluation import seed_statistics


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its uncertainty.

    Attributes:
        mean: Over seeds.
        sd: Sample standard deviation; NaN for one seed.
        n: Number of seeds.
        low: Lower end of the 95 % t-interval of the mean; -inf for one seed.
        high: Upper end.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Returns the mean of values, one per seed, with its 95 % t-interval."""
    mean, n = float(np.mean(values)), len(values)
    if n == 1:
        return Estimate(mean, math.nan, 1, -math.inf, math.inf)
    return Estimate(mean, float(np.std(values, ddof=1)), n, *seed_statistics.interval(values))


def by_seed(results: Mapping[str, Any], arm: str, metric: str) -> dict[int, float]:
    """Returns a metric of the finished runs of an arm by seed, without runs that lack it."""
    return {
        run["seed"]: run["metrics"][metric]
        for run in sorted(results["runs"].values(), key=lambda run: run["seed"])
        if run["arm"] == arm
        and run["status"] == "finished"
        and run["metrics"].get(metric) is not None
    }


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> list[float]:
    """Returns `first - second` for the seeds that both have.

    Pairing removes the effect that a seed has on both.
    """
    return [first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())]


def table(results: Mapping[str, Any]) -> str:
    """Returns the content of a results file as text.

    That is a block per metric, with a line per arm: mean +- sd, seeds, and the difference to the
    baseline with its 95 % interval; then the runs that failed.
    """
    lines = []
    arms, baseline = results["arms"], results["baseline"]
    width = max(len(arm) for arm in arms) + 2
    for metric in results["metrics"]:
        lines.append(metric)
        base = by_seed(results, baseline, metric) if baseline else {}
        for arm in arms:
            values = by_seed(results, arm, metric)
            found = estimate(list(values.values())) if values else None
            line = f"  {arm:{width}s}" + (f"{spread(found):26s} n={found.n}" if found else "-")
            differences = paired(values, base) if arm != baseline else []
            if differences:
                line += "   " + _difference(estimate(differences), baseline)
            lines.append(line.rstrip())
    failed = {name: run for name, run in results["runs"].items() if run["status"] == "failed"}
    if failed:
        lines.append("failed")
        lines += [f"  {name}: {run['reason']} ({run['log']})" for name, run in failed.items()]
    return "\n".join(lines)


def number(value: float) -> str:
    """Returns a number with four digits, without an exponent where that is readable."""
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.4e}"


def spread(found: Estimate) -> str:
    """Returns mean +- standard deviation as text."""
    return number(found.mean) + (f" +- {number(found.sd)}" if found.n > 1 else "")


def _difference(found: Estimate, baseline: str) -> str:
    text = f"{found.mean:+.4g} against {baseline}"
    if found.n > 1:
        text += f", 95 % [{found.low:+.4g}, {found.high:+.4g}]"
    return text
