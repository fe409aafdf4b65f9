"""Numbers of several runs: side by side, mean and spread, paired difference."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


def flatten(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of nested metrics, under keys joined by dots (`distribution.floor.recall`).

    Texts, lists, truth values and what is missing (None) are left out.

    Args:
        metrics: What metrics.json holds, or part of it.
    """
    return dict(_numbers(metrics, ""))


def _numbers(metrics: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    """Walks through nested metrics."""
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}{key}", float(value)


def compare_runs(runs: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Puts runs side by side.

    Args:
        runs: Metrics of each.

    Returns:
        For each key of any run, in the order of first appearance, a value a run; None where a run
        does not have it.
    """
    flat = [flatten(run) for run in runs]
    keys = dict.fromkeys(key for run in flat for key in run)
    return {key: [run.get(key) for run in flat] for key in keys}


def summarize(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | int | None]]:
    """Mean and spread over runs, seeds mostly.

    Args:
        runs: Metrics of each.

    Returns:
        For each key of any run `mean`, `sd` (standard deviation with n - 1; None for one value)
        and `n`, the runs that have it.
    """
    found = {}
    for key, values in compare_runs(runs).items():
        known = np.array([value for value in values if value is not None])
        found[key] = {
            "mean": float(known.mean()),
            "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
            "n": len(known),
        }
    return found


def paired_difference(
    group_a: Sequence[Mapping[str, Any]], group_b: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float | int | None]]:
    """Mean of a - b over pairs of runs, with its 95 % interval by Student's t.

    Args:
        group_a: Metrics of each run.
        group_b: As many; run i is the partner of run i of the other group (the same seed).

    Returns:
        For each key that both groups have `mean`, `low`, `high` (None for one pair) and `n`, the
        pairs that have it. An interval without 0 says that the groups differ, if the metric was
        chosen before looking: of 20 metrics one leaves out 0 by chance.

    Raises:
        ValueError: If the groups are not of the same size.
    """
    if len(group_a) != len(group_b):
        raise ValueError(
            f"Paired runs must be as many on both sides. Received: {len(group_a)} and "
            f"{len(group_b)}"
        )
    first, second = compare_runs(group_a), compare_runs(group_b)
    found = {}
    for key in (key for key in first if key in second):
        pairs = zip(first[key], second[key], strict=True)
        values = np.array([a - b for a, b in pairs if a is not None and b is not None])
        if len(values):
            found[key] = _interval(values)
    return found


def _interval(values: np.ndarray) -> dict[str, float | int | None]:
    """Mean of some values and its confidence interval."""
    mean, low, high = float(values.mean()), None, None
    if len(values) > 1:
        error = float(stats.sem(values))
        reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
        low, high = mean - reach, mean + reach
    return {"mean": mean, "low": low, "high": high, "n": len(values)}
