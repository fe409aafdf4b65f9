"""The CSV files of a run, one row per epoch, and the time that a run has taken."""

import csv
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path


class History:
    """A CSV file with one row per epoch: log.csv (losses) or scores.csv.

    Its first columns are `epoch` and `step` (training steps made). The file is rewritten whole, so
    that it never ends in half a row.

    Args:
        path: The file.
        last_epoch: Later rows are dropped: a kill can leave the row of an epoch that the last
            checkpoint does not know, and the resumed run writes it again.

    Raises:
        DataError: If the file is damaged.
    """

    def __init__(self, path: Path, last_epoch: float = math.inf) -> None:
        self.path = path
        self.rows: list[dict[str, str]] = []
        if path.exists():
            try:
                with path.open(newline="", encoding="utf-8") as file:
                    self.rows = [r for r in csv.DictReader(file) if int(r["epoch"]) <= last_epoch]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path} is damaged ({error})") from error

    def append(self, epoch: int, step: int, values: Mapping[str, Any]) -> None:
        """Adds the row of an epoch, counted from 1, and writes the file."""
        texts = {name: f"{float(value):.6g}" for name, value in values.items()}
        self.rows.append({"epoch": str(epoch), "step": str(step), **texts})
        with atomic_path(self.path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, self._names())
            writer.writeheader()
            writer.writerows(self.rows)

    def last(self, column: str) -> int:
        """Returns a count from the last row; 0 if there is none."""
        return int(self.rows[-1].get(column) or 0) if self.rows else 0

    def columns(self) -> dict[str, list[float]]:
        """Returns all columns as numbers, NaN where a row lacks one."""
        return {n: [float(row.get(n) or "nan") for row in self.rows] for n in self._names()}

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))


class Stopwatch:
    """Wall and CPU time of a run over all its sessions.

    Args:
        before: What `read` gave at the end of the last session.
    """

    def __init__(self, before: Mapping[str, float] | None = None) -> None:
        self._before = dict(before or {"wall_seconds": 0.0, "cpu_seconds": 0.0})
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        """Returns `wall_seconds` and `cpu_seconds` (all threads) so far."""
        return {
            "wall_seconds": self._before["wall_seconds"] + time.monotonic() - self._wall,
            "cpu_seconds": self._before["cpu_seconds"] + time.process_time() - self._cpu,
        }
