"""What a study measures in a finished run: scores of metrics.json, and figures made of log.csv."""

import csv
import dataclasses
import fnmatch
import math
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.storage.metrics import flatten, read_metrics

# Columns that log.csv may hold, each also as `val_...`.
COLUMNS = (
    "ae_gradient_norm",
    "ae_loss",
    "alpha",
    "class_accuracy",
    "d_class",
    "d_fake",
    "d_gradient_norm",
    "d_loss",
    "d_real",
    "fake_class_accuracy",
    "fake_score",
    "g_class",
    "g_gradient_norm",
    "g_loss",
    "g_source",
    "gradient_penalty",
    "image_size",
    "real_score",
)
# Not numbers of a kind that a table could average.
_LEFT_OUT = ("confusion", "environment", "experiment", "preset", "dataset", "mode_counts")


@dataclasses.dataclass(frozen=True)
class Measure:
    """One number of a run.

    Exactly one way of making it is set.

    Attributes:
        name: What tables and rules call it.
        score: Name in metrics.json, dotted.
        mean: Scores or earlier measures whose mean it is.
        difference: Two of them: the first less the second.
        ratio: Two of them: the first over the second.
        column: Column of log.csv, of which `take` makes one number.
        take: `last`, `mean`, `sd`, `max` or `min` of the epochs; `at` an epoch; `above` and
            `below`: how many epochs are above or below `value`; `slope` an epoch (least squares).
        value: The epoch or the threshold of `take`.
        since: First epoch that counts, from 1; a negative number counts from the end.
    """

    name: str
    score: str = ""
    mean: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    ratio: tuple[str, ...] = ()
    column: str = ""
    take: str = "last"
    value: float | None = None
    since: int = 1


