"""What happens between steps and epochs: logs, sample grids, checkpoints, guards."""

import contextlib
import math
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras import checkpoints, grids, latents, plots
from gan_keras.data.pipeline import unscale
from gan_keras.gans.base import GAN
from gan_keras.latents import Purpose
from gan_keras.runs import History, RunFolder, Stopwatch

# Cross-entropies beyond this are no longer training; well above any critic's score.
DIVERGED = 1e6


class DivergedError(Exception):
    """Training cannot go on: a loss is not finite or absurdly large."""


class InterruptedRunError(Exception):
    """The run was asked to stop (Ctrl-C or SIGTERM); a checkpoint is written."""

    def __init__(self, signum: int):
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class EpochCounter(keras.callbacks.Callback):
    """Base of callbacks that need to know how many epochs are complete."""

    model: GAN

    @property
    def step(self) -> int:
        """Training steps made so far, over all legs."""
        return int(self.model.steps.numpy())


class DivergenceGuard(EpochCounter):
    """Stops the run as soon as a loss is not finite or beyond `DIVERGED`.

    It comes before the checkpoints, so the last good one is kept.
    """

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Looks at this step's losses."""
        for name in ("g_loss", "d_loss"):
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value) or abs(value) > DIVERGED:
                raise DivergedError(f"{name} is {value:g} at step {self.step}")


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


class EpochLog(EpochCounter):
    """log.csv and curves.png.

    Args:
        folder: The run folder.
        history: Rows of earlier legs.
        stopwatch: Time spent so far.
        title: Title of the curves.
    """

    def __init__(self, folder: RunFolder, history: History, stopwatch: Stopwatch, title: str):
        super().__init__()
        self.folder = folder
        self.history = history
        self.stopwatch = stopwatch
        self.title = title

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Adds the epoch's row and redraws the curves."""
        times = self.stopwatch.read()
        self.history.append({"epoch": epoch + 1, "step": self.step, **times, **(logs or {})})
        plots.write_curves(self.folder / "curves.png", self.history.columns(), self.title)


class Checkpointer(EpochCounter):
    """Writes checkpoints: after each epoch, every few minutes, and when asked to stop.

    It is the last callback, so that what a checkpoint stands for has been logged.

    Args:
        folder: Checkpoint folder.
        minutes: Longest time between two checkpoints.
        stopwatch: Time spent so far, which goes on with the run.
        stop: Non-empty as soon as the process got a signal to stop.
        resumed: Whether `fit` starts in the middle of an epoch, with the model's running means
            just restored.
    """

    def __init__(
        self, folder: Path, minutes: float, stopwatch: Stopwatch, stop: list[int], resumed: bool
    ):
        super().__init__()
        self.folder = folder
        self.seconds = 60.0 * minutes
        self.stopwatch = stopwatch
        self.stop = stop
        self._means = None
        self._resumed = resumed
        self._last = time.monotonic()

    def set_model(self, model: GAN) -> None:
        """Remembers the running means of a half-done epoch before `fit` resets them."""
        super().set_model(model)
        if self._resumed:
            self._means = {
                name: np.array(value)
                for name, value in model.state().items()
                if name.startswith("metrics/")
            }

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Puts the running means of a half-done epoch back."""
        if self._means is not None:
            state = self.model.state()
            for name, value in self._means.items():
                state[name].assign(value)
            self._means = None

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes a checkpoint if it is time or the process was asked to stop."""
        if self.stop:
            self.save()
            raise InterruptedRunError(self.stop[0])
        if time.monotonic() - self._last > self.seconds:
            self.save()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the epoch's checkpoint."""
        self.save()
        if self.stop:
            raise InterruptedRunError(self.stop[0])

    def save(self) -> None:
        """Writes a checkpoint now."""
        try:
            checkpoints.save(self.folder, self.step, self.model.state(), self.stopwatch.read())
        except FloatingPointError as error:
            raise DivergedError(str(error)) from error
        self._last = time.monotonic()


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Turns the first Ctrl-C or SIGTERM into an entry of the list, the second acts as ever.

    The step under way is finished, so that the checkpoint is whole.

    Yields:
        The list; empty until a signal came.
    """
    received: list[int] = []
    before = {}

    def note(signum: int, frame: Any) -> None:
        del frame
        received.append(signum)
        signal.signal(signum, before[signum])
        print("\nstopping after this step; once more to stop at once", flush=True)

    try:
        for signum in (signal.SIGINT, signal.SIGTERM):
            before[signum] = signal.signal(signum, note)
    except ValueError:  # not in the main thread: signals are somebody else's business
        before = {}
    try:
        yield received
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
