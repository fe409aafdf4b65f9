"""Several runs of one experiment as one result: mean and standard deviation over seeds.

python -m experiments.benchmarks.summarize --runs='runs/acgan/crohme-*' --out=FILE.json \
    --command='python -m experiments.acgan ...'

Reads each run's metrics.json and prints a table; the JSON keeps every run's figures, so that a
table can be checked.
"""

import glob
import json
import math
import statistics
from pathlib import Path
from typing import Any

from absl import flags

from data_tools import cli
from data_tools.errors import DataError, UsageError
from data_tools.files import write_json

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_string("runs", None, "Pattern of run folders, in quotes.")
    flags.DEFINE_string("out", None, "The JSON file to write.")
    flags.DEFINE_string("command", "", "The command that made the runs, --seed left out.")


def main() -> None:
    """Runs the command."""
    if not FLAGS.runs or not FLAGS.out:
        raise UsageError("--runs='PATTERN' and --out=FILE.json are needed")
    files = sorted(Path(folder) / "metrics.json" for folder in glob.glob(FLAGS.runs))
    files = [file for file in files if file.is_file()]
    if not files:
        raise DataError(f"no finished runs match {FLAGS.runs}")
    summary = summarize([json.loads(file.read_text(encoding="utf-8")) for file in files])
    write_json(FLAGS.out, {"command": FLAGS.command, **summary})
    for name, value in summary["mean_and_sd"].items():
        spread = "" if value["sd"] is None else f" +- {value['sd']:.4f}"
        print(f"{name:40s} {value['mean']:10.4f}{spread}")
    print(f"{len(files)} runs; all figures in {FLAGS.out}")


def summarize(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and sample standard deviation of every number that all runs have.

    Args:
        runs: What the runs' metrics.json hold.

    Returns:
        `mean_and_sd` by dotted name, and the `runs` themselves.
    """
    flat = [dict(_numbers(run)) for run in runs]
    shared = [name for name in flat[0] if all(name in other for other in flat)]
    figures = {}
    for name in shared:
        values = [one[name] for one in flat]
        spread = statistics.stdev(values) if len(values) > 1 else math.nan
        figures[name] = {
            "mean": statistics.fmean(values),
            "sd": spread if math.isfinite(spread) else None,
            "min": min(values),
            "n": len(values),
        }
    return {"mean_and_sd": figures, "runs": runs}


def _numbers(value: Any, prefix: str = ""):
    """Yields (dotted name, number) of nested dictionaries; lists and texts are left out."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _numbers(inner, f"{prefix}{name}.")
        elif isinstance(inner, int | float) and not isinstance(inner, bool):
            yield f"{prefix}{name}", float(inner)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