def parse(entry: Any, earlier: Mapping[str, Measure], where: str) -> Measure:
    """Reads a measure of a study file.

    Args:
        entry: A score's name, or a mapping with `name` and one of `mean`, `difference`, `ratio`,
            `log`.
        earlier: Measures that it may refer to.
        where: What to blame in messages.

    Raises:
        UsageError: If it is unknown or incomplete.
    """
    if isinstance(entry, str):
        _check_score(entry, where)
        return Measure(entry, score=entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise UsageError(f"{where}: a metric is a score's name or a mapping with `name`")
    entry = dict(entry)
    name = entry.pop("name")
    where = f"{where}, metric {name!r}"
    if name in earlier:
        raise UsageError(f"{where}: defined twice")
    if "log" in entry:
        return _parse_column(name, entry, where)
    kinds = [kind for kind in ("mean", "difference", "ratio") if kind in entry]
    if len(kinds) != 1 or len(entry) != 1:
        raise UsageError(f"{where}: give one of mean, difference, ratio or log")
    parts = entry[kinds[0]]
    if not isinstance(parts, list) or not parts or not all(isinstance(p, str) for p in parts):
        raise UsageError(f"{where}: {kinds[0]} needs a list of names")
    if kinds[0] != "mean" and len(parts) != 2:
        raise UsageError(f"{where}: {kinds[0]} needs two names, not {len(parts)}")
    for part in parts:
        if part not in earlier:
            _check_score(part, where)
    return Measure(name, **{kinds[0]: tuple(parts)})


def _parse_column(name: str, entry: dict[str, Any], where: str) -> Measure:
    """Reads a measure made of a column of log.csv."""
    column, take = entry.pop("log"), entry.pop("take", "last")
    value, since = entry.pop("value", None), entry.pop("since", 1)
    if entry:
        raise UsageError(f"{where}: unknown {', '.join(map(str, entry))}")
    if str(column).removeprefix("val_") not in COLUMNS:
        raise UsageError(f"{where}: log.csv has no {column!r}; known: {', '.join(COLUMNS)}")
    if take not in _TAKES:
        raise UsageError(f"{where}: take={take}: choose one of {', '.join(_TAKES)}")
    if (take in ("above", "below", "at")) != isinstance(value, int | float):
        raise UsageError(f"{where}: `value` belongs to take=above, below or at")
    if not isinstance(since, int) or since == 0:
        raise UsageError(f"{where}: since={since!r}: expected an epoch, or a negative number")
    return Measure(name, column=column, take=take, value=value, since=since)


def describe(measure: Measure) -> str:
    """Says what a measure is made of."""
    if measure.score:
        return f"`{measure.score}` of metrics.json"
    if measure.column:
        epochs = f" since epoch {measure.since}" if measure.since > 1 else ""
        if measure.since < 0:
            epochs = f" of the last {-measure.since} epochs"
        taken = {
            "at": f"at epoch {measure.value:g}" if measure.value is not None else "",
            "above": f"number of epochs above {measure.value}",
            "below": f"number of epochs below {measure.value}",
            "slope": "slope an epoch",
            "last": "after the last epoch",
        }.get(measure.take, measure.take)
        return f"`{measure.column}` of log.csv: {taken}{epochs}"
    kinds = {"mean of": measure.mean, "difference:": measure.difference, "ratio:": measure.ratio}
    kind, parts = next((kind, parts) for kind, parts in kinds.items() if parts)
    between = {"difference:": " less ", "ratio:": " over "}.get(kind, ", ")
    return f"{kind} {between.join(parts)}"


def _check_score(name: str, where: str) -> None:
    known = catalogue.MEASURABLE
    if not any(fnmatch.fnmatchcase(name, pattern) for pattern in known):
        raise UsageError(f"{where}: unknown metric {name!r}; known: {', '.join(known)}")


def of_run(folder: Path, measures: tuple[Measure, ...]) -> dict[str, Any]:
    """Reads what a finished run has measured.

    Args:
        folder: The run folder.
        measures: What the study asks for; None where the run lacks it.

    Returns:
        `metrics` by measure, and every number of metrics.json by dotted name as `scores`.

    Raises:
        DataError: If metrics.json or log.csv cannot be read.
    """
    scores, file = numbers(read_metrics(folder)), folder / "log.csv"
    try:
        columns = read_columns(file)
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read ({error})") from error
    return {"metrics": evaluate(measures, scores, columns), "scores": scores}


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of metrics.json by dotted name, those of lists by their place.

    Args:
        metrics: What metrics.json holds. Confusion matrices and the like are left out.
    """
    return flatten(_lists_as_mappings(metrics))


def _lists_as_mappings(value: Any) -> Any:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return value
    return {str(k): _lists_as_mappings(v) for k, v in value.items() if k not in _LEFT_OUT}


def read_columns(file: Path) -> dict[str, list[float]]:
    """Columns of a log.csv, a number an epoch; NaN where a row lacks it."""
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [float(row.get(name) or "nan") for row in rows] for name in names}


def evaluate(
    measures: tuple[Measure, ...],
    scores: Mapping[str, float],
    columns: Mapping[str, list[float]],
) -> dict[str, float | None]:
    """Works out measures in their order.

    Args:
        measures: A measure may refer to earlier ones.
        scores: Numbers of metrics.json by dotted name.
        columns: Of log.csv.

    Returns:
        By name; None for what the run lacks or what is not finite.
    """
    found: dict[str, float | None] = {}
    for measure in measures:
        known = scores | {name: value for name, value in found.items() if value is not None}
        value = _work_out(measure, known, columns)
        found[measure.name] = value if value is not None and math.isfinite(value) else None
    return found


def _work_out(measure, known, columns) -> float | None:
    """One measure; None if something is missing."""
    if measure.column:
        values = columns.get(measure.column)
        return None if values is None else _TAKES[measure.take](_since(values, measure), measure)
    names = [measure.score] if measure.score else measure.mean or measure.difference
    values = [known.get(name) for name in names or measure.ratio]
    if None in values:
        return None
    if measure.difference:
        return values[0] - values[1]
    if measure.ratio:
        return values[0] / values[1] if values[1] else None
    return statistics.fmean(values)


def _since(values: list[float], measure: Measure) -> list[float]:
    """The epochs that count."""
    if measure.take == "at":
        return values
    return values[measure.since :] if measure.since < 0 else values[measure.since - 1 :]


def _at(values: list[float], measure: Measure) -> float | None:
    epoch = int(measure.value)
    return values[epoch - 1] if 1 <= epoch <= len(values) else None


def _slope(values: list[float], measure: Measure) -> float | None:
    del measure
    if len(values) < 2:
        return None
    return statistics.linear_regression(range(len(values)), values).slope


_TAKES = {
    "last": lambda values, m: values[-1] if values else None,
    "mean": lambda values, m: statistics.fmean(values) if values else None,
    "sd": lambda values, m: statistics.stdev(values) if len(values) > 1 else None,
    "max": lambda values, m: max(values, default=None),
    "min": lambda values, m: min(values, default=None),
    "above": lambda values, m: sum(value > m.value for value in values),
    "below": lambda values, m: sum(value < m.value for value in values),
    "at": _at,
    "slope": _slope,
}
