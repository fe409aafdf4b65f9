"""How far a sweep is: one bar over all its runs, by estimated work."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tqdm import tqdm

from gan_keras.sweeps.plan import Run

# Training is most of a run; the rest is start-up and scores.
_TRAINING = 0.95
# Seconds between two looks of the bar in a file, which keeps them all.
_IN_A_FILE = 60.0


def seconds(run: Run, estimates: Mapping[str, float | None], results: Mapping[str, Any]) -> float:
    """Expected seconds of a run: of finished runs of its arm, else the study's estimate.

    Args:
        run: The run.
        estimates: Of the study, by arm.
        results: Recorded runs by name.

    Returns:
        0 if nobody knows.
    """
    known = [
        one["wall_seconds"]
        for one in results.values()
        if one["arm"] == run.arm and one["status"] == "finished"
    ]
    return sum(known) / len(known) if known else float(estimates.get(run.arm) or 0.0)


class Progress:
    """A bar that moves with every epoch of every run.

    Args:
        runs: What is to be done.
        work: Expected seconds of each run by name; where one is unknown all count the same.
    """

    def __init__(self, runs: Sequence[Run], work: Mapping[str, float]):
        even = not all(work[run.name] for run in runs)
        self._work = {run.name: 1.0 if even else work[run.name] for run in runs}
        self._open = {run.name: run for run in runs}
        self._ended = 0.0
        self._live = sys.stderr.isatty()
        self._bar = tqdm(
            total=sum(self._work.values()),
            # What earlier calls did says nothing about the time that the rest takes.
            initial=self._partly(),
            bar_format="{percentage:3.0f}% |{bar}| {desc} {elapsed} gone, {remaining} to go",
            smoothing=0.05,
            mininterval=0.1 if self._live else _IN_A_FILE,
            miniters=0,
        )
        self._runs = len(runs)
        self._show()

    def tick(self) -> None:
        """Looks at the logs of the runs under way; in a terminal the clock goes on, too."""
        self._bar.update(max(0.0, self._ended + self._partly() - self._bar.n))
        if self._live:
            self._bar.refresh()

    def _show(self) -> None:
        """Draws the bar now, whatever it is drawn on."""
        self._bar.set_description_str(
            f"{self._runs - len(self._open)} of {self._runs} runs", refresh=False
        )
        self.tick()
        self._bar.refresh()

    def _partly(self) -> float:
        """Work behind the runs that have not ended."""
        return sum(self._work[name] * _done(run) for name, run in self._open.items())

    def end(self, run: Run, message: str) -> None:
        """Counts a run as over and says a line about it."""
        del self._open[run.name]
        self._ended += self._work[run.name]
        self._bar.write(message)
        self._show()

    def close(self) -> None:
        """Leaves the terminal to others."""
        self._bar.close()


def _done(run: Run) -> float:
    """Share of a run's epochs that its log.csv shows."""
    try:
        with (run.folder / "log.csv").open("rb") as log:
            epochs = sum(1 for _ in log) - 1
    except OSError:
        return 0.0
    return _TRAINING * max(0, min(1, epochs / run.config.epochs))
