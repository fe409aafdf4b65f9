"""Sweeps: making the runs of a study that are missing, and printing the table of all."""

import contextlib
import dataclasses
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import filelock

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import engines, estimates, measures, plan, results_file, run_process
from gan_keras.sweeps.plan import Run
from gan_keras.sweeps.progress import Progress, expected_seconds
from gan_keras.sweeps.results_file import Results
from gan_keras.sweeps.study import Study


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of a sweep, the flags of its command.

    Only `threads` can change figures, in their last digits.

    Attributes:
        workdir: Folder of the sweep, for run folders and logs.
        results: The JSON file of results.
        engine: `local` or `ray`.
        workers: Number of runs at a time; 0: one for every two cores.
        threads: Threads per run; 0: the cores divided among the workers.
        only: Arms to run; empty for all.
        gpus: Share of a GPU that each run asks Ray for.
    """

    workdir: Path
    results: Path
    data_dir: str = "data"
    engine: str = "local"
    workers: int = 0
    threads: int = 0
    only: tuple[str, ...] = ()
    retry_failed: bool = False
    ray_address: str = ""
    gpus: float = 0.0

    def share_out(self) -> tuple[int, int]:
        """Returns the workers and the threads of each, with 0 replaced by this machine's number."""
        cores = os.cpu_count() or 1
        workers = self.workers or max(1, cores // 2)
        return workers, self.threads or max(1, cores // workers)


def preview(study: Study, settings: Settings) -> str:
    """Returns the runs of a sweep with their commands and the expected time, as text.

    Raises:
        UsageError: If an arm is unknown.
    """
    results = Results(settings.results, study)
    runs = _runs(study, settings)
    pending = _pending(runs, results, settings.retry_failed)
    lines = [f"{study.title} ({study.size}): {len(study.arms)} arms x {len(study.seeds)} seeds"]
    lines += [study.scaled_down] if study.scaled_down else []
    for one in runs:
        state = "to do" if one in pending else results.runs[one.name]["status"]
        lines.append(f"  {state:9s} {one.name}: {one.config.command()}")
    work = expected_seconds(pending, study, results.runs)
    lines.append(f"{len(pending)} of {len(runs)} runs to do; {_in_words(work.values())}")
    return "\n".join(lines)


def run(study: Study, settings: Settings) -> dict[str, Any]:
    """Makes all runs that are missing, and prints the table.

    A sweep can be stopped at any time, also by SIGKILL: the same call goes on. Runs under way
    resume at their last checkpoint, and finished runs are not repeated.

    Returns:
        Content of the results file.

    Raises:
        UsageError: If an arm is unknown.
        DataError: If another sweep uses the folder or the results.
    """
    runs = _runs(study, settings)
    path = settings.results
    with (
        _locked(settings.workdir / ".lock", f"--workdir={settings.workdir}"),
        _locked(path.with_name(f".{path.name}.lock"), f"--results={path}"),
    ):
        results = Results(path, study)
        _measure_again(runs, results)
        if pending := _pending(runs, results, settings.retry_failed):
            _execute(study, settings, pending, results)
        results.write()
        found = results_file.read(path)
    print(estimates.table(found))
    print(f"results: {path}; logs: {settings.workdir / 'logs'}")
    return found


def _runs(study: Study, settings: Settings) -> list[Run]:
    """Returns the runs of a study that the settings ask for."""
    known = [arm.name for arm in study.arms]
    if unknown := [name for name in settings.only if name not in known]:
        raise UsageError(f"--only={','.join(unknown)}: no such arm; arms: {', '.join(known)}")
    _, threads = settings.share_out()
    every = plan.runs(study, settings.workdir, settings.data_dir, threads)
    return [one for one in every if not settings.only or one.arm in settings.only]


def _execute(study: Study, settings: Settings, pending: Sequence[Run], results: Results) -> None:
    """Makes runs and notes each as it ends."""
    workers, threads = settings.share_out()
    work = expected_seconds(pending, study, results.runs)
    print(
        f"{study.title} ({study.size}): {len(pending)} runs to do, {workers} at a time with "
        f"{threads} threads each; {_in_words(work.values())}",
        flush=True,
    )
    if settings.engine == "ray":
        engine = engines.ray(workers * threads, settings.ray_address, settings.gpus)
    else:
        engine = engines.local(workers)
    progress = Progress(pending, work)
    try:
        with contextlib.closing(engines.execute(pending, engine, progress.tick)) as outcomes:
            for one, outcome in outcomes:
                # a run that only lacked a score keeps what it has
                if outcome["status"] == "finished" or not results.outcome(one).get("scores"):
                    results.add(one, outcome)
                progress.end(one, _line(one, outcome))
    except KeyboardInterrupt:
        print("stopped, checkpoints written; the same command goes on from here", flush=True)
        raise
    finally:
        progress.close()


def _line(one: Run, outcome: dict[str, Any]) -> str:
    """Returns a line on a run that has ended."""
    if outcome["status"] == "failed":
        return f"{one.name}: FAILED: {outcome['reason']} ({outcome['log']})"
    shown = [f"{n} {estimates.number(v)}" for n, v in outcome["metrics"].items() if v is not None]
    return f"{one.name}: {', '.join(shown[:3])} ({outcome['wall_seconds']:.0f} s)"


def _pending(runs: Sequence[Run], results: Results, retry_failed: bool) -> list[Run]:
    """Returns the runs that are to be made."""
    skipped = () if retry_failed else ("failed",)
    left = [one for one in runs if results.outcome(one).get("status") not in skipped]
    return [one for one in left if not results.finished(one)]


def _measure_again(runs: Sequence[Run], results: Results) -> None:
    """Adds new measures to finished runs, from their folders or else from recorded scores."""
    for one in runs:
        outcome = results.outcome(one)
        if outcome.get("status") != "finished" or results.finished(one):
            continue
        try:
            results.add(one, run_process.report(one))
        except DataError:
            again = measures.evaluate(one.metrics, outcome["scores"], {})
            outcome["metrics"] = again | outcome["metrics"]


def _in_words(seconds: Collection[float]) -> str:
    """Returns the estimated time of runs in words."""
    if not all(seconds):
        return "no estimate of the time at this size yet"
    hours = sum(seconds) / 3600
    return f"about {hours:.1f} core-hours" if hours >= 1 else f"about {hours * 60:.0f} core-minutes"


def _locked(file: Path, place: str) -> filelock.AcquireReturnProxy:
    """Keeps a second sweep out of the folder, or off the results, which each holds in memory."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(file).acquire(timeout=0)
    except filelock.Timeout:
        raise DataError(f"another sweep uses {place}; wait for it") from None
    except OSError as error:
        raise DataError(f"cannot use {place}: {error.strerror}") from error
