"""Records of training: TensorBoard, log.csv with curves, sample grids and other pictures."""

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gan_keras.configs.base import RunConfig
from gan_keras.data import Dataset
from gan_keras.data.pipeline import scale, unscale
from gan_keras.drawing import grids, plots
from gan_keras.runs.callbacks import RunCallback
from gan_keras.samples import sampling
from gan_keras.steps import latents
from gan_keras.steps.latents import Purpose
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.run_folder import RunFolder

GRID_ROWS = 10
GRID_COLUMNS = 10  # where there are no classes
# Largest number of real examples that a variant's own pictures may show.
PICTURED = 1000
# Share of the time that drawing the curves may take: an epoch may be shorter than its picture.
DRAWING_TIME = 0.01


@dataclasses.dataclass(eq=False)
class TensorBoardLogger(RunCallback):
    """Scalars of single steps and of epochs, and pictures, at the global step.

    Keras' own callback counts steps from zero in each `fit`, so that a resumed run would draw over
    its beginning. Event files go to the sub-folders `train` and `test`.
    """

    folder: Path
    log_every: int

    def __post_init__(self) -> None:
        self.train = tf.summary.create_file_writer(str(self.folder / "train"))
        self.test = tf.summary.create_file_writer(str(self.folder / "test"))

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the values and the learning rates of every `log_every`-th step."""
        if self.steps_made % self.log_every == 0:
            rates = {
                "learning_rate/g": self.model.g_optimizer.learning_rate,
                "learning_rate/d": self.model.d_optimizer.learning_rate,
            }
            self._write(self.train, (logs or {}) | rates)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's means: train as `epoch/...`, test under the same names as train."""
        values = logs or {}
        test = [name for name in values if name.startswith("val_")]
        means = {f"epoch/{name}": value for name, value in values.items() if name not in test}
        self._write(self.train, means)
        self.train.flush()
        self.scalars({name.removeprefix("val_"): values[name] for name in test})

    def image(self, name: str, picture: np.ndarray) -> None:
        """Writes one picture, uint8 `(h, w, c)`, at the current step."""
        with self.train.as_default(self.steps_made):
            tf.summary.image(name, picture[np.newaxis])

    def scalars(self, values: Mapping[str, float]) -> None:
        """Writes values of the test split or of samples at the current step."""
        self._write(self.test, values)
        self.test.flush()

    def _write(self, writer: tf.summary.SummaryWriter, values: Mapping[str, float]) -> None:
        with writer.as_default(self.steps_made):
            for name, value in values.items():
                tf.summary.scalar(name, value)


@dataclasses.dataclass(eq=False)
class EpochLog(RunCallback):
    """log.csv and curves.png.

    The curves are drawn after the first epoch, then as often as `DRAWING_TIME` allows, and at the
    end. The history has the rows of earlier sessions.
    """

    folder: RunFolder
    history: History
    stopwatch: Stopwatch

    def __post_init__(self) -> None:
        self._next_drawing = 0.0
        self._drawn = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the epoch's row, and draws the curves if it is time."""
        self.history.append(epoch + 1, self.steps_made, self.stopwatch.read() | (logs or {}))
        self._drawn = False
        if time.monotonic() >= self._next_drawing:
            self._draw()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Draws the curves as they are at the end."""
        if not self._drawn:
            self._draw()

    def _draw(self) -> None:
        begin = time.monotonic()
        plots.write_curves(self.folder.curves, self.history.columns(), self.folder.path.name)
        end = time.monotonic()
        self._next_drawing = end + (end - begin) / DRAWING_TIME
        self._drawn = True


@dataclasses.dataclass(eq=False)
class SamplePictures(RunCallback):
    """Grids of samples from the same noise each time, and the pictures that a variant has besides.

    Columns of a grid are classes if the generator takes labels; points have no grid. Pictures of
    `GAN.pictures` are drawn after the epochs of `picture_epochs`, or after all.

    Args:
        folder: Gets `epoch_000.png` (before training), `epoch_001.png`, ..., `step_00000500.png`
            every `sample_every` steps, and `NAME_epoch_000.png`, ...
        board: Gets the same pictures.
        config: The options.
        dataset: The data.
    """

    folder: Path
    board: TensorBoardLogger
    config: RunConfig
    dataset: Dataset

    def __post_init__(self) -> None:
        held_out = next(x for x in (self.dataset.test_images, self.dataset.train_images) if len(x))
        # Held-out examples as the networks see them.
        self._real = scale(held_out[:PICTURED], self.config.ink, self.config.value_range).numpy()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Writes the pictures of the untrained networks."""
        if self.steps_made == 0:
            self._write_epoch(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a grid every `sample_every` steps."""
        every = self.config.sample_every
        if every and self.steps_made % every == 0:
            self.write_grid(f"step_{self.steps_made:08d}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's pictures."""
        self._write_epoch(epoch + 1)

    def write_grid(self, name: str) -> None:
        """Draws the grid and writes it as `name`.png and to TensorBoard."""
        if self.dataset.spec.is_points:
            return
        labelled = sampling.takes_labels(self.model.generator)
        columns = self.dataset.num_classes if labelled else GRID_COLUMNS
        seed = latents.step_seed(self.model.seed, 0, Purpose.PREVIEW)
        inputs = self.model.sample_latent(GRID_ROWS * columns, seed)
        if labelled:
            inputs = [inputs, tf.tile(tf.range(columns), [GRID_ROWS])]  # one column per class
        # Shown as the networks see it: a dark-ink run has a white ground, as its originals had.
        images = unscale(self.model(inputs), value_range=self.config.value_range).numpy()
        self._write(name, "samples", grids.tile(images, columns))

    def _write_epoch(self, epoch: int) -> None:
        self.write_grid(f"epoch_{epoch:03d}")
        epochs = self.config.pictured_epochs()
        if not epochs or epoch in epochs:
            for tag, picture in self.model.pictures(self._real).items():
                self._write(f"{tag}_epoch_{epoch:03d}", tag, picture)

    def _write(self, name: str, tag: str, picture: np.ndarray) -> None:
        grids.write_png(self.folder / f"{name}.png", picture)
        self.board.image(tag, picture)
