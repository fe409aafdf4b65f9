"""Reasons to stop a run, and the checkpoints from which it goes on."""

import contextlib
import dataclasses
import math
import signal
import time
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from gan_keras.foundation.errors import DataError
from gan_keras.runs.callbacks import RunCallback
from gan_keras.storage import checkpoints
from gan_keras.storage.history import Stopwatch
from gan_keras.storage.run_folder import RunFolder

# A cross-entropy beyond this is no longer training; well above any critic's score.
DIVERGED = 1e6
# Seconds within which a second signal is the first one once more.
TWICE = 1.0


class DivergedError(DataError):
    """Training cannot go on: a loss is not finite or absurdly large."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"training has diverged: {reason}. The last good checkpoint is kept; try a lower --lr"
        )


class CollapsedError(DataError):
    """Training was stopped because its samples have collapsed; the run is saved and scored."""

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        clauses = "; ".join(metrics["collapsed"])
        super().__init__(
            f"training has collapsed: {clauses} (step {metrics['step']:,}). The run is saved and "
            "scored; --stop_on_collapse=false goes on from here"
        )


class InterruptedRunError(Exception):
    """A signal has stopped the run; a checkpoint is written."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Turns Ctrl-C, SIGTERM or a closed terminal (SIGHUP) into an entry of the list.

    The current step is finished, so that the checkpoint is whole. A second Ctrl-C acts as usual if
    a person has pressed it: `timeout`, shells and other parents send their signals twice at once.
    SIGHUP stays ignored where it is, as under `nohup`.
    """
    received: list[int] = []
    since = 0.0

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal since
        del frame
        if not received:
            received.append(signum)
            since = time.monotonic()
            print("\nstopping after this step; Ctrl-C once more stops at once", flush=True)
        elif signum == signal.SIGINT and time.monotonic() - since > TWICE:
            raise KeyboardInterrupt

    before: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # only the main thread may handle signals
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before[signum] = signal.signal(signum, note)
        if before[signal.SIGHUP] is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield received
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


class DivergenceGuard(RunCallback):
    """Stops the run as soon as a loss or its mean over an epoch is not finite or beyond `DIVERGED`.

    It comes before the checkpoints, so the last good one is kept.
    """

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks this step's losses.

        Raises:
            DivergedError: If one has diverged.
        """
        for name in ("g_loss", "d_loss"):
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value) or abs(value) > DIVERGED:
                raise DivergedError(f"{name} is {value:g} at step {self.steps_made}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks the epoch's means, in which steps count that callbacks have not seen."""
        self.on_train_batch_end(epoch, logs)


@dataclasses.dataclass(eq=False)
class InPlace(RunCallback):
    """Stops the run when its folder was moved or removed; before callbacks that write there."""

    folder: RunFolder

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks the folder."""
        self.folder.check_in_place()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks the folder: the test split may have taken its time."""
        self.folder.check_in_place()


@dataclasses.dataclass(eq=False)
class Checkpointer(RunCallback):
    """Writes checkpoints: after each epoch, every few minutes, and when asked to stop.

    It is the last callback, so that everything that belongs to a checkpoint has been logged. The
    checkpoint of an epoch's last step is written only at the end of the epoch: a run that went on
    from an earlier one would never make up for the epoch's log and scores.

    Args:
        folder: The run folder.
        run: Hash of the run that it is; see `run_folder.run_hash`.
        minutes: Longest time between two checkpoints.
        steps_per_epoch: Steps per epoch.
        stopwatch: Its times are saved with the state.
        stop: Non-empty as soon as the process got a signal to stop.
    """

    folder: RunFolder
    run: str
    minutes: float
    steps_per_epoch: int
    stopwatch: Stopwatch
    stop: list[int]

    def __post_init__(self) -> None:
        self._last = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a checkpoint if it is time or the process was asked to stop."""
        due = self.stop or time.monotonic() - self._last > 60 * self.minutes
        if due and self.steps_made % self.steps_per_epoch:
            self._save()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's checkpoint."""
        self._save()

    def _save(self) -> None:
        self.folder.check_in_place()  # scoring an epoch takes long
        try:
            state, times = self.model.state(), self.stopwatch.read()
            meta = times | {"run": self.run}
            checkpoints.save(self.folder.checkpoints, self.steps_made, state, meta)
        except FloatingPointError as error:
            raise DivergedError(str(error)) from error
        self._last = time.monotonic()
        if self.stop:
            raise InterruptedRunError(self.stop[0])
