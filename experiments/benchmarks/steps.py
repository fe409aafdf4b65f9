"""Seconds per training step: the suite, plain Keras and PyTorch, side by side in one run.

python -m experiments.benchmarks.steps --nets=compact,dcgan --repeats=9
python -m experiments.benchmarks.steps --repeats=2 --burst_seconds=0.5 --out=/tmp/steps.json

Each side is a process of its own and computes while all others wait. They take turns, burst by
burst, so that a busy machine slows all of them alike; the figures are medians over the bursts. Each
net is added to the file. PyTorch takes part where it is installed (pip install -e '.[bench]').
"""

import importlib.util
import math
import statistics
import sys
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import measuring
from experiments.benchmarks.nets import NETS, SIDES, Side
from experiments.benchmarks.workers import Workers
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import check_writable
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_list("nets", list(NETS), "Nets to measure.")
    sides = [side for side in SIDES if side != "keras_xla"]  # slower on processors
    flags.DEFINE_list("sides", sides, "Sides to compare.")
    flags.DEFINE_boolean("rooflines", True, "Also measure what the kernels take by themselves.")
    flags.DEFINE_integer("repeats", 7, "Bursts of each side.", lower_bound=1)
    flags.DEFINE_float("burst_seconds", 4.0, "Length of a burst, about.", lower_bound=0.1)
    cli.define_path("out", str(measuring.RESULTS / "steps.json"), "The JSON file.")


def main() -> None:
    """Runs the command."""
    for flag, known in (("nets", NETS), ("sides", SIDES)):
        given: list[str] = FLAGS[flag].value or []
        if not given or not known.keys() >= set(given):
            raise UsageError(f"--{flag} must be some of {','.join(known)}; got {','.join(given)!r}")
    out = Path(FLAGS.out)
    check_writable(out, "out")
    measuring.read(out, "nets")
    sides = FLAGS.sides
    if importlib.util.find_spec("torch") is None:
        sides = [side for side in sides if SIDES[side].module != "plain_torch"]
        if len(sides) < len(FLAGS.sides):
            print("PyTorch is not installed, its sides are left out", file=sys.stderr)
    for net in FLAGS.nets:
        found = measure(net, sides, FLAGS.repeats, FLAGS.burst_seconds, FLAGS.rooflines)
        measuring.keep(out, "nets", net, found)
        print(table(found), flush=True)
    print(out)


def measure(
    net: str, sides: list[str], repeats: int, burst: float, rooflines: bool = True
) -> dict[str, Any]:
    """Measures one net on all sides.

    Args:
        net: A key of `NETS`.
        sides: Keys of `SIDES`.
        repeats: Bursts of each.
        burst: Seconds of a burst, about.
        rooflines: Whether to measure the kernels and the machine's limit too.

    Returns:
        The entry of the net in the JSON file.

    Raises:
        DataError: If a side fails, or builds networks of another size than the others.
    """
    title = NETS[net].title
    jobs = {name: SIDES[name] for name in sides}
    kinds = sorted({side.precision for side in jobs.values()}) if rooflines else []
    if rooflines:
        ours = [name for name in sides if SIDES[name].module == "ours"]
        jobs |= {f"kernels_{name}": Side("", "kernels", SIDES[name].precision) for name in ours}
        jobs |= {f"limit_{kind}": Side("", "limit", kind) for kind in kinds}
    with Workers() as workers, measuring.gpu_load() as load:
        workers.start(jobs, net)
        facts = workers.facts
        counts = {side: sorted(facts[side]["parameters"].values()) for side in sides}
        if len(set(map(tuple, counts.values()))) > 1:
            raise DataError(f"{title}: the sides do not build the same networks: {counts}")
        lengths = {name: workers.calibrate(name, burst) for name in jobs}
        seconds: dict[str, list[float]] = {name: [] for name in jobs}
        loads: dict[str, list[int]] = {name: [] for name in jobs}
        with bar(repeats * len(jobs), title, unit="burst") as shown:
            for _ in range(repeats):
                for name, steps in lengths.items():
                    load.clear()
                    seconds[name].append(workers.run(name, steps) / steps)
                    loads[name] += load
                    shown.update()
        peaks = {name: workers.peak_bytes(name) for name in sides}
    found = {}
    for name, bursts in seconds.items():
        median = statistics.median(bursts)
        found[name] = {"seconds": median, "fastest": min(bursts), "slowest": max(bursts)}
        operations = facts.get(f"kernels_{name}", facts[name]).get("operations")
        if operations:
            found[name] |= {"operations": operations, "gflops": operations / median / 1e9}
        if name in peaks:
            found[name]["peak_bytes"] = peaks[name]
        if loads[name]:
            found[name]["gpu_load"] = statistics.median(loads[name])
    return {
        "title": title,
        "images_per_step": facts[sides[0]]["images"],
        "parameters": facts[sides[0]]["parameters"],
        "steps_per_burst": lengths,
        "sides": {side: found[side] for side in sides},
        "kernels": {s: found[f"kernels_{s}"] for s in sides if f"kernels_{s}" in found},
        "limit": {kind: found[f"limit_{kind}"] for kind in kinds},
    }


def ratios(net: dict[str, Any]) -> dict[str, float]:
    """Compares the suite with the other sides and with its rooflines.

    Args:
        net: Results of one net.

    Returns:
        For each side of the suite, `SIDE over keras` and `SIDE over torch`: times as fast as plain
        Keras and PyTorch at their best; `SIDE roofline`: share of a large convolution's
        throughput that the step reaches; `SIDE kernels`: share of the step's time that its own
        convolutions and matrix products take by themselves.
    """
    best: dict[str, float] = {}
    for name, side in net["sides"].items():
        module = SIDES[name].module
        best[module] = min(side["seconds"], best.get(module, math.inf))
    found = {}
    for name, ours in net["sides"].items():
        if SIDES[name].module != "ours":
            continue
        for other in ("keras", "torch"):
            if f"plain_{other}" in best:
                found[f"{name} over {other}"] = best[f"plain_{other}"] / ours["seconds"]
        if name in net["kernels"]:
            limit = net["limit"][SIDES[name].precision]
            found[f"{name} roofline"] = ours["gflops"] / limit["gflops"]
            found[f"{name} kernels"] = net["kernels"][name]["seconds"] / ours["seconds"]
    return found


def table(net: dict[str, Any]) -> str:
    """Formats a line per side of a net: milliseconds per step, images per second; and ratios."""
    images = net["images_per_step"]
    lines = [f"\n{net['title']}, {images} real images per step"]
    for name, side in net["sides"].items():
        rate = images / side["seconds"]
        title = f"{SIDES[name].title:28s}"
        line = f"  {title} {1e3 * side['seconds']:10.1f} ms {rate:10.0f} images/s"
        if "gpu_load" in side:
            line += f" {side['gpu_load']:5.0f} % busy {side['peak_bytes'] / 1e6:8.0f} MB"
        lines.append(line)
    lines += (f"  {name:28s} {ratio:10.2f}" for name, ratio in ratios(net).items())
    return "\n".join(lines)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
