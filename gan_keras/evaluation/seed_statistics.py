"""Statistics over runs, mostly seeds: mean, spread, paired difference."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from gan_keras.storage.metrics import flatten

CONFIDENCE = 0.95


def summarize(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | int | None]]:
    """Computes mean and spread over runs.

    Args:
        runs: Metrics of each.

    Returns:
        For each dotted key of any run `mean`, `sd` (standard deviation with n - 1; None for one
        value) and `n`, the number of runs that have it.
    """
    flat = [flatten(run) for run in runs]
    found = {}
    for key in dict.fromkeys(key for run in flat for key in run):
        known = np.array([run[key] for run in flat if key in run])
        found[key] = {
            "mean": float(known.mean()),
            "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
            "n": len(known),
        }
    return found


def paired_difference(
    group_a: Sequence[Mapping[str, Any]], group_b: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float | int | None]]:
    """Computes the mean of a - b over pairs of runs, with its 95 % interval by Student's t.

    Args:
        group_a: Metrics of each run.
        group_b: As many; run i is the partner of run i of the other group (the same seed).

    Returns:
        For each dotted key that a pair has `mean`, `low`, `high` (None for one pair) and `n`, the
        number of pairs that have it. An interval without 0 says that the groups differ, if the
        metric was chosen before looking: of 20 metrics one leaves out 0 by chance.
    """
    pairs = [(flatten(a), flatten(b)) for a, b in zip(group_a, group_b, strict=True)]
    found = {}
    for key in dict.fromkeys(key for a, b in pairs for key in a if key in b):
        values = np.array([a[key] - b[key] for a, b in pairs if key in a and key in b])
        low, high = interval(values) if len(values) > 1 else (None, None)
        found[key] = {"mean": float(values.mean()), "low": low, "high": high, "n": len(values)}
    return found


def interval(values: np.ndarray | Sequence[float]) -> tuple[float, float]:
    """Computes the 95 % interval of the mean of two values or more, by Student's t."""
    # Not `stats.t.interval`, which gives NaN where all values are equal.
    mean, error = float(np.mean(values)), float(stats.sem(values))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
    return mean - reach, mean + reach
