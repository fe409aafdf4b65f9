"""Measures of a study: scores of metrics.json, and figures made of columns of log.csv."""

import dataclasses
import fnmatch
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import UsageError
from gan_keras.storage.metrics import flatten

# Not numbers of a kind that a table could average.
_LEFT_OUT = ("confusion", "environment", "experiment", "preset", "dataset", "mode_counts")


@dataclasses.dataclass(frozen=True)
class Measure:
    """One number of a run.

    Attributes:
        name: Its name in tables and rules.
        kind: `score` of metrics.json; `mean`, `difference` or `ratio` of scores or earlier
            measures; `below` or `above` for an event, a failure such as collapse that a run has or
            has not; `log` for a column of log.csv.
        of: The names of these, two of them for `difference` and `ratio`.
        take: How a column becomes one number: `last`, `sd` or `max` of the epochs; `at` an epoch;
            the number of epochs `above` a value; `slope` per epoch (least squares).
        value: The epoch or the threshold of `take`, or the bound of an event.
        since: First epoch that counts, from 1.
    """

    name: str
    kind: str
    of: tuple[str, ...]
    take: str = "last"
    value: float = 0.0
    since: int = 1

    @property
    def event(self) -> bool:
        """Whether it is true or false of a run, and no number."""
        return self.kind in ("below", "above")


def parse(entry: Any, earlier: Collection[str], where: str) -> Measure:
    """Reads a measure of a study file.

    Args:
        entry: A score's name, or a mapping with `name` and one of `mean`, `difference`, `ratio`,
            `log`, or `below` or `above` with one score and its bound. Columns of log.csv are not
            checked, as each variant has its own.
        earlier: Names of the measures before it, to which it may refer.
        where: The place that messages name.

    Raises:
        UsageError: If it is unknown or incomplete.
    """
    parts = {"name": entry, "score": [entry]} if isinstance(entry, str) else entry
    if not isinstance(parts, dict) or "name" not in parts:
        raise UsageError(f"{where}: a metric is a score's name or a mapping with `name`")
    parts = dict(parts)
    name = str(parts.pop("name"))
    where = f"{where}, metric {name!r}"
    if name in earlier:
        raise UsageError(f"{where}: defined twice")
    if "log" in parts:
        return _parse_column(name, parts, where)
    kind, names = next(iter(parts.items()), ("", None))
    if len(parts) != 1 or kind not in ("score", "mean", "difference", "ratio", "below", "above"):
        raise UsageError(f"{where}: give one of mean, difference, ratio, below, above or log")
    bound = 0.0
    if kind in ("below", "above"):
        (score, bound), *rest = names.items() if isinstance(names, dict) and names else [("", None)]
        if rest or not isinstance(bound, int | float):
            raise UsageError(f"{where}: {kind} needs one score and its bound")
        names = [score]
    names = names if isinstance(names, list) and all(isinstance(n, str) for n in names) else []
    two = "two " if kind in ("difference", "ratio") else ""
    if not names or (two and len(names) != 2):
        raise UsageError(f"{where}: {kind} needs a list of {two}names")
    known = (*earlier, *catalogue.MEASURABLE)
    for one in names:
        if not any(fnmatch.fnmatchcase(one, pattern) for pattern in known):
            raise UsageError(f"{where}: unknown metric {one!r}; known: {', '.join(known)}")
    return Measure(name, kind, tuple(names), value=bound)


def _parse_column(name: str, entry: Mapping[str, Any], where: str) -> Measure:
    """Reads a measure made of a column of log.csv."""
    if unknown := [str(key) for key in entry if key not in ("log", "take", "value", "since")]:
        raise UsageError(f"{where}: unknown {', '.join(unknown)}")
    column, take, since = str(entry["log"]), entry.get("take", "last"), entry.get("since", 1)
    if take not in _TAKES:
        raise UsageError(f"{where}: take={take}: choose one of {', '.join(_TAKES)}")
    if (take in ("above", "at")) != isinstance(entry.get("value"), int | float):
        raise UsageError(f"{where}: `value` belongs to take=above or at")
    value = entry.get("value", 0.0)
    for epoch in (since, value if take == "at" else 1):
        if not isinstance(epoch, int) or epoch < 1:
            raise UsageError(f"{where}: {epoch!r}: expected an epoch, from 1")
    return Measure(name, "log", (column,), take, value, since)


