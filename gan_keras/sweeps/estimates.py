"""Estimates over seeds that assume no distribution, and the table of them.

Outcomes of GANs have two humps where some seeds collapse, so a mean and Student's t mislead.
Numbers are summed up by their median, events (a run has collapsed or not) by their share, and both
have exact intervals at any number of seeds. Too few seeds give an infinite interval.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

# Chance that an interval misses on a given side, and with it that a claim is decided wrongly.
RISK = 0.05


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What `n` seeds say.

    Attributes:
        value: The median; of events their share, or the difference of two shares.
        least: The smallest of the seeds.
        most: The largest.
        low: Lower end of the interval; the truth is below it with the chance `risk` at most.
        high: Upper end, likewise.
        events: How many seeds have the event; None for numbers and differences.
    """

    value: float
    least: float
    most: float
    n: int
    low: float
    high: float
    events: int | None = None

    @property
    def unit(self) -> float:
        """Half the range of the seeds, in which estimates of unlike numbers can be compared."""
        return (self.most - self.least) / 2 or abs(self.value) or 1.0

    def __str__(self) -> str:
        if self.events is not None:
            return f"{self.events} of {self.n} ({self.low:.0%} to {self.high:.0%})"
        between = f" ({number(self.least)} to {number(self.most)})" if self.n > 1 else ""
        return number(self.value) + between


def estimate(by_seed: Mapping[int, float | bool], risk: float = RISK) -> Estimate:
    """Sums up values by seed, as `by_seed` or `paired` give them."""
    values = np.array(list(by_seed.values()))
    low, high = interval(values, risk)
    shares = values.dtype.kind != "f"
    value = float(values.mean() if shares else np.median(values))
    events = int(values.sum()) if values.dtype.kind == "b" else None
    ends = float(values.min()), float(values.max())
    return Estimate(value, *ends, len(values), float(low), float(high), events)


def interval(values: np.ndarray, risk: float) -> tuple[np.ndarray, np.ndarray]:
    """Computes intervals that are exact for any distribution.

    Args:
        values: Shape `(..., seeds)`. Floats: the interval is of their median, between two order
            statistics (the sign test, inverted). Booleans: of the share of events, by Clopper and
            Pearson. Integers: differences of paired events, -1, 0 or 1; of the difference of the
            shares. It leaves out 0 just where McNemar's exact test is significant.
        risk: Chance that the truth is below the interval, and that it is above.

    Returns:
        Both ends, shape `(...)`.
    """
    n = values.shape[-1]
    if values.dtype.kind == "b":
        return _share(values.sum(-1), np.asarray(n), risk)
    if values.dtype.kind == "i":
        return _share_difference((values > 0).sum(-1), (values < 0).sum(-1), n, risk)
    rank = int(stats.binom.ppf(risk, n, 0.5))
    if not rank:
        ends = np.full(values.shape[:-1], math.inf)
        return -ends, ends
    ranked = np.sort(values, axis=-1)
    return ranked[..., rank - 1], ranked[..., n - rank]


def _share(events: np.ndarray, n: np.ndarray, risk: float) -> tuple[np.ndarray, np.ndarray]:
    low = np.where(events > 0, stats.beta.ppf(risk, events, n - events + 1), 0.0)
    return low, np.where(events < n, stats.beta.ppf(1 - risk, events + 1, n - events), 1.0)


def _share_difference(
    more: np.ndarray, fewer: np.ndarray, n: int, risk: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the interval of the difference of the shares of paired events.

    The difference is `d (2 p - 1)`, where `d` is the share of pairs that differ and `p` the share
    of these with the event in the first. Both have an interval with half of the risk.
    """
    (p_low, p_high) = _share(more, more + fewer, risk / 2)
    (d_low, d_high) = _share(more + fewer, np.asarray(n), risk / 2)
    low, high = 2 * p_low - 1, 2 * p_high - 1
    return low * np.where(low > 0, d_low, d_high), high * np.where(high > 0, d_high, d_low)


def by_seed(results: Mapping[str, Any], arm: str, metric: str) -> dict[int, float | bool]:
    """Returns a metric of the runs of an arm by seed: floats, or booleans for events.

    Runs that lack it are left out; one that failed has events only, if it diverged.
    """
    own = [run for run in results["runs"].values() if run["arm"] == arm]
    values = {run["seed"]: run.get("metrics", {}).get(metric) for run in own}
    known = {seed: values[seed] for seed in sorted(values) if values[seed] is not None}
    return {seed: v if isinstance(v, bool) else float(v) for seed, v in known.items()}


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> dict[int, float]:
    """Returns `first - second` by seed, which removes the effect that a seed has on both."""
    return {seed: first[seed] - second[seed] for seed in first if seed in second}


def table(results: Mapping[str, Any]) -> str:
    """Returns results as text: median and range per metric and arm, differences to the baseline."""
    lines = []
    arms, baseline = results["arms"], results["baseline"]
    width = max(map(len, arms)) + 2
    for metric in results["metrics"]:
        lines.append(metric)
        base = by_seed(results, baseline, metric)
        for arm in arms:
            values = by_seed(results, arm, metric)
            line = f"  {arm:{width}s}"
            line += f"{estimate(values)!s:30s} n={len(values)}" if values else "-"
            if arm != baseline and (differences := paired(values, base)):
                line += f"   {difference(estimate(differences))} against {baseline}"
            lines.append(line.rstrip())
    failed = {name: run for name, run in results["runs"].items() if run["status"] == "failed"}
    lines += ["failed"] if failed else []
    lines += [f"  {name}: {run['reason']} ({run['log']})" for name, run in failed.items()]
    return "\n".join(lines)


def difference(found: Estimate, form: str = "+.3g") -> str:
    """Returns an estimate, signed, with its interval; with the range of too few seeds."""
    value, least, most, low, high = (
        format(number, form)
        for number in (found.value, found.least, found.most, found.low, found.high)
    )
    if math.isfinite(found.low):
        return f"{value} [{low}, {high}]"
    return f"{value} ({least} to {most})" if found.n > 1 else value


def number(value: float) -> str:
    """Returns a number with three digits, without an exponent where that is readable."""
    return (
        f"{value:.3g}"
        if abs(value) < 1e3
        else f"{value:,.0f}"
        if abs(value) < 1e6
        else f"{value:.3e}"
    )
