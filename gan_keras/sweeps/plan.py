"""The runs of a study: which there are, where each lives, and the command that makes it."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras.configs.base import RunConfig
from gan_keras.sweeps.measures import Measure
from gan_keras.sweeps.study import Study, run_name

# Options that say where things are or what is drawn along the way: no figure depends on them.
_NO_FIGURES = (
    "workdir",
    "data_dir",
    "memory_mb",
    "picture_epochs",
    "gif",
    "report",
    "checkpoint_minutes",
)
# Options that ask for more scores of the same run.
_MORE_SCORES = ("gan_train",)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a sweep; plain values, so that it can be sent to another machine.

    Attributes:
        arm: Name of its arm.
        seed: Its seed.
        config: Its configuration, with folder and data in place.
        folder: Its run folder.
        log: File that gets all that it prints.
        metrics: What the study measures in it.
        grids: Whether its last sample grid is wanted.
        threads: Threads that it may use.
    """

    arm: str
    seed: int
    config: RunConfig
    folder: Path
    log: Path
    metrics: tuple[Measure, ...]
    grids: bool
    threads: int

    @property
    def name(self) -> str:
        """Unique within the sweep."""
        return run_name(self.arm, self.seed)


def runs(study: Study, workdir: Path, data_dir: str, threads: int) -> list[Run]:
    """All runs of a study, seed by seed: what is there first compares all arms.

    Args:
        study: The study.
        workdir: Folder of the sweep.
        data_dir: Folder of prepared data sets.
        threads: Threads of each run.
    """
    workdir = workdir.resolve()  # a cluster's workers start in other folders
    found = []
    for seed in study.seeds:
        for arm in study.arms:
            folder = workdir / "runs" / run_name(arm.name, seed)
            config = arm.config.replace(
                seed=seed, workdir=str(folder), data_dir=str(Path(data_dir).resolve())
            )
            found.append(
                Run(
                    arm=arm.name,
                    seed=seed,
                    config=config,
                    folder=folder,
                    log=workdir / "logs" / f"{folder.name}.log",
                    metrics=study.metrics,
                    grids=study.grids,
                    threads=threads,
                )
            )
    return found


def options(config: RunConfig) -> dict[str, Any]:
    """The options that a run's figures depend on, with its experiment's name."""
    return {name: value for name, value in config.to_dict().items() if name not in _NO_FIGURES}


def changed(config: RunConfig, recorded: dict[str, Any]) -> list[str]:
    """What differs between a configuration and the options of a recorded run.

    Args:
        config: What the study asks for.
        recorded: What `options` gave at the time. Options that did not exist then had what their
            defaults say.

    Returns:
        `name (was, is)`, empty if it is the same run, with more scores or fewer.
    """
    defaults = {name: field.default for name, field in config.option_fields().items()}
    before = defaults | recorded
    return [
        f"{name} ({before.get(name)!r} before, {value!r} now)"
        for name, value in options(config).items()
        if before.get(name) != value and name not in _MORE_SCORES
    ]


def lacking(config: RunConfig, recorded: Mapping[str, Any]) -> list[str]:
    """The scores that a configuration asks for and a recorded run of it has not.

    It gets them when it is made again, without being trained again.

    Args:
        config: What the study asks for.
        recorded: What `options` gave at the time.
    """
    return [name for name in _MORE_SCORES if getattr(config, name) and not recorded.get(name)]


def select(all_runs: Sequence[Run], arms: Sequence[str]) -> list[Run]:
    """The runs of some arms; of all of them where none is named."""
    return [run for run in all_runs if not arms or run.arm in arms]
