"""A run folder: its configuration, its lock, its history."""

import csv
import json
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import filelock

from gan_keras import configs
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path, write_json

_PACKAGES = ("tensorflow", "keras", "numpy")
FORMAT = 2  # of config.json; see `configs.upgraded`


def default_workdir(config: RunConfig) -> Path:
    """Run folder named after the options: another setting never lands in the same folder."""
    return Path("runs") / config.experiment / config.run_name()


class RunFolder:
    """One training run on disk.

    Args:
        path: The folder; made when missing.

    Attributes:
        path: The folder.
        checkpoints: Sub-folder of checkpoints.
        samples: Sub-folder of sample grids.
        tensorboard: Sub-folder of event files.
        best: Sub-folder of the best generator so far, with `--keep_best`.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"
        self.best = self.path / "best"
        self._lock = filelock.FileLock(self.path / ".lock")

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @classmethod
    def started(cls, path: str | Path) -> tuple[Self, dict[str, Any]]:
        """A folder in which a run was started, and what its config.json holds.

        Args:
            path: The folder.

        Raises:
            DataError: If it is none, or is damaged.
        """
        folder = cls(path)
        stored = folder.read_config() if folder.path.is_dir() else None
        if stored is None:
            raise DataError(f"{path} is no run folder (it has no config.json)")
        return folder, stored

    def acquire(self, patience: float = 0.0) -> None:
        """Takes the folder for this process until it ends, however it ends.

        Args:
            patience: Seconds to wait for another process to leave it.

        Raises:
            DataError: If another process trains in it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=patience)
        except filelock.Timeout:
            raise DataError(
                f"{self.path} is in use by another process; wait for it or choose another --workdir"
            ) from None
        except OSError as error:
            raise DataError(f"cannot use --workdir={self.path}: {error.strerror}") from error

    def release(self) -> None:
        """Gives the folder back."""
        self._lock.release()

    def clear(self) -> None:
        """Removes what a run wrote (for `--overwrite`), and nothing else."""
        for folder in (self.checkpoints, self.samples, self.tensorboard, self.best):
            shutil.rmtree(folder, ignore_errors=True)
        for name in (
            "config.json",
            "log.csv",
            "scores.csv",
            "curves.png",
            "metrics.json",
            "report.html",
            "generator.keras",
            "discriminator.keras",
        ):
            (self.path / name).unlink(missing_ok=True)

    def read_config(self) -> dict[str, Any] | None:
        """Returns what config.json holds, or None where no run was started.

        Raises:
            DataError: If config.json is damaged, or the folder holds other things.
        """
        file = self.path / "config.json"
        if not file.exists():
            if self.path.is_dir() and any(p.name != ".lock" for p in self.path.iterdir()):
                raise DataError(
                    f"{self.path} holds files but no config.json, so it is no run folder; choose "
                    "another --workdir"
                )
            return None
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            for name in ("options", "data", "precision"):
                stored[name]  # a KeyError tells a foreign file
            if stored.get("format", 1) < FORMAT:
                stored["options"] = configs.upgraded(stored["options"])
            return stored
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{file} is damaged ({error}); start anew with --overwrite") from error

    def write_config(self, config: RunConfig, facts: Mapping[str, Any]) -> None:
        """Writes config.json.

        Args:
            config: The resolved options.
            facts: What the run found out when it started: the data with its fingerprint, the
                resolved precision, class probabilities.
        """
        write_json(
            self.path / "config.json",
            {
                "format": FORMAT,
                "options": config.to_dict(),
                **facts,
                "environment": environment(),
            },
        )

    def check_same(
        self, stored: Mapping[str, Any], config: RunConfig, data: str, streamed: bool
    ) -> None:
        """Checks that a resume continues the run that was started.

        Args:
            stored: What `read_config` gave.
            config: Options of the resume.
            data: Fingerprint of the data set that the resume sees.
            streamed: Whether the resume streams it: fingerprints are of another kind then.

        Raises:
            UsageError: Lists the options that differ, or names what keeps data sets from being
                compared.
            DataError: If the data set has changed.
        """
        # A run of an earlier version lacks newer options: it had what their defaults say.
        old = config.defaults() | stored["options"]
        changed = [
            f"{name} ({old.get(name)!r} before, {value!r} now)"
            for name, value in config.identity().items()
            if old.get(name) != value
        ]
        if changed:
            raise UsageError(
                f"{self.path} was started with other settings: {', '.join(changed)}. Use the "
                "first settings, another --workdir, or --overwrite to start anew"
            )
        if stored["data"]["fingerprint"] != data:
            # runs of earlier versions do not say whether they streamed
            if stored["data"].get("streamed", streamed) != streamed:
                now = "streams its images" if streamed else "holds its images in memory"
                raise UsageError(
                    f"--memory_mb={config.memory_mb} {now} and {self.path} did not, so that it "
                    "cannot be told whether they are the same; give "
                    f"--memory_mb={old['memory_mb']} as before"
                )
            raise DataError(
                f"data set {config.dataset!r} has changed since {self.path} was started; restore "
                "it, or start anew with --overwrite"
            )


