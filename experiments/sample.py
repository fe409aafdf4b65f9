"""Draws samples from a trained run, as a picture or as arrays.

python -m experiments.sample --workdir=RUN --per_class=10 --labels=3,4,x --out=grid.png
python -m experiments.sample --workdir=RUN --per_class=1000 --out=samples.npz
python -m experiments.sample --workdir=RUN --per_class=1000 --out=FOLDER
python -m experiments.sample --workdir=RUN --seed=0 --interpolate=1 --out=way.png

A grid has one column per class and one row per sample; an interpolation has one row per class and
goes from the noise of --seed to the noise of --interpolate. An .npz holds `images` (uint8, ink
255), `labels` and `class_names`; a folder holds PNG files in a folder per class, ink 255 too, and a
labels.csv with the names of the classes. A run whose generator takes no labels gives --count images
in --columns columns, and an .npz without `labels`:

python -m experiments.sample --workdir=RUN --count=40 --columns=8 --out=grid.png
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from absl import flags

from experiments import common
from gan_keras.foundation import cli
from gan_keras.foundation.class_names import COMMA, class_list
from gan_keras.foundation.errors import UsageError
from gan_keras.foundation.files import check_writable
from gan_keras.storage import run_folder

if TYPE_CHECKING:
    from gan_keras.samples.sampling import Sampler

FLAGS = flags.FLAGS
cli.define_path("workdir", None, "Folder of the run.")
cli.define_path("out", None, "Where to write: FILE.png, FILE.npz, or a new folder of PNG files.")
flags.DEFINE_integer(
    "per_class", None, "Images per class, 10 by default; steps with --interpolate.", lower_bound=1
)
flags.DEFINE_string(
    "labels", None, f"Classes by name, separated by commas ({COMMA} for a comma); all by default."
)
flags.DEFINE_integer(
    "count", None, "Images of a run without labels, 100 by default; or steps.", lower_bound=1
)
flags.DEFINE_integer("columns", 10, "Columns of a grid of a run without labels.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "The same seed gives the same images.", lower_bound=0)
flags.DEFINE_integer("interpolate", None, "Go from --seed to this seed.", lower_bound=0)


def main() -> None:
    """Runs the command."""
    common.check_given("workdir", "out")
    out = _output()
    for name in ("per_class", "count"):
        if FLAGS.interpolate is not None and FLAGS[name].value == 1:
            raise UsageError(f"--interpolate needs --{name}=2 or more")

    run_folder.RunFolder.started(FLAGS.workdir)  # says so at once if there is none
    common.import_tensorflow()
    from gan_keras.drawing import grids
    from gan_keras.samples import sampling  # late: import TensorFlow

    run = sampling.open_run(FLAGS.workdir)
    images, labels, columns = (_by_class if run.takes_labels else _unlabelled)(run)
    if images.ndim == 2 and out.suffix != ".npz":
        raise UsageError(f"--out={out}: this run makes points, which go into an .npz")
    if out.suffix == ".png":
        whole = len(images) // columns * columns
        if not whole:
            raise UsageError(f"--count={len(images)} does not fill a row of --columns={columns}")
        images = images[:whole]
        grids.write_png(out, grids.tile(run.as_seen(images), columns))
    else:
        write = sampling.write_npz if out.suffix == ".npz" else sampling.write_folder
        write(out, images, labels, run.class_names)
    print(f"{len(images)} images of {run.source} in {out}")


def _output() -> Path:
    """The path of --out: a .png, an .npz, or a folder that is empty or will be made."""
    out = Path(FLAGS.out)
    if out.suffix in (".png", ".npz"):
        return common.output_file(".png", ".npz")
    if out.suffix and not out.is_dir():
        raise UsageError(f"--out={out} must end in .png or .npz, or be a folder without a suffix")
    check_writable(out, "out", folder=True)
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"--out={out} is a folder with something in it; give a new one")
    return out


def _by_class(run: "Sampler") -> tuple[np.ndarray, np.ndarray, int]:
    """Draws from a run with labels: images, their labels, and the columns of the grid."""
    _refuse("count", run)
    classes, each = _classes(run.class_names), FLAGS.per_class or 10
    if FLAGS.interpolate is not None:
        images = run.interpolate(classes, FLAGS.seed, FLAGS.interpolate, each)
        return images, np.repeat(classes, each), each
    # row by row, one column per class
    labels = np.tile(classes, each)
    return run.draw(labels, FLAGS.seed), labels, len(classes)


def _unlabelled(run: "Sampler") -> tuple[np.ndarray, None, int]:
    """Draws from a run without labels."""
    _refuse("per_class", run)
    _refuse("labels", run)
    if FLAGS.interpolate is not None:
        count = FLAGS.count or 10
        return run.interpolate(None, FLAGS.seed, FLAGS.interpolate, count), None, count
    return run.draw(FLAGS.count or 100, FLAGS.seed), None, FLAGS.columns


def _refuse(name: str, run: "Sampler") -> None:
    """Refuses a flag that this kind of run cannot use."""
    if FLAGS[name].value is not None:
        kind = "takes labels" if run.takes_labels else "takes no labels; give --count"
        raise UsageError(f"--{name}: the generator of {FLAGS.workdir} {kind}")


def _classes(names: tuple[str, ...]) -> np.ndarray:
    """Reads the class numbers of --labels."""
    if FLAGS.labels is None:
        return np.arange(len(names), dtype=np.int32)
    wanted = class_list(FLAGS.labels, "labels") or names
    if unknown := [label for label in wanted if label not in names]:
        raise UsageError(
            f"--labels={FLAGS.labels}: no class {', '.join(unknown)}; the run has {' '.join(names)}"
        )
    return np.array([names.index(label) for label in wanted], np.int32)


if __name__ == "__main__":
    cli.run(main)
