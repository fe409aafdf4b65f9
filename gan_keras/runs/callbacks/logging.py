"""Losses as they come: TensorBoard, log.csv, curves."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gan_keras.drawing import plots
from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.storage.run_folder import History, RunFolder, Stopwatch


class TensorBoardLogger(EpochCounter):
    """Scalars of single steps, of epochs, and sample grids, at the global step.

    Keras' own callback counts steps from zero in each `fit`, so that a resumed run would draw over
    its beginning.

    Args:
        folder: Event files go to its `train` and `test` sub-folders.
        log_every: Steps between two points.
    """

    def __init__(self, folder: Path, log_every: int):
        super().__init__()
        self.log_every = log_every
        self.train = tf.summary.create_file_writer(str(folder / "train"))
        self.test = tf.summary.create_file_writer(str(folder / "test"))

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes this step's values."""
        step = self.step
        if step % self.log_every == 0:
            with self.train.as_default(step):
                for name, value in (logs or {}).items():
                    tf.summary.scalar(name, value)
                tf.summary.scalar("learning_rate/g", self.model.g_optimizer.learning_rate)
                tf.summary.scalar("learning_rate/d", self.model.d_optimizer.learning_rate)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the epoch's means: train as `epoch/...`, test under the same names as train."""
        step = self.step
        for name, value in (logs or {}).items():
            if name.startswith("val_"):
                with self.test.as_default(step):
                    tf.summary.scalar(name.removeprefix("val_"), value)
            else:
                with self.train.as_default(step):
                    tf.summary.scalar(f"epoch/{name}", value)
        self.flush()

    def image(self, name: str, picture: np.ndarray) -> None:
        """Writes one picture, uint8 `(h, w, c)`, at the current step."""
        with self.train.as_default(self.step):
            tf.summary.image(name, picture[np.newaxis])

    def scalars(self, values: Mapping[str, float]) -> None:
        """Writes single values at the current step, e.g. scores at the end of a run."""
        with self.test.as_default(self.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self.flush()

    def flush(self) -> None:
        """Makes what was written visible."""
        self.train.flush()
        self.test.flush()


class EpochLog(EpochCounter):
    """log.csv and curves.png.

    The curves are drawn after the first epoch, then as often as that takes no more than
    `DRAWING` of the time (an epoch may be shorter than its picture), and at the end.

    Args:
        folder: The run folder.
        history: Rows of earlier legs.
        stopwatch: Time spent so far.
        title: Title of the curves.
    """

    DRAWING = 0.01

    def __init__(self, folder: RunFolder, history: History, stopwatch: Stopwatch, title: str):
        super().__init__()
        self.folder = folder
        self.history = history
        self.stopwatch = stopwatch
        self.title = title
        self._next_drawing = 0.0
        self._drawn = True

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Adds the epoch's row, and draws the curves where it is time."""
        times = self.stopwatch.read()
        self.history.append({"epoch": epoch + 1, "step": self.step, **times, **(logs or {})})
        self._drawn = False
        if time.monotonic() >= self._next_drawing:
            self._draw()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Draws the curves as they are at the end."""
        if not self._drawn:
            self._draw()

    def _draw(self) -> None:
        begin = time.monotonic()
        plots.write_curves(self.folder / "curves.png", self.history.columns(), self.title)
        end = time.monotonic()
        self._next_drawing = end + (end - begin) / self.DRAWING
        self._drawn = True
