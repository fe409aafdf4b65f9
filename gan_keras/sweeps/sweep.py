"""A sweep: makes the runs of a study that are not done yet, and tells what all of them say."""

import contextlib
import dataclasses
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import filelock

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.sweeps import hparams, local, measures, plan, ray, records, runner, tables
from gan_keras.sweeps.plan import Run
from gan_keras.sweeps.progress import Progress, seconds
from gan_keras.sweeps.study import Study

ENGINES = ("local", "ray")


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a sweep is run; none of it changes a figure but `threads`, in the last digits.

    Attributes:
        workdir: Folder of the sweep: run folders, logs, TensorBoard's HParams.
        results: The JSON file of results.
        data_dir: Folder of prepared data sets.
        engine: One of `ENGINES`.
        workers: Runs at a time; 0: one for every two cores.
        threads: Threads of each run; 0: the cores shared out among the workers.
        only: Arms to run; empty for all.
        retry_failed: Whether runs that failed before are tried again.
        ray_address: Of a Ray cluster; empty starts one here.
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
        """Workers and threads of each, with 0 replaced by what this machine has."""
        cores = os.cpu_count() or 1
        workers = self.workers or max(1, cores // 2)
        return workers, self.threads or max(1, cores // workers)


def runs_of(study: Study, settings: Settings) -> list[Run]:
    """The runs of a study that the settings ask for.

    Raises:
        UsageError: If an arm is unknown or the engine is.
    """
    if settings.engine not in ENGINES:
        raise UsageError(f"--engine={settings.engine}: choose one of {', '.join(ENGINES)}")
    known = [arm.name for arm in study.arms]
    if unknown := [name for name in settings.only if name not in known]:
        raise UsageError(f"--only={','.join(unknown)}: no such arm; arms: {', '.join(known)}")
    _, threads = settings.share_out()
    return plan.select(
        plan.runs(study, settings.workdir, settings.data_dir, threads), settings.only
    )


def preview(study: Study, settings: Settings) -> str:
    """What a sweep would do, as text.

    Args:
        study: The study.
        settings: The settings.
    """
    results = records.Results(settings.results, study)
    runs = runs_of(study, settings)
    pending = _pending(runs, results, settings.retry_failed)
    lines = [f"{study.title} ({study.size}): {len(study.arms)} arms x {len(study.seeds)} seeds"]
    if study.scaled_down:
        lines.append(study.scaled_down)
    names = {run.name for run in pending}
    for run in runs:
        state = "to do" if run.name in names else results.outcome(run)["status"]
        command = " ".join(run.config.arguments())
        lines.append(f"  {state:9s} {run.name}: python -m {command}")
    lines.append(f"{len(pending)} of {len(runs)} runs to do; {_how_long(study, pending, results)}")
    return "\n".join(lines)


def run(study: Study, settings: Settings) -> dict[str, Any]:
    """Makes all runs that are not done, and prints the table.

    A sweep can be stopped at any time, also by SIGKILL: the same call goes on, runs under way
    resume at their last checkpoint, and runs that are done are not repeated.

    Args:
        study: The study.
        settings: The settings.

    Returns:
        What the results file holds.

    Raises:
        UsageError: If settings are wrong.
        DataError: If another sweep uses the folder or the results.
    """
    runs = runs_of(study, settings)
    with _alone(settings.workdir, settings.results):
        results = records.Results(settings.results, study)
        _complete(runs, results)
        pending = _pending(runs, results, settings.retry_failed)
        if pending:
            _execute(study, settings, pending, results)
        results.write()
        found = records.read(results.path)
        hparams.write(settings.workdir / "hparams", found)
    print(tables.table(found))
    print(
        f"results: {results.path}; tensorboard --logdir {settings.workdir} (tab HParams); "
        f"logs: {settings.workdir / 'logs'}"
    )
    return found


def _execute(
    study: Study, settings: Settings, pending: Sequence[Run], results: records.Results
) -> None:
    """Makes the runs, noting each as it ends."""
    workers, threads = settings.share_out()
    print(
        f"{study.title} ({study.size}): {len(pending)} runs to do, {workers} at a time with "
        f"{threads} threads each; {_how_long(study, pending, results)}",
        flush=True,
    )
    estimates = {arm.name: arm.seconds for arm in study.arms}
    work = {one.name: seconds(one, estimates, results.runs) for one in pending}
    progress = Progress(pending, work)
    outcomes = _engine(settings)(pending, workers, progress.tick)
    try:
        with _sigterm_as_interrupt(), contextlib.closing(outcomes):
            for one, outcome in outcomes:
                results.add(one, outcome)
                progress.end(one, _line(one, outcome))
    except KeyboardInterrupt:
        print("stopped, checkpoints written; the same command goes on from here", flush=True)
        raise
    finally:
        progress.close()


def _engine(settings: Settings) -> Callable[..., Iterator[tuple[Run, dict[str, Any]]]]:
    """The engine's `execute`."""
    if settings.engine == "local":
        return local.execute
    return lambda runs, workers, tick: ray.execute(
        runs, workers, tick, settings.ray_address, settings.gpus
    )


def _line(one: Run, outcome: dict[str, Any]) -> str:
    """A line on a run that has ended."""
    if outcome["status"] == "failed":
        return f"{one.name}: FAILED: {outcome['reason']} ({outcome['log']})"
    if outcome["status"] == "stopped":
        return f"{one.name}: stopped"
    shown = [
        f"{name} {tables.number(value)}"
        for name, value in outcome["metrics"].items()
        if value is not None
    ]
    return f"{one.name}: {', '.join(shown[:3])} ({outcome['wall_seconds']:.0f} s)"


def _pending(runs: Sequence[Run], results: records.Results, retry_failed: bool) -> list[Run]:
    """The runs that are to be made."""

    def done(one: Run) -> bool:
        outcome = results.outcome(one)
        failed = outcome is not None and outcome["status"] == "failed"
        return results.finished(one) or (failed and not retry_failed)

    return [one for one in runs if not done(one)]


def _complete(runs: Sequence[Run], results: records.Results) -> None:
    """Measures again what a study has come to ask of runs that are done.

    From the run folder if it is here; otherwise what can be had from the recorded scores.
    """
    for one in runs:
        outcome = results.outcome(one)
        if outcome is None or outcome["status"] != "finished" or results.finished(one):
            continue
        try:
            results.add(one, runner.report(one))
        except DataError:
            again = measures.evaluate(one.metrics, outcome["scores"], {})
            outcome["metrics"] = again | outcome["metrics"]


def _how_long(study: Study, pending: Sequence[Run], results: records.Results) -> str:
    """Estimated time of the runs that are to be made."""
    estimates = {arm.name: arm.seconds for arm in study.arms}
    work = [seconds(one, estimates, results.runs) for one in pending]
    if not all(work):
        return "no estimate of the time at this size yet"
    hours = sum(work) / 3600
    return f"about {hours:.1f} core-hours" if hours >= 1 else f"about {hours * 60:.0f} core-minutes"


@contextlib.contextmanager
def _alone(workdir: Path, results: Path) -> Iterator[None]:
    """Keeps a second sweep out of the folder and off the results, which each holds in memory.

    Raises:
        DataError: If there is one, or a place cannot be written.
    """
    places = {
        f"--workdir={workdir}": workdir / ".lock",
        f"--results={results}": results.with_name(f".{results.name}.lock"),
    }
    with contextlib.ExitStack() as locks:
        for place, file in places.items():
            lock = filelock.FileLock(file)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
            except filelock.Timeout:
                raise DataError(f"another sweep uses {place}; wait for it") from None
            except OSError as error:
                raise DataError(f"cannot use {place}: {error.strerror}") from error
            locks.callback(lock.release)
        yield


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Makes SIGTERM stop a sweep as Ctrl-C does."""

    def interrupt(signum: int, frame: Any) -> None:
        del signum, frame
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: signals are somebody else's business
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
