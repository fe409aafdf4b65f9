"""The results of a sweep: one JSON file, written anew whenever a run ends.

It holds all that the table needs, so a sweep goes on from it on another machine.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path, write_json
from gan_keras.sweeps import plan
from gan_keras.sweeps.plan import Run
from gan_keras.sweeps.study import Study, is_name, run_name


class Results:
    """Outcomes by run name.

    Args:
        path: The JSON file; read if it is there.
        study: The study whose results they are.

    Attributes:
        runs: Outcome of each run that has ended, by its name.

    Raises:
        DataError: If the file is damaged, or of another study.
    """

    def __init__(self, path: Path, study: Study):
        self.path = path
        self.study = study
        self.runs: dict[str, dict[str, Any]] = {}
        if path.exists():
            found = read(path, study.name, study.size)
            self.runs = found["superseded"] | found["runs"]

    def outcome(self, run: Run) -> dict[str, Any] | None:
        """What came of a run; None if it has not ended, or was another run of that name."""
        outcome = self.runs.get(run.name)
        if outcome is None or plan.changed(run.config, outcome["options"]):
            return None
        return outcome

    def finished(self, run: Run) -> bool:
        """Whether a run is done and all that the study measures in it is known."""
        outcome = self.outcome(run)
        wanted = {measure.name for measure in run.metrics}
        return (
            outcome is not None
            and outcome["status"] == "finished"
            and wanted <= outcome["metrics"].keys()
            and not plan.lacking(run.config, outcome["options"])
        )

    def add(self, run: Run, outcome: Mapping[str, Any]) -> None:
        """Notes what came of a run and writes the file.

        Args:
            run: The run.
            outcome: What `runner.execute` gave; a stopped run has not ended and is left out.
        """
        if outcome["status"] == "stopped":
            return
        outcome = dict(outcome)
        if grid := outcome.pop("grid", ""):
            self._keep_grid(run, grid)
        # The file goes to other machines: places are given from the sweep's folder.
        for name in {"reason", "log"} & outcome.keys():
            outcome[name] = outcome[name].replace(f"{run.log.parents[1]}/", "")
        self.runs[run.name] = {
            "arm": run.arm,
            "seed": run.seed,
            "command": run.config.command(),
            "options": plan.options(run.config),
            **outcome,
        }
        self.write()

    def write(self) -> None:
        """Writes the file, runs in the order of their names, so that it does not depend on luck.

        What the study no longer asks for, as its options or seeds were changed, is kept apart from
        what tables and verdicts are made of.
        """
        asked = {
            run_name(arm.name, seed): arm.config.replace(seed=seed)
            for arm in self.study.arms
            for seed in self.study.seeds
        }
        wanted, others = {}, {}
        for name, run in sorted(self.runs.items()):
            same = name in asked and not plan.changed(asked[name], run["options"])
            (wanted if same else others)[name] = run
        write_json(
            self.path,
            {
                "study": self.study.name,
                "size": self.study.size,
                "title": self.study.title,
                "scaled_down": self.study.scaled_down,
                "arms": [arm.name for arm in self.study.arms],
                "seeds": list(self.study.seeds),
                "baseline": self.study.baseline,
                "metrics": [measure.name for measure in self.study.metrics],
                "runs": wanted,
                **({"superseded": others} if others else {}),
            },
        )

    def grid_file(self, run_name: str) -> Path:
        """Where the sample grid of a run is kept."""
        return self.path.with_suffix("") / f"{run_name}.png"

    def _keep_grid(self, run: Run, encoded: str) -> None:
        try:
            picture = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return
        with atomic_path(self.grid_file(run.name)) as temporary:
            temporary.write_bytes(picture)


def read(path: Path, name: str = "", size: str = "") -> dict[str, Any]:
    """Reads a results file.

    Args:
        path: The JSON file.
        name: Study that it must be of; empty takes any.
        size: Size that it must be of; empty takes any.

    Raises:
        DataError: If it is damaged or of another study.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault("superseded", {})
        for key, run in (*found["runs"].items(), *found["superseded"].items()):
            run["options"], run["status"]  # a KeyError tells
            if run["status"] == "finished":
                run["metrics"], run["wall_seconds"]
            # Names become names of files; these come from other machines.
            if type(run["seed"]) is not int or key != run_name(run["arm"], run["seed"]):
                raise ValueError(f"a run is called {key!r}")
            if not is_name(run["arm"]):
                raise ValueError(f"an arm is called {run['arm']!r}")
        study, its_size = found["study"], found["size"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error!r}); remove it or restore it") from error
    if (name and study != name) or (size and its_size != size):
        raise DataError(
            f"{path} holds results of {study} ({its_size}), not of {name} ({size}); choose another "
            "--results"
        )
    return found
