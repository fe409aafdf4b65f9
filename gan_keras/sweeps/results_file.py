"""The results file of a sweep: one JSON file, written anew whenever a run ends.

It holds all that tables and verdicts need, so a sweep can go on from it on another machine. The
options and scores of the runs are stored by name: one value where all runs agree, else a list with
one value per run (null where a run has none), in the order of `runs` and then `superseded`.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_keras import configs
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path
from gan_keras.storage.run_folder import FORMAT
from gan_keras.sweeps import plan
from gan_keras.sweeps.plan import Run
from gan_keras.sweeps.study import Study, is_name, run_name

# Parts of a run that are stored by name, for all runs together.
_BY_NAME = ("options", "scores")


class Results:
    """Outcomes of runs by name.

    Args:
        path: The JSON file; read if it exists.
        study: The study whose results they are.

    Attributes:
        runs: Outcome of each run that has ended, by its name.

    Raises:
        DataError: If the file is damaged, or of another study.
    """

    def __init__(self, path: Path, study: Study) -> None:
        self.path = path
        self.study = study
        self.runs: dict[str, dict[str, Any]] = {}
        if path.exists():
            found = read(path)
            if (found["study"], found["size"]) != (study.name, study.size):
                raise DataError(
                    f"{path} holds results of {found['study']} ({found['size']}), not of "
                    f"{study.name} ({study.size}); choose another --results"
                )
            self.runs = found["superseded"] | found["runs"]

    def outcome(self, run: Run) -> dict[str, Any]:
        """Returns the outcome of a run; empty if it has not ended, or had other options."""
        outcome = self.runs.get(run.name, {})
        return {} if outcome and plan.changed(run.config, outcome["options"]) else outcome

    def finished(self, run: Run) -> bool:
        """Returns whether a run is done and all its measures are known."""
        outcome = self.outcome(run)
        return (
            outcome.get("status") == "finished"
            and all(measure.name in outcome["metrics"] for measure in run.metrics)
            and not plan.lacks_gan_train(run.config, outcome["options"])
        )

    def add(self, run: Run, outcome: Mapping[str, Any]) -> None:
        """Notes the outcome of a run, which has finished or failed, and writes the file."""
        outcome = dict(outcome)
        # The file goes to other machines: places are given from the sweep's folder.
        for name in {"reason", "log"} & outcome.keys():
            outcome[name] = outcome[name].replace(f"{run.log.parents[1]}/", "")
        self.runs[run.name] = {
            "arm": run.arm,
            "seed": run.seed,
            "options": plan.options(run.config),
            **outcome,
        }
        self.write()

    def write(self) -> None:
        """Writes the file, with runs in the order of their names.

        Runs that the study no longer asks for, since its options or seeds were changed, are kept
        apart from those that tables and verdicts use.
        """
        asked = {
            run_name(arm.name, seed): arm.config.replace(seed=seed)
            for arm, seed in itertools.product(self.study.arms, self.study.seeds)
        }
        groups: dict[str, dict[str, Any]] = {"runs": {}, "superseded": {}}
        for name, run in sorted(self.runs.items()):
            same = name in asked and not plan.changed(asked[name], run["options"])
            groups["runs" if same else "superseded"][name] = run
        every = [run for group in groups.values() for run in group.values()]
        for group in groups.values():
            for name, run in group.items():
                group[name] = {key: run[key] for key in run if key not in _BY_NAME}
        groups |= {part: _by_name([run.get(part, {}) for run in every]) for part in _BY_NAME}
        head = {
            "format": FORMAT,
            "study": self.study.name,
            "size": self.study.size,
            "arms": [arm.name for arm in self.study.arms],
            "seeds": list(self.study.seeds),
            "baseline": self.study.baseline,
            "metrics": [measure.name for measure in self.study.metrics],
        }
        lines = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
        for title, group in groups.items():
            inner = ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in group.items())
            lines.append(f"{_json(title)}: {{\n{inner}\n}}")
        with atomic_path(self.path) as temporary:
            temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _by_name(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns each name with its value, if all runs agree, else with the values of all runs."""
    rows = {
        name: [run.get(name) for run in runs]
        for name in dict.fromkeys(name for run in runs for name in run)
    }
    return {name: row[0] if row.count(row[0]) == len(row) else row for name, row in rows.items()}


def read(path: Path) -> dict[str, Any]:
    """Reads a results file.

    In files of earlier versions each run has its own options and scores.

    Returns:
        The study's description, and `runs` and `superseded` by name with all that is known of each.

    Raises:
        DataError: If it is damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault("superseded", {})
        runs = [*found["runs"].items(), *found["superseded"].items()]
        for part in _BY_NAME:
            _share_out(part, found.pop(part, {}), [run for _, run in runs])
        for key, run in runs:
            run["options"], run["status"]  # a KeyError tells
            if found.get("format", 1) < FORMAT:
                run["options"] = configs.upgraded(run["options"])
            run.setdefault("scores", {})
            if run["status"] == "finished":
                run["metrics"], run["wall_seconds"]
            # Names become names of files; these come from other machines.
            arm, seed = run["arm"], run["seed"]
            if not is_name(arm) or type(seed) is not int or key != run_name(arm, seed):
                raise ValueError(f"a run is called {key!r}")
        found["study"], found["size"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error!r}); remove it or restore it") from error
    return found


def _share_out(part: str, by_name: Mapping[str, Any], runs: Sequence[dict[str, Any]]) -> None:
    """Gives each run its own options or scores."""
    for name, row in by_name.items():
        row = row if isinstance(row, list) else [row] * len(runs)
        for run, value in zip(runs, row, strict=True):
            own = run.setdefault(part, {})
            if value is not None:
                own[name] = value
