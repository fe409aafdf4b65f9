"""A run folder: names of its files, its lock, its configuration."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import filelock

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import write_json
from gan_keras.storage.environment import environment
from gan_keras.storage.metrics import METRICS

FORMAT = 2  # of config.json; see `configs.upgraded`
GENERATOR = "generator.keras"
REPORT = "report.html"


def default_workdir(config: RunConfig) -> Path:
    """Returns the run folder named after the options: other settings get another folder."""
    return Path("runs") / config.experiment / config.run_name()


class RunFolder:
    """One training run on disk.

    Attributes:
        path: The folder.
        checkpoints: Sub-folder of checkpoints.
        samples: Sub-folder of sample grids.
        tensorboard: Sub-folder of event files.
        best: Sub-folder of the best generator so far, with `--keep_best`.
        config: The options and the facts that the run started with, JSON.
        log: Losses per epoch, CSV.
        scores: Scores while training, CSV.
        curves: Picture of the losses.
        metrics: Scores at the end, JSON.
        report: Page about the run.
        generator: Exported generator.
        discriminator: Exported discriminator.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"
        self.best = self.path / "best"
        self.config = self.path / "config.json"
        self.log = self.path / "log.csv"
        self.scores = self.path / "scores.csv"
        self.curves = self.path / "curves.png"
        self.metrics = self.path / METRICS
        self.report = self.path / REPORT
        self.generator = self.path / GENERATOR
        self.discriminator = self.path / "discriminator.keras"
        self._lock = filelock.FileLock(self.path / ".lock")

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @classmethod
    def started(cls, path: str | Path) -> tuple[Self, dict[str, Any]]:
        """Opens a folder in which a run was started; returns it and its config.json.

        Raises:
            DataError: If it is no run folder, or is damaged.
        """
        folder = cls(path)
        stored = folder.read_config() if folder.path.is_dir() else None
        if stored is None:
            raise DataError(f"{path} is no run folder (it has no config.json)")
        return folder, stored

    def acquire(self, patience: float = 0.0) -> filelock.AcquireReturnProxy:
        """Takes the folder for this process until it, or the context that is returned, ends.

        Args:
            patience: Seconds to wait for another process to leave it.

        Raises:
            DataError: If another process trains in it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return self._lock.acquire(timeout=patience)
        except filelock.Timeout:
            raise DataError(
                f"{self.path} is in use by another process; wait for it or choose another --workdir"
            ) from None
        except OSError as error:
            raise DataError(f"cannot use --workdir={self.path}: {error.strerror}") from error

    def clear(self) -> None:
        """Removes what a run wrote (for `--overwrite`), and nothing else."""
        written = vars(self).values() if self.config.exists() else ()
        for path in written:
            if isinstance(path, Path) and path.parent == self.path:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def read_config(self) -> dict[str, Any] | None:
        """Returns the content of config.json, or None where no run was started.

        Raises:
            DataError: If config.json is damaged, or the folder holds other things.
        """
        if not self.config.exists():
            if self.path.is_dir() and any(p.name != ".lock" for p in self.path.iterdir()):
                raise DataError(
                    f"{self.path} holds files but no config.json, so it is no run folder; choose "
                    "another --workdir"
                )
            return None
        try:
            stored = json.loads(self.config.read_text(encoding="utf-8"))
            for name in ("options", "data", "precision"):
                stored[name]  # a KeyError tells a foreign file
            if stored.get("format", 1) < FORMAT:
                stored["options"] = configs.upgraded(stored["options"])
            return stored
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self.config} is damaged ({error}); start anew with --overwrite"
            raise DataError(message) from error

    def write_config(self, facts: Mapping[str, Any]) -> None:
        """Writes config.json: the options, and facts such as the data's fingerprint."""
        write_json(self.config, {"format": FORMAT, **facts, "environment": environment()})

    def check_same(
        self, stored: Mapping[str, Any], config: RunConfig, fingerprint: str, streamed: bool
    ) -> None:
        """Checks that a resume continues the run that was started.

        Args:
            stored: Content of config.json.
            config: Options of the resume.
            fingerprint: Fingerprint of the data set that the resume sees.
            streamed: Whether the resume streams it: fingerprints are of another kind then.

        Raises:
            UsageError: If options differ, or keep the data sets from being compared.
            DataError: If the data set has changed.
        """
        data = stored["data"]
        # content tells whether data are the same; their name is where they were found
        is_same = data["fingerprint"] == fingerprint
        names = [name for name in config.identity() if not (is_same and name == "dataset")]
        if changed := config.differences(stored["options"], names):
            raise UsageError(
                f"{self.path} was started with other settings: {', '.join(changed)}. Use the "
                "first settings, another --workdir, or --overwrite to start anew"
            )
        if is_same:
            return
        if data.get("streamed", streamed) != streamed:  # runs of earlier versions do not say it
            now = "streams its images" if streamed else "holds its images in memory"
            raise UsageError(
                f"--memory_mb={config.memory_mb} {now} and {self.path} did not, so that it "
                "cannot be told whether they are the same; give "
                f"--memory_mb={stored['options']['memory_mb']} as before"
            )
        raise DataError(
            f"data set {config.dataset!r} has changed since {self.path} was started; restore "
            "it, or start anew with --overwrite"
        )


def read_best(folder: Path) -> dict[str, Any] | None:
    """Returns the content of best.json in a folder; None if it is missing or damaged."""
    try:
        found = json.loads((folder / "best.json").read_text(encoding="utf-8"))
        return found if {"metric", "value", "quality", "epoch", "step"} <= found.keys() else None
    except (OSError, ValueError, AttributeError):
        return None
