"""What stops a run: losses that are not finite, collapse, and signals."""

import contextlib
import math
import signal
from collections.abc import Iterator, Mapping
from typing import Any

from gan_keras.gans.base import GAN
from gan_keras.reports import diagnosis
from gan_keras.runs.callbacks.base import EpochCounter
from gan_keras.runs.callbacks.evaluation import EpochScores

# Cross-entropies beyond this are no longer training; well above any critic's score.
DIVERGED = 1e6


class DivergedError(Exception):
    """Training cannot go on: a loss is not finite or absurdly large."""


class InterruptedRunError(Exception):
    """The run was asked to stop (Ctrl-C or SIGTERM); a checkpoint is written."""

    def __init__(self, signum: int):
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class CollapsedError(Exception):
    """The run was stopped because its samples have collapsed; it is saved and scored."""


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


class CollapseGuard(EpochCounter):
    """Ends the run after the epoch whose scores are one too many in a row that show a collapse.

    It comes after `EpochScores` and only asks `fit` to end, so that the epoch is still saved.

    Args:
        scores: Gives the scores, and remembers those of earlier legs.
        patience: Scores in a row.

    Attributes:
        verdict: What has collapsed, a clause each; empty while training goes on.
    """

    def __init__(self, scores: EpochScores, patience: int):
        super().__init__()
        self.scores = scores
        self.patience = patience
        self.verdict: list[str] = []

    def look_back(self, model: GAN) -> None:
        """Comes to the verdict of an earlier leg again, which a kill may have left unsaid.

        Args:
            model: As the earlier leg left it.
        """
        if self.scores.scored == int(model.steps) and self.scores.collapsed_for >= self.patience:
            self.verdict = diagnosis.collapsed(self.scores.score(model))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Looks at this epoch's scores, if it has some."""
        if self.scores.latest is None or not self.scores.collapsed:
            return
        found, times = self.scores.collapsed, self.scores.collapsed_for
        if times < self.patience:
            print(f"\nlooks collapsed ({times} of {self.patience}): {'; '.join(found)}", flush=True)
            return
        self.verdict = found
        self.model.stop_training = True


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
