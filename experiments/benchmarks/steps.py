"""Seconds per training step: the suite, plain Keras and PyTorch, side by side in one run.

python -m experiments.benchmarks.steps
python -m experiments.benchmarks.steps --nets=compact,dcgan --repeats=9
python -m experiments.benchmarks.steps --quick --out=/tmp/steps.json

Each side is a process of its own and computes while all others wait. They take turns, burst by
burst, so that a busy machine slows all of them alike; the figures are medians over the bursts.
What is measured already is kept in the file and not measured again: run the command once more to
go on. PyTorch takes part where it is installed (pip install -e '.[bench]').
"""

import importlib.util
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import charts, processes, store
from experiments.benchmarks.nets import NETS, SIDES
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable, write_json
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
OUT = Path(__file__).parent / "results" / "steps.json"


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_list("nets", list(NETS), "Nets to measure.")
    flags.DEFINE_list("sides", list(SIDES), "Sides to compare.")
    flags.DEFINE_integer("repeats", 7, "Bursts of each side.", lower_bound=1)
    flags.DEFINE_float("burst_seconds", 4.0, "Length of a burst, about.", lower_bound=0.1)
    flags.DEFINE_boolean("quick", False, "Short bursts, few of them: to see that it works.")
    flags.DEFINE_boolean("overwrite", False, "Measure again what the file has already.")
    flags.DEFINE_string("torch_python", sys.executable, "Interpreter of the PyTorch sides.")
    flags.DEFINE_string("out", str(OUT), "JSON file; the chart goes beside it.")


def main() -> None:
    """Runs the command."""
    check("nets", FLAGS.nets, NETS)
    check("sides", FLAGS.sides, SIDES)
    repeats, burst = (2, 0.5) if FLAGS.quick else (FLAGS.repeats, FLAGS.burst_seconds)
    out = Path(FLAGS.out)
    check_writable(out, "out")
    results = store.read(out, "nets")
    sides = [side for side in FLAGS.sides if available(side)]
    if len(sides) < len(FLAGS.sides):
        print("PyTorch is not installed, its sides are left out", file=sys.stderr)
    for net in FLAGS.nets:
        if net in results["nets"] and not FLAGS.overwrite:
            print(f"{NETS[net].title}: measured already, kept")
            continue
        results["nets"][net] = measure(net, sides, repeats, burst)
        results["machine"] = processes.machine()
        write_json(out, results)
    results["nets"] = {net: results["nets"][net] for net in NETS if net in results["nets"]}
    print(charts.table(results))
    charts.write_chart(out.with_suffix(".png"), results)
    print(f"{out} and {out.with_suffix('.png')}")


def check(flag: str, given: list[str], known: dict) -> None:
    """Refuses unknown names.

    Raises:
        UsageError: Which names them.
    """
    unknown = [name for name in given if name not in known]
    if unknown or not given:
        raise UsageError(f"--{flag} must be some of {','.join(known)}; got {','.join(given)!r}")


def available(side: str) -> bool:
    """Whether the libraries of a side are installed."""
    if SIDES[side].module != "plain_torch":
        return True
    if FLAGS.torch_python == sys.executable:
        return importlib.util.find_spec("torch") is not None
    probe = [FLAGS.torch_python, "-c", "import torch"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def measure(net: str, sides: list[str], repeats: int, burst: float) -> dict[str, Any]:
    """Measures one net on all sides.

    Args:
        net: A key of `NETS`.
        sides: Keys of `SIDES`.
        repeats: Bursts of each.
        burst: Seconds of a burst, about.

    Returns:
        What the JSON file has for the net.

    Raises:
        DataError: If a side fails, or builds networks of another size than the others.
    """
    title = NETS[net].title
    before = os.getloadavg()[0]
    with processes.Workers() as workers:
        for precision in sorted({SIDES[side].precision for side in sides}):
            workers.start(f"limit_{precision}", ["limit", precision], sys.executable)
        alone = [f"kernels_{side}" for side in sides if SIDES[side].module == "ours"]
        for name in alone:
            workers.start(name, [net, name], sys.executable)
        for side in sides:
            torch = SIDES[side].module == "plain_torch"
            python = FLAGS.torch_python if torch else sys.executable
            workers.start(side, [net, side], python)
        facts = {side: workers.facts(side) for side in workers.names}
        counts = {side: sorted(facts[side]["parameters"].values()) for side in sides}
        if len({tuple(count) for count in counts.values()}) > 1:
            raise DataError(f"{title}: the sides do not build the same networks: {counts}")
        lengths = {name: workers.calibrate(name, burst) for name in workers.names}
        seconds = {name: [] for name in workers.names}
        with bar(repeats * len(workers.names), title, unit="burst") as shown:
            for _ in range(repeats):
                for name, steps in lengths.items():
                    seconds[name].append(workers.run(name, steps) / steps)
                    shown.update()
    found = {name: _summary(values) for name, values in seconds.items()}
    for name, values in found.items():
        operations = facts[name].get("operations")
        if operations:
            values["operations"] = operations
            values["gflops"] = operations / values["seconds"] / 1e9
    return {
        "title": title,
        "images_per_step": facts[sides[0]]["images"],
        "parameters": facts[sides[0]]["parameters"],
        "steps_per_burst": lengths,
        "sides": {side: found[side] for side in sides},
        "kernels": {name.removeprefix("kernels_"): found[name] for name in alone},
        "limit": {SIDES[s].precision: found[f"limit_{SIDES[s].precision}"] for s in sides},
        "load_before": round(before, 2),
        "load_after": round(os.getloadavg()[0], 2),
    }


def _summary(seconds: list[float]) -> dict[str, Any]:
    """Median and spread of bursts."""
    return {
        "seconds": statistics.median(seconds),
        "fastest": min(seconds),
        "slowest": max(seconds),
        "bursts": len(seconds),
    }


if __name__ == "__main__":
    define_flags()
    cli.run(main)
