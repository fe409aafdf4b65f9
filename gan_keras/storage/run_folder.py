"""A run folder: names of its files, its lock, its configuration."""

import contextlib
import datetime
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import filelock

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError, one_line
from gan_keras.foundation.files import remove_leftovers, write_json
from gan_keras.storage import checkpoints, exports
from gan_keras.storage.environment import environment
from gan_keras.storage.history import History
from gan_keras.storage.metrics import METRICS, REPORT

FORMAT = 2  # of config.json; see `configs.upgraded`
GENERATOR = "generator.keras"
BEST = "best.json"  # a copy for people of what the best generator says of itself


def default_workdir(config: RunConfig) -> Path:
    """Returns the run folder named after the options: other settings get another folder."""
    return Path("runs") / config.experiment / config.run_name()


def run_hash(config: RunConfig, fingerprint: str) -> str:
    """Returns a short hash of what `RunFolder.check_same` compares.

    config.json keeps that of the first session, and each checkpoint carries it: a later version
    may have other options.

    Args:
        config: The options.
        fingerprint: Fingerprint of the data set, which stands for its name.
    """
    options = {name: value for name, value in config.identity().items() if name != "dataset"}
    text = json.dumps([options, fingerprint], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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

        What a killed process was writing is removed.

        Args:
            patience: Seconds to wait for another process to leave it.

        Raises:
            DataError: If another process trains in it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = self._lock.acquire(timeout=patience)
            self._taken = os.stat(self.path)
            for folder in (self.path, self.checkpoints, self.samples, self.best):
                remove_leftovers(folder)
            return taken
        except filelock.Timeout:
            raise DataError(
                f"{self.path} is in use by another process; wait for it or choose another --workdir"
            ) from None
        except OSError as error:
            raise DataError(f"cannot use --workdir={self.path}: {error.strerror}") from error

    def check_in_place(self) -> None:
        """Checks that the folder is still where it was acquired.

        Raises:
            DataError: If not: a part of the run would be made anew in its old place.
        """
        try:
            in_place = os.path.samestat(self._taken, os.stat(self.path))
        except FileNotFoundError:
            in_place = False
        if not in_place:
            raise DataError(
                f"{self.path} was moved or removed while it trained; move it back, or go on from "
                "its last checkpoint with --workdir"
            )

    def clear(self) -> bool:
        """Removes what a run wrote (for `--overwrite`), and nothing else.

        config.json stays until the new run replaces it: without it, it would be no run folder.

        Returns:
            Whether there was a run.

        Raises:
            DataError: If config.json is that of something else.
        """
        if not self.config.exists():
            return False
        with contextlib.suppress(OSError, ValueError):  # a damaged one is cleared
            stored = json.loads(self.config.read_text(encoding="utf-8"))
            if not isinstance(stored, dict) or "options" not in stored:
                raise DataError(f"{self.config} is of no run; choose another --workdir")
        written = [path for path in vars(self).values() if isinstance(path, Path)]
        for path in written:
            if path.parent != self.path or path == self.config:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return True

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
            _check(stored)
            if stored.get("format", 1) < FORMAT:
                stored["options"] = configs.upgraded(stored["options"])
            return stored
        except Exception as error:  # whatever a damaged file makes JSON and the checks raise
            message = f"{self.config} is damaged ({one_line(error)}); start anew with --overwrite"
            raise DataError(message) from error

    def write_config(self, facts: Mapping[str, Any]) -> None:
        """Writes config.json: the options, and facts such as the data's fingerprint."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        about = {"environment": environment(), "written": now}
        write_json(self.config, {"format": FORMAT, **facts, **about})

    def check_checkpoints(self) -> None:
        """Checks that a run that has come past an epoch still has its checkpoints.

        Raises:
            DataError: If they are lost: it would silently start anew over what it has made.
        """
        ended = self.metrics.exists() or self.generator.exists()
        past = ended or History(self.log).last("epoch") > 1
        if past and not checkpoints.existing(self.checkpoints):
            raise DataError(
                f"{self.path} holds a trained run, but {self.checkpoints} no checkpoint to go on "
                "from; restore one, or start anew with --overwrite"
            )

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
                f"--memory_mb={stored['options'].get('memory_mb')} as before"
            )
        raise DataError(
            f"data set {config.dataset!r} has changed since {self.path} was started; restore "
            "it, or start anew with --overwrite"
        )


def _check(stored: Any) -> None:
    """Checks what everything that reads a config.json takes for granted."""
    options, data = stored["options"], stored["data"]
    fields = configs.config_class(options["experiment"]).option_fields()
    # runs of earlier versions have no value range
    form = {"value_range": "signed"} | options
    sizes = [*data["image_shape"], *data["class_counts"], stored["steps_per_epoch"]]
    sound = {
        "options": all(
            form[name] in fields[name].metadata["choices"]
            for name in ("latent", "ink", "value_range")
        )
        and all(isinstance(options[name], str) for name in ("preset", "dataset")),
        "precision": stored["precision"] in ("float32", "bfloat16"),
        "fingerprint": isinstance(data["fingerprint"], str),
        "sizes": all(type(size) is int and size >= 0 for size in sizes) and sizes[-1],
        "class_names": all(isinstance(name, str) for name in data["class_names"])
        and len(data["class_names"]) == len(data["class_counts"]),
    }
    if wrong := [name for name, is_sound in sound.items() if not is_sound]:
        raise ValueError(f"strange {', '.join(wrong)}")


def read_best(folder: Path) -> dict[str, Any] | None:
    """Returns the score, epoch and step of the best generator of a run; None if there is none.

    The generator carries them; of runs of earlier versions best.json beside it has them.

    Raises:
        DataError: If there is a generator and they cannot be read.
    """
    path = folder / GENERATOR
    if not path.exists():
        return None
    try:
        found = exports.read(path)
        if "metric" not in found:
            found = json.loads((folder / BEST).read_text(encoding="utf-8"))
        return {name: found[name] for name in ("metric", "value", "quality", "epoch", "step")}
    except Exception as error:  # whatever a damaged file makes JSON raise
        raise DataError(
            f"{folder} holds a best generator of unknown quality ({one_line(error)}); restore it, "
            "or remove the folder to go on without it"
        ) from error