def describe(measure: Measure) -> str:
    """Returns the definition of a measure in words."""
    if measure.kind == "score":
        return f"`{measure.of[0]}` of metrics.json"
    if measure.event:
        return f"whether {measure.of[0]} is {measure.kind} {measure.value:g}"
    if measure.kind == "log":
        taken = {
            "last": "after the last epoch",
            "at": f"at epoch {measure.value:g}",
            "above": f"number of epochs above {measure.value:g}",
            "slope": "slope per epoch",
        }.get(measure.take, measure.take)
        since = f" since epoch {measure.since}" if measure.since > 1 else ""
        return f"`{measure.of[0]}` of log.csv: {taken}{since}"
    return f"{measure.kind} of {', '.join(measure.of)}"


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of metrics.json by dotted name, in lists by position (`name.0`).

    Confusion matrices and the like are left out.
    """

    def nested(value: Any) -> Any:
        if isinstance(value, list):
            value = dict(enumerate(value))
        if not isinstance(value, dict):
            return value
        return {str(key): nested(entry) for key, entry in value.items() if key not in _LEFT_OUT}

    return flatten(nested(metrics))


def evaluate(
    measures: Sequence[Measure],
    scores: Mapping[str, float],
    columns: Mapping[str, Sequence[float]],
) -> dict[str, float | bool | None]:
    """Computes measures in their order.

    Args:
        measures: A measure may refer to earlier ones.
        scores: Numbers of metrics.json by dotted name.
        columns: Columns of log.csv.

    Returns:
        Values by name, of events true or false; None where the run lacks something or the value is
        not finite.
    """
    found: dict[str, float | bool | None] = {}
    for measure in measures:
        if measure.kind == "log":
            value = _value_of_column(measure, columns.get(measure.of[0], ()))
        else:
            value = _combined(measure, {**scores, **found})
        found[measure.name] = value if value is not None and math.isfinite(value) else None
    return found


def of_diverged(measures: Sequence[Measure]) -> dict[str, bool]:
    """Returns the measures of a run whose losses were not finite any more: it has all failures."""
    return {measure.name: True for measure in measures if measure.event}


def _combined(measure: Measure, known: Mapping[str, float | None]) -> float | bool | None:
    """Computes a measure of scores; None if one is missing."""
    values = [value for name in measure.of if (value := known.get(name)) is not None]
    if len(values) < len(measure.of):
        return None
    if measure.event:
        return values[0] < measure.value if measure.kind == "below" else values[0] > measure.value
    if measure.kind == "difference":
        return values[0] - values[1]
    if measure.kind == "ratio":
        return values[0] / values[1] if values[1] else None
    return statistics.fmean(values)


def _value_of_column(measure: Measure, values: Sequence[float]) -> float | None:
    """Makes one number of a column; None if it has too few epochs."""
    values = values[measure.since - 1 :]
    try:
        return _TAKES[measure.take](values, measure.value) if values else None
    except (IndexError, statistics.StatisticsError):
        return None


_TAKES: dict[str, Callable[[Sequence[float], float], float]] = {
    "last": lambda values, _: values[-1],
    "sd": lambda values, _: statistics.stdev(values),
    "max": lambda values, _: max(values),
    "at": lambda values, epoch: values[int(epoch) - 1],
    "above": lambda values, limit: sum(value > limit for value in values),
    "slope": lambda values, _: statistics.linear_regression(range(len(values)), values).slope,
}
