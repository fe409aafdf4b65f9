"""Seconds per training step: the suite, plain Keras and PyTorch, side by side in one run.

python -m experiments.benchmarks.steps
python -m experiments.benchmarks.steps --nets=compact,dcgan --repeats=9
python -m experiments.benchmarks.steps --quick --out=/tmp/steps.json

Each side is a process of its own and computes while all others wait. They take turns, burst by
burst, so that a busy machine slows all of them alike; the figures are medians over the bursts.
Nets that the file holds already are not measured again: run the command once more to go on.
PyTorch takes part where it is installed (pip install -e '.[bench]').
"""

import importlib.util
import statistics
import sys
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import measuring
from experiments.benchmarks.nets import NETS, SIDES
from experiments.benchmarks.workers import Job, Workers
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import check_writable
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_list("nets", list(NETS), "Nets to measure.")
    flags.DEFINE_list("sides", list(SIDES), "Sides to compare.")
    flags.DEFINE_integer("repeats", 7, "Bursts of each side.", lower_bound=1)
    flags.DEFINE_float("burst_seconds", 4.0, "Length of a burst, about.", lower_bound=0.1)
    flags.DEFINE_boolean("quick", False, "Few short bursts: to see that it works.")
    flags.DEFINE_boolean("overwrite", False, "Measure nets again that the file has already.")
    flags.DEFINE_string("out", str(measuring.RESULTS / "steps.json"), "The JSON file.")


def main() -> None:
    """Runs the command."""
    measuring.check_names("nets", FLAGS.nets, NETS)
    measuring.check_names("sides", FLAGS.sides, SIDES)
    repeats, burst = (2, 0.5) if FLAGS.quick else (FLAGS.repeats, FLAGS.burst_seconds)
    out = Path(FLAGS.out)
    check_writable(out, "out")
    results = measuring.read(out, "nets")
    sides = FLAGS.sides
    if importlib.util.find_spec("torch") is None:
        sides = [side for side in sides if SIDES[side].module != "plain_torch"]
        if len(sides) < len(FLAGS.sides):
            print("PyTorch is not installed, its sides are left out", file=sys.stderr)
    for net in FLAGS.nets:
        if net in results["nets"] and not FLAGS.overwrite:
            print(f"{NETS[net].title}: measured already, kept")
        else:
            results = measuring.keep(out, "nets", net, measure(net, sides, repeats, burst))
    print(table({net: results["nets"][net] for net in NETS if net in results["nets"]}))
    print(out)


def measure(net: str, sides: list[str], repeats: int, burst: float) -> dict[str, Any]:
    """Measures one net on all sides.

    Args:
        net: A key of `NETS`.
        sides: Keys of `SIDES`.
        repeats: Bursts of each.
        burst: Seconds of a burst, about.

    Returns:
        The entry of the net in the JSON file.

    Raises:
        DataError: If a side fails, or builds networks of another size than the others.
    """
    title = NETS[net].title
    precisions = {SIDES[side].precision for side in sides}
    jobs = {f"limit_{precision}": Job("limit", net, precision) for precision in sorted(precisions)}
    for name in sides:
        side = SIDES[name]
        if side.module == "ours":
            jobs[f"kernels_{name}"] = Job("kernels", net, side.precision)
        jobs[name] = Job(side.module, net, side.precision, side.compiled)
    with Workers() as workers:
        for name, job in jobs.items():
            workers.start(name, job)
        facts = workers.facts
        counts = {side: sorted(facts[side]["parameters"].values()) for side in sides}
        if len(set(map(tuple, counts.values()))) > 1:
            raise DataError(f"{title}: the sides do not build the same networks: {counts}")
        lengths = {name: workers.calibrate(name, burst) for name in jobs}
        seconds: dict[str, list[float]] = {name: [] for name in jobs}
        with bar(repeats * len(jobs), title, unit="burst") as shown:
            for _ in range(repeats):
                for name, steps in lengths.items():
                    seconds[name].append(workers.run(name, steps) / steps)
                    shown.update()
    found = {}
    for name, bursts in seconds.items():
        median = statistics.median(bursts)
        found[name] = {"seconds": median, "fastest": min(bursts), "slowest": max(bursts)}
        operations = facts.get(f"kernels_{name}", facts[name]).get("operations")
        if operations:
            found[name] |= {"operations": operations, "gflops": operations / median / 1e9}
    return {
        "title": title,
        "images_per_step": facts[sides[0]]["images"],
        "parameters": facts[sides[0]]["parameters"],
        "steps_per_burst": lengths,
        "sides": {side: found[side] for side in sides},
        "kernels": {s: found[f"kernels_{s}"] for s in sides if f"kernels_{s}" in found},
        "limit": {precision: found[f"limit_{precision}"] for precision in sorted(precisions)},
    }


def ratios(net: dict[str, Any]) -> dict[str, float]:
    """Compares the suite with plain Keras, with PyTorch at its best, and with its rooflines.

    Args:
        net: Results of one net.

    Returns:
        `best_over_keras`, `float32_over_torch` and so on: times as fast as the other side.
        `roofline_*`: share of a large convolution's throughput that the step reaches.
        `kernels_*`: share of the step's time that its own convolutions and matrix products take by
        themselves.
    """
    seconds = {side: found["seconds"] for side, found in net["sides"].items()}
    ours = {side: time for side, time in seconds.items() if SIDES[side].module == "ours"}
    torch = [time for side, time in seconds.items() if SIDES[side].module == "plain_torch"]
    others = {"keras": seconds.get("keras"), "torch": min(torch, default=None)}
    found = {}
    for other, time in others.items():
        if time and ours:
            found[f"best_over_{other}"] = time / min(ours.values())
        if time and "ours" in ours:
            found[f"float32_over_{other}"] = time / ours["ours"]
    for side, time in ours.items():
        precision = SIDES[side].precision
        if limit := net["limit"].get(precision):
            found[f"roofline_{precision}"] = net["sides"][side]["gflops"] / limit["gflops"]
        if alone := net.get("kernels", {}).get(side):
            found[f"kernels_{precision}"] = alone["seconds"] / time
    return found


def table(nets: dict[str, dict[str, Any]]) -> str:
    """Formats a line per net and side: milliseconds per step, images per second, ratios."""
    lines = []
    for net in nets.values():
        lines.append(f"\n{net['title']}, {net['images_per_step']} real images per step")
        keras = net["sides"].get("keras")
        for name, side in net["sides"].items():
            milliseconds, rate = 1e3 * side["seconds"], net["images_per_step"] / side["seconds"]
            line = f"  {SIDES[name].title:28s} {milliseconds:10.1f} ms {rate:10.0f} images/s"
            if keras:
                line += f" {keras['seconds'] / side['seconds']:6.2f} x plain Keras"
            lines.append(line)
        for precision, limit in net["limit"].items():
            what = f"one large convolution, {precision}"
            lines.append(f"  {what:35s} {limit['gflops']:6.0f} GFLOP/s")
        said = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios(net).items())
        lines.append(f"  {said}")
    return "\n".join(lines)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
