"""Progress of a sweep: the expected time of runs, and one bar over all of them."""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from gan_keras.storage.run_folder import RunFolder
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
    known = {arm.name: [] for arm in study.arms}
    for one in results.values():
        if one["arm"] in known and one["status"] == "finished":
            known[one["arm"]].append(one["wall_seconds"])
    seconds = {arm.name: statistics.fmean(known[arm.name] or [arm.seconds]) for arm in study.arms}
    return {run.name: seconds[run.arm] for run in pending}


class Progress:
    """A bar that moves with every epoch of every run.

    Args:
        runs: The runs that are to be made.
        work: Expected seconds of each run by name; where one is unknown all count the same.
    """

    def __init__(self, runs: Sequence[Run], work: Mapping[str, float]) -> None:
        self._runs = runs
        self._work = work if all(work.values()) else {run.name: 1.0 for run in runs}
        self._ended: set[str] = set()
        self._bar = tqdm(
            total=sum(self._work.values()),
            # The work of earlier calls says nothing about the time that the rest takes.
            initial=self._done(),
            bar_format="{percentage:3.0f}% |{bar}| {desc} {elapsed} gone, {remaining} to go",
            smoothing=0.05,
            mininterval=0.1 if sys.stderr.isatty() else _IN_A_FILE,
            miniters=0,
        )
        self._show()

    def tick(self) -> None:
        """Reads the logs of the runs under way; in a terminal the clock goes on, too."""
        self._bar.update(max(0.0, self._done() - self._bar.n))
        if sys.stderr.isatty():
            self._bar.refresh()

    def end(self, run: Run, message: str) -> None:
        """Counts a run as over and prints a line about it."""
        self._ended.add(run.name)
        self._bar.write(message)
        self._show()

    def close(self) -> None:
        """Leaves the terminal to others."""
        self._bar.close()

    def _show(self) -> None:
        ended = f"{len(self._ended)} of {len(self._runs)} runs"
        self._bar.set_description_str(ended, refresh=False)
        self.tick()
        self._bar.refresh()

    def _done(self) -> float:
        """Returns the work done: all of a run that has ended, else what its log.csv shows."""
        done = 0.0
        for run in self._runs:
            log = RunFolder(run.folder).log
            share = 1.0 if run.name in self._ended else 0.0
            if not share and log.exists():
                epochs = log.read_bytes().count(b"\n") - 1
                share = _TRAINING * max(0, min(1, epochs / run.config.epochs))
            done += share * self._work[run.name]
        return done
