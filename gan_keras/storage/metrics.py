"""Writing, reading and searching metrics.json, the scores of a run or of a set of images."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json

METRICS = "metrics.json"
REPORT = "report.html"


def number(value: float) -> float | None:
    """Returns a float for JSON, which has no NaN and no infinity: None stands for them."""
    return float(value) if np.isfinite(value) else None


def by_name(names: Iterable[str], values: Iterable[float]) -> dict[str, float | None]:
    """Returns one value per class under the names of the classes."""
    return {name: number(value) for name, value in zip(names, values, strict=True)}


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> Path:
    """Writes the metrics.json of a folder, atomically, and returns its path.

    A report of earlier scores is removed: one that is there belongs to metrics.json.
    """
    path = folder / METRICS
    write_json(path, metrics, replaces=[folder / REPORT])
    return path


def read_metrics(folder: Path) -> dict[str, Any]:
    """Reads the metrics.json of a folder.

    Raises:
        DataError: If there is none, or it is damaged.
    """
    path = folder / METRICS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"there is no {path}; `python -m experiments.evaluate --workdir={folder}` writes it"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error})") from error
    if not isinstance(found, dict):
        raise DataError(f"{path} holds no metrics")
    return found


def lookup(metrics: Mapping[str, Any], key: str) -> Any:
    """Returns the entry of a dotted key (`distribution.floor.recall`); None if there is none.

    The metrics are nested as in metrics.json, or flattened.
    """
    if key in metrics:
        return metrics[key]
    group, _, rest = key.partition(".")
    return lookup(metrics[group], rest) if isinstance(metrics.get(group), Mapping) else None


def flatten(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of nested metrics under dotted keys.

    Texts, lists, truth values and missing values (None) are left out.
    """
    found = {}
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": number for name, number in flatten(value).items()}
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[key] = float(value)
    return found
