"""Records of training: TensorBoard, log.csv with curves, sample grids and other pictures."""

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gan_keras.configs.base import RunConfig
from gan_keras.data.pipeline import unscale
from gan_keras.drawing import grids, plots
from gan_keras.runs.callbacks import RunCallback
from gan_keras.steps import latents
from gan_keras.steps.latents import Purpose
from gan_keras.storage.history import History, Stopwatch
from gan_keras.storage.run_folder import RunFolder

GRID_ROWS = 10
GRID_COLUMNS = 10  # where there are no classes
# Share of the time that drawing the curves may take: an epoch may be shorter than its picture.
DRAWING_TIME = 0.01


@dataclasses.dataclass(eq=False)
class TensorBoardLogger(RunCallback):
    """Scalars of single steps and of epochs, and pictures, at the global step.

    Keras' own callback counts steps from zero in each `fit`, so that a resumed run would draw over
    its beginning.

    Args:
        folder: Event files go to its `train` and `test` sub-folders.
        log_every: Steps between two points.
    """

    folder: Path
    log_every: int

    def __post_init__(self) -> None:
        super().__post_init__()
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
        train, test = {}, {}
        for name, value in (logs or {}).items():
            if name.startswith("val_"):
                test[name.removeprefix("val_")] = value
            else:
                train[f"epoch/{name}"] = value
        self._write(self.train, train)
        self.train.flush()
        self.scalars(test)

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
    end.

    Args:
        folder: The run folder.
        history: Rows of earlier sessions.
        stopwatch: Time spent so far.
    """

    folder: RunFolder
    history: History
    stopwatch: Stopwatch

    def __post_init__(self) -> None:
        super().__post_init__()
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
class SampleGrid(RunCallback):
    """A grid of samples from the same noise each time, without margins.

    Columns are classes if the generator takes labels.

    Args:
        folder: Gets `epoch_000.png` (before training), `epoch_001.png`, ..., and
            `step_00000500.png` every `sample_every` steps.
        board: Gets the same pictures.
        config: The options.
        num_classes: Number of columns; None for a generator without labels.
    """

    folder: Path
    board: TensorBoardLogger
    config: RunConfig
    num_classes: int | None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Writes the grid of the untrained generator."""
        if self.steps_made == 0:
            self.write("epoch_000")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a grid every `sample_every` steps."""
        every = self.config.sample_every
        if every and self.steps_made % every == 0:
            self.write(f"step_{self.steps_made:08d}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's grid."""
        self.write(f"epoch_{epoch + 1:03d}")

    def write(self, name: str) -> None:
        """Draws the grid and writes it as `name`.png and to TensorBoard."""
        columns = self.num_classes or GRID_COLUMNS
        seed = latents.step_seed(self.model.seed, 0, Purpose.PREVIEW)
        inputs = self.model.sample_latent(GRID_ROWS * columns, seed)
        if self.num_classes:
            inputs = [inputs, tf.tile(tf.range(columns), [GRID_ROWS])]  # a column per class
        # Shown as the networks see it: a dark-ink run has a white ground, as its originals had.
        images = unscale(self.model(inputs), value_range=self.config.value_range).numpy()
        picture = grids.tile(images, columns)
        grids.write_png(self.folder / f"{name}.png", picture)
        self.board.image("samples", picture)


@dataclasses.dataclass(eq=False)
class VariantPictures(RunCallback):
    """Pictures that a variant has besides the grid, see `GAN.pictures`.

    Args:
        folder: Gets `NAME_epoch_000.png` (before training), `NAME_epoch_001.png`, ...
        board: Gets the same pictures.
        real: Examples for `GAN.pictures`.
        epochs: Epochs to draw after; empty for all.
    """

    folder: Path
    board: TensorBoardLogger
    real: np.ndarray
    epochs: frozenset[int]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Writes the pictures of the untrained networks."""
        if self.steps_made == 0:
            self._write(0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's pictures."""
        self._write(epoch + 1)

    def _write(self, epoch: int) -> None:
        if self.epochs and epoch not in self.epochs:
            return
        for name, picture in self.model.pictures(self.real).items():
            grids.write_png(self.folder / f"{name}_epoch_{epoch:03d}.png", picture)
            self.board.image(name, picture)
