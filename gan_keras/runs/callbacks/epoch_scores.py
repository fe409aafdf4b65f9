"""Scores between epochs: scores.csv, the verdict of a collapse, and the best generator so far."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gan_keras.configs.base import RunConfig
from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import write_json
from gan_keras.reports import diagnosis
from gan_keras.runs.callbacks import RunCallback
from gan_keras.runs.callbacks.recording import TensorBoardLogger
from gan_keras.samples import sampling, scoring
from gan_keras.storage import run_folder
from gan_keras.storage.history import History
from gan_keras.storage.metrics import flatten, lookup

# Largest number of classes for which scores per class are logged.
LOGGED_CLASSES = 100
# Column of scores.csv: the number of scores in a row, up to this one, that show a collapse.
COLLAPSED_FOR = "collapsed_for"


def logged(metrics: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Returns scores of the catalogue under `("", key)` and of a class under `(key, class)`."""
    known = {score.key for scores in catalogue.present(metrics).values() for score in scores}
    found = {("", key): number for key, number in flatten(metrics).items() if key in known}
    for key in catalogue.LOGGED_PER_CLASS:
        by_class = lookup(metrics, key) or {}
        if len(by_class) <= LOGGED_CLASSES:
            found |= {(key, name): x for name, x in by_class.items() if x is not None}
    return found


def tags(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Returns the logged scores by TensorBoard tag: `samples/...`, `accuracy_per_class/...`."""
    found = logged(metrics).items()
    return {f"{(group or 'samples').split('.')[-1]}/{name}": x for (group, name), x in found}


@dataclasses.dataclass(eq=False)
class EpochScores(RunCallback):
    """Scores samples every few epochs into scores.csv and TensorBoard.

    Samples come from noise of their own and the generator runs in inference mode, so training goes
    on as if it had not been scored.

    Args:
        score: Scores the generator as it is.
        config: With `stop_on_collapse`, `collapse_patience` scores in a row with a collapse end
            training; the epoch is still saved.
        history: Rows of earlier sessions.
        board: Gets the same values.

    Attributes:
        latest: Metrics of the epoch that has just ended; None if it was not scored.
        collapse: Clauses on what has collapsed, once that ends training.
    """

    score: Callable[[], scoring.Scored]
    config: RunConfig
    history: History
    board: TensorBoardLogger

    def __post_init__(self) -> None:
        self.patience = self.config.collapse_patience if self.config.stop_on_collapse else math.inf
        self.latest: dict[str, Any] | None = None
        self.collapse: list[str] = []

    def recall_collapse(self) -> None:
        """Recomputes the verdict of a session that was killed before it could report it."""
        scored, collapsed_for = self.history.last("step"), self.history.last(COLLAPSED_FOR)
        if collapsed_for >= self.patience and scored == self.steps_made:
            self.collapse = diagnosis.collapsed(self.score().metrics)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Scores the untrained generator, so that errors show before hours of training."""
        if self.steps_made == 0:
            self._score(0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Scores the epoch if it is its turn."""
        self.latest = None
        if (epoch + 1) % self.config.eval_every == 0:
            self._score(epoch + 1)

    def _score(self, epoch: int) -> None:
        self.latest = self.score().metrics
        # Before training everything is alike.
        found = diagnosis.collapsed(self.latest) if epoch else []
        times = self.history.last(COLLAPSED_FOR) + 1 if found else 0
        scores = logged(self.latest).items()
        columns = {f"{group}.{name}" if group else name: x for (group, name), x in scores}
        self.history.append(epoch, self.steps_made, {COLLAPSED_FOR: times, **columns})
        self.board.scalars(tags(self.latest))
        if times >= self.patience:
            self.collapse = found
            self.model.stop_training = True
        elif found and self.config.stop_on_collapse:
            clauses = "; ".join(found)
            print(f"\nlooks collapsed ({times} of {self.patience}): {clauses}", flush=True)


@dataclasses.dataclass(eq=False)
class KeepBest(RunCallback):
    """Exports the generator whenever its score is better than ever before.

    Args:
        scores: The callback before this one, which gives the metrics.
        name: A score of the catalogue.
        folder: Gets `generator.keras` and `best.json`, its epoch and score. A record of an earlier
            session counts if it is of the same score.
    """

    scores: EpochScores
    name: str
    folder: Path

    def __post_init__(self) -> None:
        self.score = catalogue.pick(self.name)
        self.best: dict[str, Any] | None = run_folder.read_best(self.folder)
        if self.best is not None and self.best["metric"] != self.score.key:
            print(f"{self.folder} held the best by {self.best['metric']}; now by {self.score.key}")
            self.best = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks that this kind of run has the score, be it new or resumed.

        A kill may have left the record of an earlier generator.

        Raises:
            UsageError: Lists the scores that it has.
        """
        metrics = self.scores.latest or self.scores.score().metrics
        if not self.score.is_computed(metrics):
            known = [s.key for s in catalogue.SCORES.values() if s.is_computed(metrics)]
            raise UsageError(
                f"--keep_best={self.score.key}: this run has no such score while training; choose "
                f"one of {', '.join(known)}"
            )
        if self.best is not None:
            self._write()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Exports the generator if it is the best so far."""
        metrics = self.scores.latest or {}
        quality = self.score.quality(metrics)
        if quality is None or (self.best is not None and quality <= self.best["quality"]):
            return
        self.best = {
            "metric": self.score.key,
            "value": self.score.value(metrics),
            "quality": quality,
            "epoch": epoch + 1,
            "step": self.steps_made,
        }
        sampling.export(self.model.sampler(), self.folder / run_folder.GENERATOR, **self.best)
        self._write()

    def _write(self) -> None:
        """Writes for people what the generator itself knows."""
        write_json(self.folder / run_folder.BEST, self.best)
