"""Sample grids, and the pictures that a variant has besides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gan_keras.data.pipeline import unscale
from gan_keras.drawing import grids
from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.runs.callbacks.logging import TensorBoardLogger
from gan_keras.steps import latents
from gan_keras.steps.latents import Purpose


class SampleGrid(EpochCounter):
    """A grid of samples from the same noise each time, without margins.

    Of a generator that takes labels columns are classes and rows are attempts, as in the LaTeX
    Writer; of any other all are attempts.

    Args:
        folder: Gets `epoch_000.png` (before training), `epoch_001.png`, ...
        board: Gets the same pictures.
        num_classes: Number of columns; None for a generator without labels.
        sample_every: Steps between further grids `step_00000500.png`; 0 for none.
        rows: Number of rows.
        value_range: As in `data.pipeline.scale`. The grid shows what the networks see, dark ink
            on a white ground if that is it.
    """

    COLUMNS = 10  # where there are no classes

    def __init__(
        self,
        folder: Path,
        board: TensorBoardLogger,
        num_classes: int | None,
        sample_every: int = 0,
        rows: int = 10,
        value_range: str = "signed",
    ):
        super().__init__()
        self.folder = folder
        self.board = board
        self.columns = num_classes or self.COLUMNS
        self.rows = rows
        self.labels = grids.class_grid_labels(num_classes, rows) if num_classes else None
        self.sample_every = sample_every
        self.value_range = value_range

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Shows where the run starts from."""
        if self.step == 0:
            self.write("epoch_000")

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes a grid every `sample_every` steps."""
        if self.sample_every and self.step % self.sample_every == 0:
            self.write(f"step_{self.step:08d}")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the epoch's grid."""
        self.write(f"epoch_{epoch + 1:03d}")

    def write(self, name: str) -> None:
        """Draws the grid and writes it as `name`.png and to TensorBoard."""
        seed = latents.step_seed(self.model.seed, 0, Purpose.PREVIEW)
        z = self.model.sample_latent(self.rows * self.columns, seed)
        inputs = z if self.labels is None else [z, tf.constant(self.labels)]
        # Shown as the networks see it: a dark-ink run has a white ground, as its originals had.
        images = unscale(self.model(inputs), value_range=self.value_range).numpy()
        picture = grids.tile(images, self.columns)
        grids.write_png(self.folder / f"{name}.png", picture)
        self.board.image("samples", picture)


class Pictures(EpochCounter):
    """The pictures that a variant has besides the grid, see `GAN.pictures`.

    Args:
        folder: Gets `NAME_epoch_000.png` (before training), `NAME_epoch_001.png`, ...
        board: Gets the same pictures.
        real: Examples for `GAN.pictures`.
        epochs: After which epochs; none stands for each.
    """

    def __init__(
        self, folder: Path, board: TensorBoardLogger, real: np.ndarray, epochs: frozenset[int]
    ):
        super().__init__()
        self.folder = folder
        self.board = board
        self.real = real
        self.epochs = epochs

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Shows where the run starts from."""
        if self.step == 0:
            self.write(0)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the epoch's pictures."""
        self.write(epoch + 1)

    def write(self, epoch: int) -> None:
        """Draws all pictures and writes them as files and to TensorBoard."""
        if self.epochs and epoch not in self.epochs:
            return
        for name, picture in self.model.pictures(self.real).items():
            grids.write_png(self.folder / f"{name}_epoch_{epoch:03d}.png", picture)
            self.board.image(name, picture)
