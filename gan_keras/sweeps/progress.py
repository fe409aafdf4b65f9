"""Progress of a sweep: the expected time of runs, and one bar over all of them."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from gan_keras.sweeps.plan import Run
from gan_keras.sweeps.study import Study

# Training is most of a run; the rest is start-up and scores.
_TRAINING = 0.95
# Seconds between two updates of the bar in a file, which keeps them all.
_IN_A_FILE = 60.0


def expected_seconds(
    pending: Iterable[Run], study: Study, results: Mapping[str, Any]
) -> dict[str, float]:
    """Returns the expected seconds of runs by name; 0 where unknown.

    That is the mean over finished runs of the same arm in `results`, else the study's estimate.
    """
    seconds = {}
    for arm in study.arms:
        known = [
            one["wall_seconds"]
            for one in results.values()
            if one["arm"] == arm.name and one["status"] == "finished"
        ]
        seconds[arm.name] = sum(known) / len(known) if known else float(arm.seconds)
    return {run.name: seconds[run.arm] for run in pending}


class Progress:
    """A bar that moves with every epoch of every run.

    Args:
        runs: The runs that are to be made.
        work: Expected seconds of each run by name; where one is unknown all count the same.
    """

    def __init__(self, runs: Sequence[Run], work: Mapping[str, float]) -> None:
        known = all(work.values())
        self._work = {run.name: work[run.name] if known else 1.0 for run in runs}
        self._open = {run.name: run for run in runs}
        self._ended = 0.0
        self._live = sys.stderr.isatty()
        self._bar = tqdm(
            total=sum(self._work.values()),
            # The work of earlier calls says nothing about the time that the rest takes.
            initial=self._partly(),
            bar_format="{percentage:3.0f}% |{bar}| {desc} {elapsed} gone, {remaining} to go",
            smoothing=0.05,
            mininterval=0.1 if self._live else _IN_A_FILE,
            miniters=0,
        )
        self._show()

    def tick(self) -> None:
        """Reads the logs of the runs under way; in a terminal the clock goes on, too."""
        self._bar.update(max(0.0, self._ended + self._partly() - self._bar.n))
        if self._live:
            self._bar.refresh()

    def _show(self) -> None:
        """Draws the bar now, on a terminal or in a file."""
        count = len(self._work)
        self._bar.set_description_str(f"{count - len(self._open)} of {count} runs", refresh=False)
        self.tick()
        self._bar.refresh()

    def _partly(self) -> float:
        """Returns the work done in the runs that have not ended."""
        return sum(self._work[name] * _done(run) for name, run in self._open.items())

    def end(self, run: Run, message: str) -> None:
        """Counts a run as over and prints a line about it."""
        del self._open[run.name]
        self._ended += self._work[run.name]
        self._bar.write(message)
        self._show()

    def close(self) -> None:
        """Leaves the terminal to others."""
        self._bar.close()


def _done(run: Run) -> float:
    """Returns the share of a run's work that its log.csv shows."""
    try:
        epochs = (run.folder / "log.csv").read_bytes().count(b"\n") - 1
    except OSError:
        return 0.0
    return _TRAINING * max(0, min(1, epochs / run.config.epochs))