def read_best(folder: Path) -> dict[str, Any] | None:
    """What best.json in a folder says; None if there is none, or it is damaged.

    Args:
        folder: `RunFolder.best`.
    """
    try:
        found = json.loads((folder / "best.json").read_text(encoding="utf-8"))
        return found if {"metric", "value", "quality", "epoch", "step"} <= found.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def environment() -> dict[str, str]:
    """Versions, machine and commit: what a number needs beside it to be worth something."""
    found = {name: metadata.version(name) for name in _PACKAGES}
    found |= {"python": platform.python_version(), "machine": machine()}
    if described := commit():
        found["commit"] = described
    return found


def commit(folder: Path = Path(__file__).parent) -> str:
    """The commit that code runs at, with `-dirty` if code or settings differ from it.

    Files of results may differ: a sweep writes them between its runs.

    Args:
        folder: Of the code.

    Returns:
        Empty if it was installed from a package, or git is missing.
    """

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True
        )
        return done.stdout.strip()

    try:
        described = git("describe", "--always")
        code = [f":(top)*.{ending}" for ending in ("py", "yaml", "j2", "cfg", "toml")]
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *code)
    except (OSError, subprocess.SubprocessError):
        return ""
    return described + "-dirty" * bool(changed)


def machine() -> str:
    """One line on the processor, e.g. `2 x AMD EPYC`."""
    import os

    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} x {' '.join(name.split())}"


class History:
    """The run's log.csv: one row an epoch, rewritten whole so that it is never half a row.

    Args:
        path: The file.
        first_epoch: Rows from this epoch on are dropped: a kill can leave a row of an epoch that
            the last checkpoint does not know, and the resumed run writes it again.

    Raises:
        DataError: If the file is damaged.
    """

    def __init__(self, path: Path, first_epoch: int = 0):
        self.path = path
        self.rows: list[dict[str, str]] = []
        if path.exists():
            try:
                with path.open(newline="", encoding="utf-8") as file:
                    rows = list(csv.DictReader(file))
                self.rows = [row for row in rows if int(row["epoch"]) <= first_epoch]
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path} is damaged ({error})") from error

    def append(self, row: Mapping[str, Any]) -> None:
        """Adds a row and writes the file."""
        self.rows.append({name: _format(value) for name, value in row.items()})
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with atomic_path(self.path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)

    def columns(self) -> dict[str, list[float]]:
        """All columns as numbers; what a row lacks is NaN."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        return {name: [float(row.get(name) or "nan") for row in self.rows] for name in names}


def _format(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):.6g}"


class Stopwatch:
    """Wall and CPU time of a run over all its legs.

    Args:
        before: What `read` gave at the end of the last leg.
    """

    def __init__(self, before: Mapping[str, float] | None = None):
        self._before = dict(before or {"wall_seconds": 0.0, "cpu_seconds": 0.0})
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        """Returns `wall_seconds` and `cpu_seconds` (all threads) so far."""
        return {
            "wall_seconds": self._before["wall_seconds"] + time.monotonic() - self._wall,
            "cpu_seconds": self._before["cpu_seconds"] + time.process_time() - self._cpu,
        }
