"""The runs of a study: their names, folders and configurations, and what makes two the same."""

import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras.configs.base import RunConfig
from gan_keras.sweeps.measures import Measure
from gan_keras.sweeps.study import Study, run_name

# Options that say where things are or what is drawn along the way: no figure depends on them.
_WITHOUT_EFFECT = (
    "workdir",
    "data_dir",
    "memory_mb",
    "picture_epochs",
    "gif",
    "report",
    "checkpoint_minutes",
)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a sweep; plain values, so that it can be sent to another machine.

    Attributes:
        arm: Name of its arm.
        seed: Its seed.
        config: Its configuration, with folder and data in place.
        log: File of its output, in the folder `logs` of the sweep.
        metrics: The measures of the study.
        threads: Threads that it may use.
    """

    arm: str
    seed: int
    config: RunConfig
    log: Path
    metrics: tuple[Measure, ...]
    threads: int

    @property
    def name(self) -> str:
        """Name that is unique within the sweep."""
        return run_name(self.arm, self.seed)

    @property
    def folder(self) -> Path:
        """Its run folder."""
        return Path(self.config.workdir)


def runs(study: Study, workdir: Path, data_dir: str, threads: int) -> list[Run]:
    """Returns all runs of a study, seed by seed: the first ones already compare all arms."""
    workdir = workdir.resolve()  # the workers of a cluster start in other folders
    data_dir = str(Path(data_dir).resolve())
    found = []
    for seed, arm in itertools.product(study.seeds, study.arms):
        name = run_name(arm.name, seed)
        folder = str(workdir / "runs" / name)
        config = arm.config.replace(seed=seed, workdir=folder, data_dir=data_dir)
        log = workdir / "logs" / f"{name}.log"
        found.append(Run(arm.name, seed, config, log, study.metrics, threads))
    return found


def options(config: RunConfig) -> dict[str, Any]:
    """Returns the options that a run's figures depend on, with its experiment's name."""
    return {k: value for k, value in config.to_dict().items() if k not in _WITHOUT_EFFECT}


def changed(config: RunConfig, recorded: Mapping[str, Any]) -> list[str]:
    """Lists the options that a recorded run had otherwise; none if only the scores differ.

    Args:
        config: The configuration that the study asks for.
        recorded: Result of `options` at the time.
    """
    return config.differences(recorded, [n for n in options(config) if n != "gan_train"])


def lacks_gan_train(config: RunConfig, recorded: Mapping[str, Any]) -> bool:
    """Returns whether a recorded run lacks a GAN-train score that is asked for.

    Making the run again adds it without training again.
    """
    return config.gan_train and not recorded.get("gan_train")
