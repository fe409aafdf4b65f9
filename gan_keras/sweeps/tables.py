"""Tables of a sweep: mean and standard deviation of each arm, differences paired by seed."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from gan_keras.evaluation import seed_statistics


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean and how sure it is.

    Attributes:
        mean: Over seeds.
        sd: Sample standard deviation; NaN for one seed.
        n: Seeds.
        low: Lower end of the 95 % t-interval of the mean; -inf for one seed.
        high: Upper end.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Mean, standard deviation and 95 % t-interval of the mean.

    Args:
        values: One a seed; at least one.
    """
    named = [{"value": value} for value in values]
    spread = seed_statistics.summarize(named)["value"]
    # the interval of a mean is that of the difference from 0
    interval = seed_statistics.paired_difference(named, [{"value": 0.0}] * len(values))["value"]
    if spread["sd"] is None:
        return Estimate(spread["mean"], math.nan, 1, -math.inf, math.inf)
    return Estimate(spread["mean"], spread["sd"], spread["n"], interval["low"], interval["high"])


def by_seed(results: Mapping[str, Any], arm: str, metric: str) -> dict[int, float]:
    """A metric of the finished runs of an arm, by seed; runs that lack it are left out.

    Args:
        results: What a results file holds.
        arm: Name of the arm.
        metric: Name of a measure.
    """
    return {
        run["seed"]: run["metrics"][metric]
        for run in sorted(results["runs"].values(), key=lambda run: run["seed"])
        if run["arm"] == arm
        and run["status"] == "finished"
        and run["metrics"].get(metric) is not None
    }


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> list[float]:
    """`first - second` of the seeds that both have.

    Pairing takes out what a seed does to both.
    """
    return [first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())]


def table(results: Mapping[str, Any]) -> str:
    """The table of a sweep as text.

    Args:
        results: What a results file holds.

    Returns:
        A block for each metric: a line an arm with mean +- sd, seeds, and the difference to the
        baseline with its 95 % interval; then what has failed.
    """
    lines = []
    arms, baseline = results["arms"], results["baseline"]
    width = max(len(arm) for arm in arms) + 2
    for metric in results["metrics"]:
        lines.append(metric)
        base = by_seed(results, baseline, metric) if baseline else {}
        for arm in arms:
            values = by_seed(results, arm, metric)
            line = f"  {arm:{width}s}" + _spread(values)
            differences = paired(values, base) if arm != baseline else []
            if differences:
                line += "   " + _difference(differences, baseline)
            lines.append(line.rstrip())
    failed = {name: run for name, run in results["runs"].items() if run["status"] == "failed"}
    if failed:
        lines.append("failed")
        lines += [f"  {name}: {run['reason']} ({run['log']})" for name, run in failed.items()]
    return "\n".join(lines)


def number(value: float) -> str:
    """Four digits, without an exponent where that is readable."""
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.4e}"


def _spread(values: Mapping[int, float]) -> str:
    if not values:
        return "-"
    found = estimate(list(values.values()))
    spread = "" if math.isnan(found.sd) else f" +- {number(found.sd)}"
    return f"{number(found.mean) + spread:26s} n={found.n}"


def _difference(differences: Sequence[float], baseline: str) -> str:
    found = estimate(differences)
    text = f"{found.mean:+.4g} against {baseline}"
    if found.n > 1:
        text += f", 95 % [{found.low:+.4g}, {found.high:+.4g}]"
    return text
