"""Checkpoints: after each epoch, every few minutes, and when asked to stop."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gan_keras.gans.base import GAN
from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.runs.callbacks.guards import DivergedError, InterruptedRunError
from gan_keras.storage import checkpoints
from gan_keras.storage.run_folder import Stopwatch


class Checkpointer(EpochCounter):
    """Writes checkpoints: after each epoch, every few minutes, and when asked to stop.

    It is the last callback, so that what a checkpoint stands for has been logged. That of an
    epoch's last step is written only after all that an epoch ends with: a run that went on from
    an earlier one would never make up for it.

    Args:
        folder: Checkpoint folder.
        steps: Steps of an epoch.
        minutes: Longest time between two checkpoints.
        stopwatch: Time spent so far, which goes on with the run.
        stop: Non-empty as soon as the process got a signal to stop.
        resumed: Whether `fit` starts in the middle of an epoch, with the model's running means
            just restored.
    """

    def __init__(
        self,
        folder: Path,
        steps: int,
        minutes: float,
        stopwatch: Stopwatch,
        stop: list[int],
        resumed: bool,
    ):
        super().__init__()
        self.folder = folder
        self.steps = steps
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
        due = self.stop or time.monotonic() - self._last > self.seconds
        if due and self.step % self.steps:
            self._save()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the epoch's checkpoint."""
        self._save()

    def _save(self) -> None:
        """Writes a checkpoint now, and ends the run if the process was asked to stop."""
        try:
            checkpoints.save(self.folder, self.step, self.model.state(), self.stopwatch.read())
        except FloatingPointError as error:
            raise DivergedError(str(error)) from error
        self._last = time.monotonic()
        if self.stop:
            raise InterruptedRunError(self.stop[0])
