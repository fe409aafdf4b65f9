"""Growth of time and memory: steps with batch and width, extraction with files, memory with data.

python -m experiments.benchmarks.scaling
python -m experiments.benchmarks.scaling --what=batch,width --repeats=3

Every point is a process of its own. Points that the file has already are kept.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import measuring
from experiments.benchmarks.workers import Job, Workers
from gan_keras.foundation import cli
from gan_keras.foundation.files import atomic_path, check_writable
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
# Quantity that is varied -> its values, labels of both axes, factor of the vertical one.
POINTS: dict[str, tuple[tuple[float, ...], str, str, float]] = {
    "batch": ((16, 32, 64, 128, 256), "images per batch", "milliseconds per step", 1e3),
    "width": ((0.25, 0.5, 1.0, 1.5, 2.0), "--width_mult", "milliseconds per step", 1e3),
    "files": ((500, 1000, 2000, 4000, 8000), "InkML files", "seconds of extraction", 1.0),
    "images": (
        (5_000, 20_000, 80_000, 320_000),
        "28x28 train images",
        "peak memory of training, MB",
        1.0,
    ),
}


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_list("what", list(POINTS), "Quantities to vary.")
    flags.DEFINE_integer("repeats", 7, "Bursts of 8 steps per point.", lower_bound=1)
    flags.DEFINE_boolean("overwrite", False, "Measure points again that the file has already.")
    out = str(measuring.RESULTS / "scaling.json")
    flags.DEFINE_string("out", out, "JSON file; the plots go beside it.")


def main() -> None:
    """Runs the command."""
    measuring.check_names("what", FLAGS.what, POINTS)
    out = Path(FLAGS.out)
    check_writable(out, "out")
    results = measuring.read(out, "scaling")
    wanted = [(name, value) for name in FLAGS.what for value in POINTS[name][0]]
    with bar(len(wanted), "points", unit="point") as shown:
        for name, value in wanted:
            points = results["scaling"].get(name, {})
            if str(value) not in points or FLAGS.overwrite:
                points[str(value)] = measure(name, value)
                results = measuring.keep(out, "scaling", name, points)
            shown.update()
    for name, points in results["scaling"].items():
        print(f"{name}: {', '.join(f'{value}: {found:.4g}' for value, found in points.items())}")
    write_plots(out.with_suffix(".png"), results["scaling"])
    print(f"{out} and {out.with_suffix('.png')}")


def measure(name: str, value: float) -> float:
    """Measures one point.

    Args:
        name: A key of `POINTS`.
        value: One of its values.

    Returns:
        Seconds per step of the compact AC-GAN, seconds of a whole extraction, or megabytes.
    """
    if name == "files":
        return _extract(round(value))
    settings: dict[str, dict[str, Any]] = {
        "batch": {"options": {"batch_size": value}},
        "width": {"options": {"width_mult": value}},
        "images": {"examples": value},
    }
    with Workers() as workers:
        workers.start(name, Job("ours", "compact", **settings[name]))
        seconds = [workers.run(name, 8) / 8 for _ in range(FLAGS.repeats)]  # one has the penalty
        return workers.megabytes(name) if name == "images" else statistics.median(seconds)


def _extract(count: int) -> float:
    """Seconds to extract that many files of the pen model, the start of Python included."""
    with tempfile.TemporaryDirectory() as folder:
        archive, symbols = f"{folder}/inkml.zip", f"{folder}/symbols.npz"
        options = ["--alphabet=math16", f"--expressions={count}", f"--out={archive}"]
        measuring.run(sys.executable, "-m", "data_tools.demo", *options)
        begin = time.perf_counter()
        options = [f"--input={archive}", f"--out={symbols}"]
        measuring.run(sys.executable, "-m", "data_tools.crohme", *options)
        return time.perf_counter() - begin


def write_plots(path: Path, scaling: dict[str, dict[str, float]]) -> None:
    """Draws one plot per quantity that was varied, both axes from 0.

    Args:
        path: PNG file.
        scaling: Name -> value -> result.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(scaling), 3.4), layout="constrained")
    plots = figure.subplots(1, len(scaling), squeeze=False).flat
    for axes, (name, points) in zip(plots, scaling.items(), strict=True):
        _, across, up, factor = POINTS[name]
        pairs = sorted((float(value), factor * found) for value, found in points.items())
        axes.plot(*zip(*pairs, strict=True), marker="o")
        axes.set(xlabel=across, ylabel=up)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.locator_params(axis="x", nbins=4)
        axes.xaxis.set_major_formatter("{x:,.10g}")
        axes.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
