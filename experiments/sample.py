"""Samples from a trained run: a picture or arrays.

python -m experiments.sample --workdir=RUN --per_class=10 --labels=3,4,x --out=grid.png
python -m experiments.sample --workdir=RUN --per_class=1000 --out=samples.npz
python -m experiments.sample --workdir=RUN --seed=0 --interpolate=1 --out=way.png

A grid has a column a class and a row an attempt; an interpolation has a row a class and goes from
the noise of --seed to that of --interpolate. An .npz holds `images` (uint8, ink 255), `labels` and
`class_names`.
"""

from pathlib import Path

import numpy as np
from absl import flags

from data_tools import cli
from data_tools.errors import UsageError
from data_tools.labels import COMMA, class_list
from experiments import common

FLAGS = flags.FLAGS
flags.DEFINE_string("workdir", None, "Folder of the run.")
flags.DEFINE_string("out", None, "Where to write: FILE.png or FILE.npz.")
flags.DEFINE_integer(
    "per_class", 10, "Images a class; steps a class with --interpolate.", lower_bound=1
)
flags.DEFINE_string(
    "labels", None, f"Classes by name, separated by commas ({COMMA} for a comma); all by default."
)
flags.DEFINE_integer("seed", 0, "The same seed gives the same images.", lower_bound=0)
flags.DEFINE_integer("interpolate", None, "Go from --seed to this seed.", lower_bound=0)


def main() -> None:
    """Runs the command."""
    for name in ("workdir", "out"):
        if not FLAGS[name].value:
            raise UsageError(f"--{name} is missing")
    out = Path(FLAGS.out)
    if out.suffix not in (".png", ".npz"):
        raise UsageError(f"--out={out} must end in .png or .npz")
    if FLAGS.interpolate is not None and FLAGS.per_class < 2:
        raise UsageError("--interpolate needs --per_class=2 or more")

    common.import_tensorflow()
    from gan_keras import grids, sampling  # late: import TensorFlow

    run = sampling.open_run(FLAGS.workdir)
    classes = _classes(run.class_names)
    if FLAGS.interpolate is None:
        # row by row, a column a class
        labels = np.tile(classes, FLAGS.per_class)
        images = run.draw(labels, FLAGS.seed)
        columns = len(classes)
    else:
        labels = np.repeat(classes, FLAGS.per_class)
        images = run.interpolate(classes, FLAGS.seed, FLAGS.interpolate, FLAGS.per_class)
        columns = FLAGS.per_class
    if out.suffix == ".png":
        grids.write_png(out, grids.tile(run.as_seen(images), columns))
    else:
        sampling.write_npz(out, images, labels, run.class_names)
    print(f"{len(images)} images of {run.source} in {out}")


def _classes(names: tuple[str, ...]) -> np.ndarray:
    """Class numbers that --labels asks for."""
    if FLAGS.labels is None:
        return np.arange(len(names), dtype=np.int32)
    try:
        wanted = class_list(FLAGS.labels) or names
    except ValueError as error:
        raise UsageError(f"--labels: {error}") from None
    unknown = [label for label in wanted if label not in names]
    if unknown:
        raise UsageError(
            f"--labels={FLAGS.labels}: no class {', '.join(unknown)}; the run has {' '.join(names)}"
        )
    return np.array([names.index(label) for label in wanted], np.int32)


if __name__ == "__main__":
    cli.run(main)
