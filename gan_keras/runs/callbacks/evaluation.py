"""Scores between epochs, and the best generator so far."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gan_keras.evaluation import catalogue
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import write_json
from gan_keras.reports import diagnosis
from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.runs.callbacks.logging import TensorBoardLogger
from gan_keras.samples import sampling
from gan_keras.storage import run_folder
from gan_keras.storage.metrics import flatten, lookup
from gan_keras.storage.run_folder import History

# Scores of single classes are logged for this many classes at most.
LOGGED_CLASSES = 100
COLLAPSED_FOR = "collapsed_for"


def logged(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The scores of an epoch that are worth a curve: those of the catalogue, and of each class.

    Args:
        metrics: As the evaluation gives them.
    """
    known = {score.key for scores in catalogue.present(metrics).values() for score in scores}
    found = {key: number for key, number in flatten(metrics).items() if key in known}
    for key in catalogue.LOGGED_PER_CLASS:
        by_class = lookup(metrics, key) or {}
        if len(by_class) <= LOGGED_CLASSES:
            found |= {f"{key}.{name}": x for name, x in by_class.items() if x is not None}
    return found


def collapsed_for(history: History) -> int:
    """Scores in a row that showed a collapse, up to the last one of scores.csv.

    Args:
        history: Of scores.csv.
    """
    return int(history.rows[-1].get(COLLAPSED_FOR) or 0) if history.rows else 0


def to_board(board: TensorBoardLogger, metrics: Mapping[str, Any]) -> None:
    """Writes scores to TensorBoard: `samples/...`, those of classes as `accuracy_per_class/...`.

    Args:
        board: Writes at the current step.
        metrics: As the evaluation gives them.
    """
    values = {}
    for key, number in logged(metrics).items():
        group = next(
            (group for group in catalogue.LOGGED_PER_CLASS if key.startswith(f"{group}.")), None
        )
        tag = f"{group.split('.')[-1]}/{key[len(group) + 1 :]}" if group else f"samples/{key}"
        values[tag] = number
    board.scalars(values)


class EpochScores(EpochCounter):
    """Scores samples every few epochs into scores.csv and TensorBoard.

    Samples come from noise of their own and the generator runs in inference mode, so training goes
    on as if nobody had looked.

    Args:
        score: From the model to its scores.
        every: Epochs between two scores.
        history: Rows of earlier legs.
        board: Gets the same values.

    Attributes:
        latest: Scores of the epoch that has just ended; None if it has none.
        collapsed: What has collapsed by them, a clause each.
    """

    def __init__(
        self,
        score: Callable[[Any], dict[str, Any]],
        every: int,
        history: History,
        board: TensorBoardLogger,
    ):
        super().__init__()
        self.score = score
        self.every = every
        self.history = history
        self.board = board
        self.latest: dict[str, Any] | None = None
        self.collapsed: list[str] = []

    @property
    def collapsed_for(self) -> int:
        """Scores in a row that show a collapse, the latest included."""
        return collapsed_for(self.history)

    @property
    def scored(self) -> int | None:
        """Step of the latest scores, of an earlier leg too; None if there are none."""
        return int(self.history.rows[-1]["step"]) if self.history.rows else None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Scores the untrained generator: what cannot be scored shows before hours of training."""
        if self.step == 0:
            self._write(0)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Scores the epoch if it is its turn."""
        self.latest = None
        if (epoch + 1) % self.every == 0:
            self._write(epoch + 1)

    def _write(self, epoch: int) -> None:
        self.latest = self.score(self.model)
        self.collapsed = diagnosis.collapsed(self.latest)
        # before training everything is alike
        in_a_row = self.collapsed_for + 1 if self.collapsed and epoch else 0
        row = {"epoch": epoch, "step": self.step, COLLAPSED_FOR: in_a_row}
        self.history.append(row | logged(self.latest))
        to_board(self.board, self.latest)


class KeepBest(EpochCounter):
    """Exports the generator whenever a score is better than ever before.

    Args:
        scores: Gives the scores.
        name: A score, as `catalogue.find` knows it.
        folder: Gets `generator.keras` and `best.json`: which epoch it is of, and its score. What
            an earlier leg left there counts if it is of the same score.

    Raises:
        UsageError: If there is no such score.
    """

    def __init__(self, scores: EpochScores, name: str, folder: Path):
        super().__init__()
        self.scores = scores
        self.score = catalogue.pick(name)
        self.folder = folder
        self.best = run_folder.read_best(folder)
        if self.best is not None and self.best["metric"] != self.score.key:
            print(f"{folder} held the best by {self.best['metric']}; now by {self.score.key}")
            self.best = None
        self._checked = False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Refuses a score that this kind of run does not have, be it new or resumed.

        Raises:
            UsageError: Lists those that it has.
        """
        if self._checked:
            return
        self._checked = True
        metrics = self.scores.latest or self.scores.score(self.model)
        if not self.score.is_computed(metrics):
            known = [s.key for s in catalogue.SCORES.values() if s.is_computed(metrics)]
            raise UsageError(
                f"--keep_best={self.score.key}: this run has no such score while training; choose "
                f"one of {', '.join(known)}"
            )

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Exports the generator if it is the best so far."""
        metrics = self.scores.latest or {}
        quality = self.score.quality(metrics)
        if quality is None or (self.best is not None and quality <= self.best["quality"]):
            return
        # The generator first: a kill between the two leaves an old record, and the epoch, which no
        # checkpoint knows yet, is scored again.
        sampling.export(self.model.sampler(), self.folder / "generator.keras")
        self.best = {
            "metric": self.score.key,
            "value": self.score.value(metrics),
            "quality": quality,
            "epoch": epoch + 1,
            "step": self.step,
        }
        write_json(self.folder / "best.json", self.best)
