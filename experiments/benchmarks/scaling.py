"""How time and memory grow: steps with batch and width, extraction with files, memory with data.

python -m experiments.benchmarks.scaling
python -m experiments.benchmarks.scaling --what=batch,width --repeats=3

Every point is a process of its own. Points that the file has already are kept.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmarks import processes, store
from gan_keras.foundation import cli
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_path, check_writable, write_json
from gan_keras.foundation.progress import bar

FLAGS = flags.FLAGS
OUT = Path(__file__).parent / "results" / "scaling.json"
# What is varied, and its values.
POINTS: dict[str, tuple[float, ...]] = {
    "batch": (16, 32, 64, 128, 256),
    "width": (0.25, 0.5, 1.0, 1.5, 2.0),
    "files": (500, 1000, 2000, 4000, 8000),
    "images": (5_000, 20_000, 80_000, 320_000),
}
TITLES = {
    "batch": ("images a batch", "milliseconds a step", 1e3),
    "width": ("--width_mult", "milliseconds a step", 1e3),
    "files": ("InkML files", "seconds of extraction", 1.0),
    "images": ("28x28 train images", "peak memory of training, MB", 1.0),
}
# Trains for some steps on so many images of noise; prints seconds a step and peak memory in MB.
_TRAIN = """
import json, resource, sys, time
import numpy as np
from gan_keras import training
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import Dataset
from gan_keras.data.pipeline import training_batches
count, options, repeats = int(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
random = np.random.default_rng(0)
images = random.integers(0, 256, (count, 28, 28, 1), np.uint8)
labels = random.integers(0, 16, count, np.int32)
dataset = Dataset("noise", images, labels, images[:1], labels[:1], tuple("0123456789abcdef"))
config = ACGANConfig.create("compact", {"precision": "float32", **options})
model = training.build(config, dataset.spec)
batches = iter(training_batches(dataset, config.images_per_step, 0))
model.make_train_function()
for _ in range(5):
    model.train_function(batches)
seconds = []
for _ in range(repeats):
    begin = time.perf_counter()
    for _ in range(8):  # one of them with the penalty
        logs = model.train_function(batches)
    float(logs["d_loss"])
    seconds.append((time.perf_counter() - begin) / 8)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": float(np.median(seconds)), "megabytes": peak}))
"""


def define_flags() -> None:
    """Defines the command's flags; not on import, as other commands have flags of these names."""
    flags.DEFINE_list("what", list(POINTS), "What to vary.")
    flags.DEFINE_integer("repeats", 7, "Bursts of 8 steps a point.", lower_bound=1)
    flags.DEFINE_boolean("overwrite", False, "Measure again what the file has already.")
    flags.DEFINE_string("out", str(OUT), "JSON file; the plots go beside it.")


def main() -> None:
    """Runs the command."""
    unknown = [name for name in FLAGS.what if name not in POINTS]
    if unknown or not FLAGS.what:
        raise UsageError(f"--what must be some of {','.join(POINTS)}; got {','.join(FLAGS.what)!r}")
    out = Path(FLAGS.out)
    check_writable(out, "out")
    results = store.read(out, "scaling")
    wanted = [(name, value) for name in FLAGS.what for value in POINTS[name]]
    with bar(len(wanted), "points", unit="point") as shown:
        for name, value in wanted:
            points = results["scaling"].setdefault(name, {})
            if str(value) not in points or FLAGS.overwrite:
                points[str(value)] = MEASURES[name](value)
                results["machine"] = processes.machine()
                write_json(out, results)
            shown.update()
    for name, points in results["scaling"].items():
        found = ", ".join(f"{value}: {figure:.4g}" for value, figure in points.items())
        print(f"{name}: {found}")
    write_plots(out.with_suffix(".png"), results["scaling"])
    print(f"{out} and {out.with_suffix('.png')}")


def _train(count: int, **options: Any) -> dict[str, float]:
    command = [sys.executable, "-c", _TRAIN, str(count), json.dumps(options), str(FLAGS.repeats)]
    return json.loads(_run(command).splitlines()[-1])


def _extract(count: float) -> float:
    """Seconds that the extraction of so many pen-model files takes, the start of Python included.

    Args:
        count: Files.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive, symbols = f"{folder}/inkml.zip", f"{folder}/symbols.npz"
        _run(
            [
                sys.executable,
                "-m",
                "data_tools.demo",
                "--alphabet=math16",
                f"--expressions={count:.0f}",
                f"--out={archive}",
            ]
        )
        begin = time.perf_counter()
        _run([sys.executable, "-m", "data_tools.crohme", f"--input={archive}", f"--out={symbols}"])
        return time.perf_counter() - begin


MEASURES: dict[str, Callable[[float], float]] = {
    "batch": lambda batch: _train(6400, batch_size=int(batch))["seconds"],
    "width": lambda width: _train(6400, width_mult=width)["seconds"],
    "files": _extract,
    "images": lambda images: _train(int(images))["megabytes"],
}


def _run(command: list[str]) -> str:
    """Runs a process; returns what it printed.

    Raises:
        DataError: If it fails; with the last line that it wrote.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=processes.ROOT)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise DataError(f"{command[2][:40]!r} failed: {last[0]}")
    return done.stdout


def write_plots(path: Path, scaling: dict[str, dict[str, float]]) -> None:
    """Draws one plot for each thing that was varied, both axes from 0.

    Args:
        path: PNG file.
        scaling: Name -> value -> figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(scaling), 3.4), layout="constrained")
    found = figure.subplots(1, len(scaling), squeeze=False).flat
    for axes, (name, points) in zip(found, scaling.items(), strict=True):
        across, up, factor = TITLES[name]
        pairs = sorted((float(value), factor * figure_) for value, figure_ in points.items())
        axes.plot(*zip(*pairs, strict=True), marker="o")
        axes.set_xlabel(across)
        axes.set_ylabel(up)
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
