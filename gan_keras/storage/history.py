"""The CSV files of a run, one row per epoch, and the time that a run has taken."""

import csv
import io
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_keras.foundation.files import atomic_path


class History:
    """A CSV file with one row per epoch: log.csv (losses) or scores.csv.

    Its first columns are `epoch` and `step` (training steps made). The file is rewritten whole, so
    that it never ends in half a row. What is damaged in it is left out, and said.

    Args:
        path: The file.
        last_epoch: Later rows are dropped: a kill can leave the row of an epoch that the last
            checkpoint does not know, and the resumed run writes it again.
        is_complete: Whether it must have a row for each epoch up to `last_epoch`.

    Attributes:
        rows: Texts by column.
        damage: What is wrong with the file, in one line; empty if nothing is.
    """

    def __init__(self, path: Path, last_epoch: float = math.inf, is_complete: bool = False) -> None:
        self.path = path
        self.rows: list[dict[str, str]] = []
        unreadable = 0
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            if not text.endswith("\n"):
                text += "?"  # the last figure may have been cut short, and be one all the same
            for row in _read_rows(text):
                sound = {name: text for name, text in row.items() if _is_number(text)}
                unreadable += len(row) - len(sound)
                epoch = float(sound.get("epoch") or "nan")
                if not epoch.is_integer():
                    unreadable += 1
                elif epoch <= last_epoch:
                    self.rows.append(sound)
        known = {float(row["epoch"]) for row in self.rows}
        last = max(known, default=0) if math.isinf(last_epoch) else last_epoch
        lost = sorted(set(range(1, int(last) + 1)) - known) if is_complete else []
        wrong = [f"{unreadable} of its figures cannot be read"] if unreadable else []
        if lost:
            wrong.append(f"it has no row of {len(lost)} epochs, the first of them {lost[0]}")
        self.damage = f"{path} is damaged: {', and '.join(wrong)}" if wrong else ""

    def append(self, epoch: int, step: int, values: Mapping[str, Any]) -> None:
        """Adds the row of an epoch, counted from 1, and writes the file."""
        texts = {name: f"{float(value):.6g}" for name, value in values.items()}
        self.rows.append({"epoch": str(epoch), "step": str(step), **texts})
        with (
            atomic_path(self.path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, self._names())
            writer.writeheader()
            writer.writerows(self.rows)

    def last(self, column: str) -> int:
        """Returns a count from the last row; 0 if there is none."""
        value = float(self.rows[-1].get(column) or 0) if self.rows else 0.0
        return int(value) if math.isfinite(value) else 0

    def columns(self) -> dict[str, list[float]]:
        """Returns all columns as numbers, NaN where a row lacks one."""
        return {n: [float(row.get(n) or "nan") for row in self.rows] for n in self._names()}

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))


def _read_rows(text: str) -> Iterator[dict[str, str]]:
    """Yields the rows of a CSV file; cells beyond the columns, or missing, have no number."""
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="?"):
            yield {name: str(cell) for name, cell in row.items()}
    except csv.Error as error:
        yield {"": str(error)}


def _is_number(text: str) -> bool:
    """True for the text of a number, and for none, where a row lacks a column."""
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


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
